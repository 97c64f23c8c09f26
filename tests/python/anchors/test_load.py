"""Loading: what is refused, and that the refusal says what was got and what was wanted."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.anchors.load import load_anchor, load_anchors
from esta_engine.anchors.sources import resolve_weights, weights_sha256
from esta_engine.errors import EngineError
from esta_engine.plan import Weights, make_plan
from pico import make_pico_plan, save_anchors, save_model, vit_model
from safetensors.torch import load_file, save_file


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return save_anchors(tmp_path)


def _refused(folders: list[Path], **changes: Any) -> EngineError:
    with pytest.raises(EngineError) as caught:
        load_anchors(make_pico_plan(folders, **changes))
    assert caught.value.code == "weights"
    return caught.value


def _edit(file: Path, **changes: Any) -> None:
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, **changes}))


def test_anchors_are_frozen_float32_and_hashed(folders: list[Path]) -> None:
    anchors = load_anchors(make_pico_plan(folders))
    for anchor, folder in zip(anchors, folders, strict=True):
        assert all(p.dtype == torch.float32 and not p.requires_grad for p in anchor.parameters())
        file = (folder / "model.safetensors").read_bytes()
        assert anchor.sha256 == hashlib.sha256(file).hexdigest()


def test_half_precision_files_are_read_as_float32(folders: list[Path]) -> None:
    file = folders[0] / "model.safetensors"
    halves = {name: tensor.half() for name, tensor in load_file(file).items()}
    save_file(halves, file, {"format": "pt"})
    anchor = load_anchor("a", folders[0])
    assert {p.dtype for p in anchor.parameters()} == {torch.float32}


def test_the_hash_of_several_files_names_each(tmp_path: Path) -> None:
    model = vit_model(16, 2)
    model.save_pretrained(tmp_path, max_shard_size="5KB")
    files = sorted(tmp_path.glob("*.safetensors"))
    assert len(files) > 1
    before = weights_sha256(tmp_path)
    files[-1].write_bytes(files[-1].read_bytes()[:-1] + b"x")
    assert weights_sha256(tmp_path) != before


def test_all_shapes_that_differ_from_the_plan_are_named(folders: list[Path]) -> None:
    raw = json.loads(json.dumps(make_pico_plan(folders).raw))
    raw["anchors"][1]["mlp_width"] = 65
    raw["anchors"][1]["heads"] = 4
    with pytest.raises(EngineError, match="heads is 2, the plan says 4; mlp_width is 64, the plan says 65"):
        load_anchors(make_plan(raw))


def test_another_number_of_tokens_is_refused(tmp_path: Path) -> None:
    first = save_model(vit_model(16, 3), tmp_path / "a")
    second = save_model(vit_model(32, 3, image_size=16), tmp_path / "b", size={"height": 12, "width": 12})
    assert "image_size is 16, the plan says 12" in _refused([first, second]).message


def test_different_preprocessing_is_refused(folders: list[Path]) -> None:
    _edit(folders[1] / "preprocessor_config.json", image_mean=[0.4, 0.5, 0.5])
    message = _refused(folders).message
    assert "image_mean [0.5, 0.5, 0.5] and [0.4, 0.5, 0.5]" in message


def test_missing_tensors_are_refused_and_a_missing_head_is_not(folders: list[Path]) -> None:
    file = folders[0] / "model.safetensors"
    tensors = load_file(file)
    save_file({k: v for k, v in tensors.items() if not k.startswith("classifier")}, file, {"format": "pt"})
    load_anchor("a", folders[0])
    lost = next(key for key in sorted(tensors) if "layernorm_after" in key)
    save_file({k: v for k, v in tensors.items() if k != lost}, file, {"format": "pt"})
    with pytest.raises(EngineError, match=r"lack 1 tensors: .*layernorm_after"):
        load_anchor("a", folders[0])


def test_a_damaged_file_is_refused(folders: list[Path]) -> None:
    file = folders[0] / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(EngineError, match="cannot load the model"):
        load_anchor("a", folders[0])


def test_pickled_weights_are_not_read(folders: list[Path]) -> None:
    (folders[0] / "model.safetensors").rename(folders[0] / "pytorch_model.bin")
    assert "no *.safetensors" in _refused(folders).message


def test_no_model_and_unknown_models_are_refused(folders: list[Path], tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"no config\.json"):
        resolve_weights(Weights("folder", str(tmp_path / "nowhere"), None))
    _edit(folders[0] / "config.json", model_type="resnet")
    with pytest.raises(EngineError, match="model_type is 'resnet', allowed: bert, deit, dinov2"):
        load_anchor("a", folders[0])


def test_packaged_weights_lie_under_the_root(folders: list[Path], tmp_path: Path) -> None:
    weights = Weights("packaged", folders[0].name, None)
    assert resolve_weights(weights, root=tmp_path) == folders[0]


def test_nothing_is_downloaded_unless_allowed() -> None:
    with pytest.raises(EngineError, match="not in the local cache") as caught:
        resolve_weights(Weights("hub", "facebook/no-such-model-here", "0" * 40))
    assert caught.value.hint is not None and "esta fetch" in caught.value.hint


def test_a_model_without_preprocessor_disagrees_with_none(folders: list[Path]) -> None:
    (folders[0] / "preprocessor_config.json").unlink()
    assert len(load_anchors(make_pico_plan(folders))) == 2


def test_loading_writes_nothing_to_the_terminal(
    folders: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    plan = make_pico_plan(folders)
    shutil.copy(folders[0] / "config.json", folders[0] / "config.bak")
    capfd.readouterr()
    load_anchors(plan)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")

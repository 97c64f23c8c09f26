"""Exports, read back where estakit cannot be imported; merging; nothing of adaptation is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.deployment.export import export_stitch
from esta_engine.deployment.merge import merged_anchor
from exported import palette_of, read_elsewhere
from pico import CLASSES, images, perturb, pico_network, randomised, save_anchors, save_model, vit_model
from safetensors.torch import load_file

#: With Auto classes.
_READ = """
from transformers import AutoImageProcessor, AutoModelForImageClassification
def read(folder, inputs):
    model = AutoModelForImageClassification.from_pretrained(folder, trust_remote_code=True)
    AutoImageProcessor.from_pretrained(folder)
    print(type(model).__name__, model.config.id2label[0])
    return {"logits": model(**inputs).logits}
"""

_SMALL = {"num_attention_heads": 2, "image_size": 12, "patch_size": 4, "num_labels": CLASSES}


def _family(kind: str, folder: Path) -> list[Path]:
    import transformers as tf

    def make(width: int) -> Any:
        shape = {**_SMALL, "hidden_size": width, "num_hidden_layers": 3}
        if kind.startswith("vit"):
            return vit_model(width, 3, qkv_bias=kind != "vit-bare")
        if kind == "deit":
            config = tf.DeiTConfig(**shape, intermediate_size=2 * width)
            return tf.DeiTForImageClassification(config)
        if kind == "registers":
            config = tf.Dinov2WithRegistersConfig(**shape, num_register_tokens=2)
            return tf.Dinov2WithRegistersForImageClassification(config)
        return tf.Dinov2ForImageClassification(tf.Dinov2Config(**shape, use_swiglu_ffn=kind == "swiglu"))

    return [save_model(randomised(make(w), seed=w), folder / f"{kind}-{w}") for w in (16, 32)]


_KINDS = ("vit", "vit-bare", "deit", "dinov2", "swiglu", "registers")


def _cases(folder: Path) -> dict[str, tuple[Any, Any, int]]:
    """name -> (plan, network, stitch): every architecture as anchor and stitched, and what is special."""
    cases = {}
    for kind in _KINDS:
        plan, network = pico_network(_family(kind, folder), method={"stitch_bias": {"sites": "all"}})
        chosen = {"anchor": 1, "stitch": len(plan.stitches) - 2}
        perturb(network, list(chosen.values()))
        cases |= {f"{kind} {name}": (plan, network, stitch) for name, stitch in chosen.items()}
    folders = save_anchors(folder)
    plan, network = pico_network(folders, method={"name": "snnet"})
    perturb(network, [])
    cases |= {"tuned anchor": (plan, network, 0), "tuned stitch": (plan, network, 4)}
    plan, network = pico_network(folders)
    perturb(network, [])
    cases |= {"never drawn anchor": (plan, network, 1), "never drawn stitch": (plan, network, 5)}
    for name in ("lora", "full"):
        plan, network = pico_network(folders, method={"name": name, "stitches": [1, 4]})
        perturb(network, [1, 4] if name == "lora" else [])
        cases |= {f"{name} anchor alone": (plan, network, 1), f"{name} stitch alone": (plan, network, 4)}
    plan, network = pico_network(folders)
    for number in range(2):
        network.anchor(number)._pooling = "mean"
    perturb(network, [1])
    return {**cases, "mean-pooled anchor": (plan, network, 1)}


def test_read_back_without_estakit_gives_the_networks_logits(tmp_path: Path) -> None:
    cases = _cases(tmp_path)
    expected, folders = {}, []
    for number, (name, (plan, network, stitch)) in enumerate(cases.items()):
        with torch.no_grad():
            expected[name] = network(images(16), stitch)
        folders.append(tmp_path / f"out-{number}")
        files = export_stitch(plan, network, stitch, palette_of(plan), folders[-1])
        assert {file.name for file in files} == {file.name for file in folders[-1].iterdir()}
    found, lines = read_elsewhere(_READ, images(16), folders, tmp_path / "scratch")
    for (name, logits), folder, printed in zip(expected.items(), folders, lines, strict=True):
        assert (found[f"{folder}/logits"] - logits).abs().max() <= 1e-5 * logits.abs().max(), name
        with_code = "stitch" in name or "mean" in name
        assert printed.startswith("StitchForImageClassification") == with_code, name
        assert printed.endswith("class-0")


def test_the_files_hold_nothing_of_adaptation_time_or_place(pico_folders: list[Path], tmp_path: Path) -> None:
    contents = []
    for number, stitch in enumerate((0, 0, 6, 6)):
        plan, network = pico_network(pico_folders)
        perturb(network, [stitch])
        out = tmp_path / f"out-{number}"
        export_stitch(plan, network, stitch, palette_of(plan), out)
        names = set(load_file(out / "model.safetensors"))
        assert not [name for name in names if "lora" in name]
        contents.append({file.name: file.read_bytes() for file in out.iterdir()})
        text = b"".join(content for name, content in contents[-1].items() if not name.endswith("tensors"))
        assert str(tmp_path).encode() not in text and str(pico_folders[0].parent).encode() not in text
    assert contents[0] == contents[1]
    assert contents[2] == contents[3]


def test_the_card_states_the_difference(pico_folders: list[Path], tmp_path: Path) -> None:
    plan, network = pico_network(pico_folders)
    perturb(network, [4])
    export_stitch(plan, network, 4, palette_of(plan), tmp_path)
    card = (tmp_path / "README.md").read_text()
    (line,) = [line for line in card.splitlines() if "largest difference" in line]
    assert 0 <= float(line.split("|")[2].split(",")[0]) < 1e-4
    assert "trust_remote_code=True" in card
    assert json.loads((tmp_path / "config.json").read_text())["label2id"] == {
        f"class-{number}": number for number in range(CLASSES)
    }


def test_merging_leaves_the_network_as_it_was(pico_folders: list[Path]) -> None:
    _, network = pico_network(pico_folders)
    perturb(network, [0, 1])
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    plain = merged_anchor(network, 1)
    assert not [name for name, _ in plain.named_parameters() if "lora" in name]
    after = network.state_dict()
    assert state.keys() == after.keys()
    assert all(torch.equal(state[name], after[name]) for name in state)
    with pytest.raises(ValueError, match="several anchors"):
        merged_anchor(network, 3)

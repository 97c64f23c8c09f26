"""Anchors from GGUF files: the same network as the safetensors, and what cannot be read is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from esta_engine.anchors.load import load_anchor, load_anchors
from esta_engine.anchors.sources import weights_sha256
from esta_engine.anchors.tokenizers import check_tokenizers
from esta_engine.data.chat import load_tokenizer
from esta_engine.errors import EngineError
from esta_engine.files import sha256_file
from esta_engine.plan import Plan, make_plan
from pico_gguf import write_gguf
from pico_text import raw_text_plan, save_text_anchors, text_model, texts
from runs import python_output


def logits(anchor: Any, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    hidden = anchor.embed(inputs)
    context = anchor.make_context(inputs, hidden)
    for index in range(anchor.depth):
        hidden = anchor.run_block(index, hidden, context)
    return anchor.own_head()(anchor.features(hidden, inputs))


def gguf_plan(tmp_path: Path, **options: Any) -> tuple[Plan, list[Path]]:
    """A plan over two GGUF files, of decoders 16 and 32 wide."""
    raw = raw_text_plan(save_text_anchors(tmp_path, "llama"), **options)
    files = []
    for number, anchor in enumerate(raw["anchors"]):
        files.append(
            write_gguf(text_model("llama", anchor["width"], 3, seed=number), tmp_path / f"{number}.gguf")
        )
        anchor["weights"] = {"source": "gguf", "location": str(files[-1]), "revision": None}
    return make_plan(raw), files


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3"])
@pytest.mark.parametrize("tied", [True, False])
def test_a_gguf_anchor_is_the_model_that_was_written(tmp_path: Path, kind: str, tied: bool) -> None:
    model = text_model(kind, 32, 2, tie_word_embeddings=tied).eval()
    file = write_gguf(model, tmp_path / "model.gguf")
    anchor = load_anchor("a", file)
    inputs = texts()
    with torch.no_grad():
        expected = model(**inputs).logits
        got = logits(anchor, inputs)
    assert (got - expected).abs().max() < 1e-6
    assert (anchor.folder, anchor.sha256) == (file, sha256_file(file))
    assert not any(parameter.requires_grad for parameter in anchor.parameters())
    assert "quantization_config" not in anchor.config.to_dict()


def test_its_tokenizer_comes_with_it(tmp_path: Path) -> None:
    file = write_gguf(text_model("llama", 16, 1), tmp_path / "model.gguf")
    tokenizer = load_tokenizer(file)
    tokens = tokenizer("see the hen", add_special_tokens=False)["input_ids"]
    assert [tokenizer.convert_ids_to_tokens(token) for token in tokens] == [
        "s",
        "e",
        "e",
        "Ġthe",
        "Ġ",
        "he",
        "n",
    ]
    assert tokenizer.decode(tokens) == "see the hen"
    assert (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id) == (0, 1, 2)
    assert tokenizer.apply_chat_template([{"role": "user", "content": "a"}], tokenize=False) == "a</s>"


def test_a_plan_names_gguf_files_and_holds_their_shapes(tmp_path: Path) -> None:
    plan, files = gguf_plan(tmp_path)
    anchors = load_anchors(plan)
    assert [anchor.width for anchor in anchors] == [16, 32]
    assert [anchor.sha256 for anchor in anchors] == [weights_sha256(file) for file in files]
    write_gguf(text_model("llama", 16, 4), files[0])
    with pytest.raises(EngineError, match=r"depth is 4, the plan says 3") as error:
        load_anchors(plan)
    assert error.value.code == "weights"
    files[0].unlink()
    with pytest.raises(EngineError, match="there is no file"):
        load_anchors(plan)


def test_tokenizers_that_differ_are_told_apart(tmp_path: Path) -> None:
    model = text_model("llama", 16, 1)
    one, same = write_gguf(model, tmp_path / "1.gguf"), write_gguf(model, tmp_path / "2.gguf")
    check_tokenizers([one, same])
    other = write_gguf(model, tmp_path / "3.gguf", tokenizer__ggml__pre="smollm")
    with pytest.raises(EngineError, match="'pre' is in one only"):
        check_tokenizers([one, other])
    folder = tmp_path / "folder"
    load_tokenizer(one).save_pretrained(folder)
    check_tokenizers([one, folder])
    content = (folder / "tokenizer.json").read_text(encoding="utf-8")
    (folder / "tokenizer.json").write_text(content.replace('"</s>"', '"</t>"'), encoding="utf-8")
    with pytest.raises(EngineError, match='token 2 is "</s>" and "</t>"'):
        check_tokenizers([one, folder])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"llama__rope__scaling__type": "yarn"}, r"rope scaling \(yarn\)"),
        ({"more": {"rope_freqs.weight": np.ones(2, dtype=np.float32)}}, "rope_freqs.weight"),
        ({"more": {"blk.0.attn_q.bias": np.ones(16, dtype=np.float32)}}, "attn_q.bias"),
    ],
)
def test_what_the_library_would_leave_out_is_refused(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    file = write_gguf(text_model("llama", 16, 1), tmp_path / "model.gguf", **options)
    with pytest.raises(EngineError, match=message) as error:
        load_anchor("a", file)
    assert "safetensors" in str(error.value.hint)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 something else, long enough to be read", "GGUF magic"),
        (b"", "cannot read it as GGUF"),
        (b"GGUF\x01\x00\x00\x00" + bytes(32), "GGUF v1"),
    ],
)
def test_what_is_no_gguf_file_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(content)
    with pytest.raises(EngineError, match=message) as error:
        load_anchor("a", file)
    assert error.value.code == "weights"
    assert str(file) in error.value.message


def test_a_file_that_was_cut_off_or_is_of_another_architecture_is_told(tmp_path: Path) -> None:
    file = write_gguf(text_model("llama", 16, 1), tmp_path / "model.gguf")
    content = file.read_bytes()
    file.write_bytes(content[:600])
    with pytest.raises(EngineError, match="cannot read it as GGUF"):
        load_anchor("a", file)
    file.write_bytes(content.replace(b"llama", b"mamba"))
    with pytest.raises(EngineError, match=r"architecture is 'mamba', allowed: llama, qwen2, qwen3"):
        load_anchor("a", file)


_WITHOUT = """
import sys
class Refuse:
    def find_spec(self, name, *_):
        if name.split(".")[0] in {missing!r}:
            raise ModuleNotFoundError(name)
from importlib import util
original = util.find_spec
util.find_spec = lambda name, *rest: None if name in {missing!r} else original(name, *rest)
sys.meta_path.insert(0, Refuse())
from pathlib import Path
from esta_engine.anchors.load import load_anchor
from esta_engine.errors import EngineError
try:
    load_anchor("a", Path({file!r}))
except EngineError as error:
    print(error.code, error.message, error.hint, sep="|")
"""


@pytest.mark.parametrize("missing", [("gguf",), ("accelerate",), ("gguf", "accelerate")])
def test_without_its_packages_the_command_that_installs_them_is_told(
    tmp_path: Path, missing: tuple[str, ...]
) -> None:
    file = write_gguf(text_model("llama", 16, 1), tmp_path / "model.gguf")
    code = _WITHOUT.format(missing=missing, file=str(file))
    kind, message, hint = python_output(code).strip().split("|")
    assert kind == "environment"
    assert all(name in message for name in missing)
    command = hint.removeprefix("Install with: ").split()
    assert command[:5] == [sys.executable, "-m", "pip", "install", "-r"]
    assert {line.split("==")[0] for line in Path(command[5]).read_text().splitlines() if "==" in line} >= set(
        missing
    )

"""Language models exported and read back where estakit cannot be imported: logits, generation, classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.deployment.export import export_stitch
from exported import palette_of, read_elsewhere
from pico import perturb
from pico_text import TOKENIZER, save_text_anchors, text_network, texts
from safetensors.torch import load_file

#: With Auto classes; also what decoders generate.
_READ = """
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
def read(folder, inputs):
    encodes = "bert" in folder
    auto = AutoModelForSequenceClassification if encodes else AutoModelForCausalLM
    model = auto.from_pretrained(folder, trust_remote_code=True)
    print(type(model).__name__)
    found = {"logits": model(**inputs).logits}
    if not encodes:
        model.double()
        for cached in (True, False):
            settings = dict(max_new_tokens=8, do_sample=False, use_cache=cached, eos_token_id=None)
            found[str(cached)] = model.generate(**inputs, **settings)
    return found
"""

_BIASED = {"stitch_bias": {"sites": "all"}}
_NONE = {"stitch_bias": {"sites": "none"}}
#: name -> (kind, configuration, method, whether a whole anchor is plain, its class)
_CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "llama": ("llama", {"tie_word_embeddings": True}, _BIASED, "LlamaForCausalLM"),
    "llama-none": ("llama", {}, _NONE, "LlamaForCausalLM"),
    "mistral": ("mistral", {"sliding_window": None}, _BIASED, "LlamaForCausalLM"),
    "mistral-window": ("mistral", {"sliding_window": 3}, _BIASED, "StitchForCausalLM"),
    "mistral-none": ("mistral", {"sliding_window": 3}, _NONE, "MistralForCausalLM"),
    "qwen2": ("qwen2", {}, _BIASED, "LlamaForCausalLM"),
    "qwen2-none": ("qwen2", {}, _NONE, "Qwen2ForCausalLM"),
    "qwen3": ("qwen3", {}, _BIASED, "StitchForCausalLM"),
    "bert": ("bert", {}, _BIASED, "BertForSequenceClassification"),
    "bert-mean": ("bert", {}, _BIASED, "StitchForSequenceClassification"),
    "roberta": ("roberta", {}, _BIASED, "RobertaForSequenceClassification"),
}


@pytest.mark.parametrize("padding", ["right", "left"])
def test_read_back_without_estakit_gives_the_networks_logits(tmp_path: Path, padding: str) -> None:
    inputs, expected, folders, classes = texts(padding=padding), [], [], []
    for name, (kind, settings, method, anchors_class) in _CASES.items():
        anchors = save_text_anchors(tmp_path / name, kind, **settings)
        pooling = {"pooling": "mean"} if name == "bert-mean" else {}
        plan, network = text_network(anchors, method=method, input_=pooling)
        for stitch in (1, len(plan.stitches) - 2):
            perturb(network, [stitch])
            with torch.no_grad():
                expected.append(network(inputs, stitch))
            folders.append(tmp_path / f"out-{name}-{stitch}")
            files = export_stitch(plan, network, stitch, palette_of(plan), folders[-1])
            assert {file.name for file in files} == {file.name for file in folders[-1].iterdir()}
            code = "Stitch" + ("ForCausalLM" if plan.family.kind == "llama" else "ForSequenceClassification")
            classes.append(anchors_class if stitch == 1 else code)
    found, printed = read_elsewhere(_READ, inputs, folders, tmp_path / "scratch")
    assert printed == classes
    for folder, logits in zip(folders, expected, strict=True):
        kept = inputs["attention_mask"].bool() if logits.ndim == 3 else slice(None)
        difference = (found[f"{folder}/logits"] - logits)[kept].abs().max()
        assert difference < 1e-4, (folder.name, difference)
        if logits.ndim == 3:
            assert torch.equal(found[f"{folder}/True"], found[f"{folder}/False"]), folder.name


def test_a_tokenizer_that_lies_beside_one_anchor_only_goes_with_every_stitch(tmp_path: Path) -> None:
    folders = save_text_anchors(tmp_path / "anchors")
    (folders[1] / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    for stitch in (0, 1, 6):
        plan, network = text_network(folders)
        export_stitch(plan, network, stitch, palette_of(plan), tmp_path / f"out-{stitch}")
        assert json.loads((tmp_path / f"out-{stitch}" / "tokenizer.json").read_text()) == TOKENIZER


def test_the_folder_has_the_tokenizer_and_nothing_of_adaptation_time_or_place(tmp_path: Path) -> None:
    folders = save_text_anchors(tmp_path / "anchors")
    for folder in folders:
        (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    contents = []
    for number, stitch in enumerate((0, 0, 6, 6)):
        plan, network = text_network(folders, method=_BIASED)
        perturb(network, [stitch])
        out = tmp_path / f"out-{number}"
        export_stitch(plan, network, stitch, palette_of(plan), out)
        assert json.loads((out / "tokenizer.json").read_text()) == TOKENIZER
        assert not [name for name in load_file(out / "model.safetensors") if "lora" in name]
        contents.append({file.name: file.read_bytes() for file in out.iterdir()})
        text = b"".join(content for name, content in contents[-1].items() if not name.endswith("tensors"))
        assert str(tmp_path).encode() not in text
    assert contents[0] == contents[1] and contents[2] == contents[3]
    assert "AutoModelForCausalLM" in (tmp_path / "out-3" / "README.md").read_text()

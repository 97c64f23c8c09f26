"""What was read from GGUF files is exported as plain folders, tokenizer included, quantisation forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from esta_engine.adaptation.methods import make_network
from esta_engine.anchors.load import load_anchors
from esta_engine.deployment.export import export_stitch
from esta_engine.plan import make_plan
from exported import palette_of
from pico import perturb
from pico_gguf import write_gguf
from pico_text import raw_text_plan, save_text_anchors, text_model, texts


@pytest.mark.parametrize("which", ["anchor", "stitch"])
def test_an_export_of_gguf_anchors_needs_neither_the_file_nor_gguf(tmp_path: Path, which: str) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    raw = raw_text_plan(save_text_anchors(tmp_path, "llama"))
    for number, anchor in enumerate(raw["anchors"]):
        model = text_model("llama", anchor["width"], 3, seed=number)
        file = write_gguf(model, tmp_path / f"{number}.gguf")
        anchor["weights"] = {"source": "gguf", "location": str(file), "revision": None}
    plan = make_plan(raw)
    network = make_network(plan, load_anchors(plan))
    stitch = 1 if which == "anchor" else len(plan.anchors)
    perturb(network, [stitch])
    inputs = texts()
    with torch.no_grad():
        expected = network(inputs, stitch)
    out = tmp_path / "out"
    files = export_stitch(plan, network, stitch, palette_of(plan), out)
    for file in tmp_path.glob("*.gguf"):
        file.unlink()
    assert {"tokenizer.json", "tokenizer_config.json"} <= {file.name for file in files}
    assert AutoTokenizer.from_pretrained(out)("see the hen")["input_ids"][-1] == 16
    assert "gguf" not in json.dumps(json.loads((out / "config.json").read_text())).lower()
    read = AutoModelForCausalLM.from_pretrained(out, trust_remote_code=True)
    with torch.no_grad():
        assert (read(**inputs).logits - expected).abs().max() < 1e-4

"""MiniLM with 3 and 6 layers, stitched for definitions of WordNet.

Both ends of the palette have to beat a linear probe of the pre-trained encoder that they are made of, fitted
to the same 4,000 definitions; the report sets the palette beside LoRA on each encoder alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from command_line import ROOT, adapt, esta, step_seconds
from esta_engine.anchors.load import load_anchor
from esta_engine.data.chat import load_tokenizer
from real_weights import CACHE

PARTS = ("train", "validation", "test")
STEPS = 400


@pytest.fixture(scope="module")
def definitions() -> dict[str, str]:
    """Files of 4,000, 500 and 1,000 definitions of nouns, each of one of 26 classes."""
    folder = CACHE / "gloss-classes"
    script = [sys.executable, str(ROOT / "scripts" / "wordnet.py"), "gloss-classes", "--out", str(folder)]
    subprocess.run([*script, "--train", "4000", "--validation", "500", "--test", "1000"], check=True)
    return {part: str(folder / f"{part}.jsonl") for part in PARTS}


def test_the_palettes_ends_beat_linear_probes_and_a_report_shows_lora_beside(
    minilm: tuple[Path, Path], definitions: dict[str, str]
) -> None:
    config = {
        "family": [str(folder) for folder in minilm],
        "task": {"type": "text-classification", "data": definitions, "sequence_length": 48},
        "training": {"steps": STEPS, "batch_size": 32},
        "deployment": {"intervals": 4},
    }
    runs = CACHE / "runs"
    palette = adapt(config, runs / "minilm")
    lora = adapt(
        {**config, "training": {"steps": STEPS // 2, "batch_size": 32}, "method": {"name": "lora"}},
        runs / "minilm-lora",
    )
    report = runs / "minilm.html"
    esta("report", str(palette), str(lora), "--out", str(report))
    content = report.read_text(encoding="utf-8")
    assert "esta" in content and "lora" in content

    probes = [probe_accuracy(folder, definitions) for folder in minilm]
    tuned, alone = accuracies(palette), accuracies(lora)
    print(f"\nminilm, {step_seconds(palette):.2f} s a step: palette {tuned}; LoRA {alone}; probes {probes}")
    ends = [tuned["minilm-l3"], tuned["minilm-l6"]]
    assert all(end > probe for end, probe in zip(ends, probes, strict=True))
    assert len(tuned) > len(alone) == 2


def accuracies(run: Path) -> dict[str, float]:
    """Of each network of a run's palette, by its name."""
    palette = json.loads((run / "palette" / "palette.json").read_text(encoding="utf-8"))
    return {stitch["name"]: stitch["metrics"]["test"]["accuracy"] for stitch in palette["stitches"]}


def probe_accuracy(folder: Path, definitions: dict[str, str]) -> float:
    """Of a multinomial logistic regression on the frozen encoder's mean-pooled features.

    Its regularisation is the one of five that validation likes best.
    """
    from sklearn.linear_model import LogisticRegression

    (train, labels), held_out, test = (encode(folder, Path(definitions[part])) for part in PARTS)
    models = [LogisticRegression(C=c, max_iter=2000).fit(train, labels) for c in (0.1, 0.3, 1.0, 3.0, 10.0)]
    best = max(models, key=lambda model: float(model.score(*held_out)))
    return float(best.score(*test))


@torch.no_grad()
def encode(folder: Path, file: Path) -> tuple[torch.Tensor, list[str]]:
    """(features (N, D), labels) of a file of texts."""
    anchor, tokenizer = load_anchor(folder.name, folder, pooling="mean"), load_tokenizer(folder)
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found = []
    for start in range(0, len(rows), 64):
        texts = [row["text"] for row in rows[start : start + 64]]
        batch = tokenizer(texts, padding=True, truncation=True, max_length=48, return_tensors="pt")
        inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
        hidden = anchor.embed(inputs)
        context = anchor.make_context(inputs, hidden)
        for index in range(anchor.depth):
            hidden = anchor.run_block(index, hidden, context)
        found.append(anchor.features(hidden, inputs))
    return torch.cat(found), [row["label"] for row in rows]

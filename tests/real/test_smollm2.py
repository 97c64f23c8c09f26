"""SmolLM2-135M-Instruct as GGUF, stitched with its own first 15 blocks: tuned, asked, exported, read back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from command_line import ROOT, adapt, esta, peak_bytes_of_children, step_seconds
from real_weights import CACHE

FROZEN = ("fp32", "bf16", "int8", "nf4")


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Conversations about definitions of WordNet: of which kind is what is defined?"""
    folder = tmp_path_factory.mktemp("questions")
    script = [sys.executable, str(ROOT / "scripts" / "wordnet.py"), "gloss-classes", "--out", str(folder)]
    subprocess.run([*script, "--train", "120", "--validation", "20", "--test", "20"], check=True)
    for part in ("train", "validation", "test"):
        rows = [json.loads(line) for line in (folder / f"{part}.jsonl").read_text().splitlines()]
        asked = [
            {
                "instruction": f"Of which kind is this: {row['text']}?",
                "output": f"It is {row['label']}.",
            }
            for row in rows
        ]
        (folder / f"asked-{part}.jsonl").write_text("\n".join(json.dumps(row) for row in asked) + "\n")
    return folder


@pytest.mark.parametrize("frozen", FROZEN)
def test_ten_steps_of_tuning_then_answers_and_an_export_with_equal_logits(
    smollm2: tuple[Path, Path], questions: Path, tmp_path: Path, frozen: str
) -> None:
    data = {part: str(questions / f"asked-{part}.jsonl") for part in ("train", "validation", "test")}
    config = {
        "family": [str(file) for file in smollm2],
        "task": {"type": "instruction-tuning", "data": data, "sequence_length": 96},
        # Few samples for what is taken of all 29 stitches: it is the way that is tried, not the palette.
        "method": {"name": "esta", "initialisation": {"samples": 16}, "importance": {"samples": 16}},
        "training": {"steps": 10, "batch_size": 2, "frozen_precision": frozen},
        "deployment": {"intervals": 3},
    }
    run = adapt(config, CACHE / "runs" / f"smollm2-{frozen}")
    peak = peak_bytes_of_children()
    palette = json.loads((run / "palette" / "palette.json").read_text(encoding="utf-8"))
    stitch = next(one["id"] for one in palette["stitches"] if len(one["route"]) > 1)
    answer = esta(
        "chat", str(run), "--stitch", str(stitch), "--prompt", "What is a cat?", "--max-tokens", "12",
        "--python", sys.executable,
    )  # fmt: skip
    assert answer.strip()
    differences = []
    for number in (0, stitch):  # a whole anchor, and a stitch with its own code
        out = tmp_path / str(number)
        esta("export", str(run), "--stitch", str(number), "--out", str(out), "--python", sys.executable)
        exact, single, largest = compare_logits(run, number, out)
        # fp32's own rounding is about as much at logits of 30 to 80, on either side of float64.
        assert exact <= 1e-4 and single <= 2e-5 * largest
        differences.append(f"{exact:.1e} in float64 ({single:.1e} of {largest:.0f} in fp32)")
    print(
        f"\nsmollm2, frozen weights in {frozen}: {step_seconds(run):.2f} s a step of 2 x 96 tokens, "
        f"peak {peak / 1e9:.2f} GB (largest so far), exports differ by {', '.join(differences)}; "
        f"answer: {answer.strip()!r}"
    )


@torch.no_grad()
def compare_logits(run: Path, number: int, out: Path) -> tuple[float, float, float]:
    """Of the palette's network and of the exported folder, each with the weights that it stores.

    Gives the largest difference where both compute in float64, that in fp32, and the largest logit.
    """
    from esta_engine.plan import read_plan
    from esta_engine.service.restore import load_palette
    from esta_engine.service.run_folder import RunFolder
    from transformers import AutoModelForCausalLM, AutoTokenizer

    text = "The quick brown fox jumps over the lazy dog. Of which kind is this?"
    tokenizer = AutoTokenizer.from_pretrained(out, trust_remote_code=True)
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    folder = RunFolder(run)
    parts, _ = load_palette(folder, read_plan(folder.plan), torch.device("cpu"))
    network = parts.network
    model = AutoModelForCausalLM.from_pretrained(out, trust_remote_code=True, dtype=torch.float32)
    single, single_model = network({"input_ids": ids}, number), model(ids).logits
    exact, exact_model = network.double()({"input_ids": ids}, number), model.double()(ids).logits
    assert exact.dtype == exact_model.dtype == torch.float64
    found = [float((a - b).abs().max()) for a, b in ((exact, exact_model), (single, single_model))]
    return found[0], found[1], float(single.abs().max())

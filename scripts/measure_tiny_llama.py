"""Measure the anchors of `tiny-llama` on synsets that pre-training holds out.

    python scripts/measure_tiny_llama.py      # what is in models/tiny-llama -> models/tiny-llama/metrics.json

The loss on documents, each by itself, and how often the likeliest of four choices is right before any tuning,
by the sum of the choice's log-likelihoods and by their sum over its bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pretrain_tiny_llama_data as data
import torch
from pretrain_tiny_llama import LENGTH, WIDTHS, Recipe
from torch import Tensor
from torch.nn import functional
from transformers import AutoTokenizer, LlamaForCausalLM
from transformers.utils import logging
from wordnet_database import WordNetError, find_folder, read_all
from wordnet_questions import make_questions
from wordnet_tasks import Row

QUESTIONS = {"train": 1200, "validation": 300, "test": 600}
BATCH = 64


@torch.inference_mode()
def log_likelihoods(model: LlamaForCausalLM, texts: Sequence[tuple[list[int], int]]) -> list[float]:
    """Of each text's tokens from a place on, but the first; a text is (tokens, place)."""
    result = [0.0] * len(texts)
    order = sorted(range(len(texts)), key=lambda number: len(texts[number][0]))
    for start in range(0, len(order), BATCH):
        numbers = order[start : start + BATCH]
        longest = len(texts[numbers[-1]][0])
        ids = torch.tensor([texts[n][0] + [0] * (longest - len(texts[n][0])) for n in numbers])  # (B, N)
        scores = token_scores(model, ids)  # (B, N - 1)
        for row, n in enumerate(numbers):
            tokens, place = texts[n]
            result[n] = scores[row, max(place, 1) - 1 : len(tokens) - 1].sum().item()
    return result


def token_scores(model: LlamaForCausalLM, ids: Tensor) -> Tensor:
    """Log-likelihood of each token but the first, (B, N - 1); padding at the right changes none before it."""
    logits = model(input_ids=ids).logits[:, :-1].float()
    return -functional.cross_entropy(logits.mT, ids[:, 1:], reduction="none")


def document_loss(model: LlamaForCausalLM, tokenizer: Any, documents: Sequence[str]) -> dict[str, float]:
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    texts = [([begin, *tokenizer(text)["input_ids"], end][:LENGTH], 1) for text in documents]
    total = -math.fsum(log_likelihoods(model, texts))
    tokens = sum(len(ids) - 1 for ids, _ in texts)
    size = sum(len(text.encode()) for text in documents)
    return {
        "held_out_loss": round(total / tokens, 4),
        "held_out_perplexity": round(math.exp(total / tokens), 2),
        "held_out_bits_per_byte": round(total / math.log(2) / size, 4),
    }


def choice_accuracy(model: LlamaForCausalLM, tokenizer: Any, rows: Sequence[Row]) -> dict[str, float]:
    """In per cent."""
    texts, sizes = [], []
    for row in rows:
        question = {"role": "user", "content": str(row["instruction"])}
        for choice in choices(row):
            turns = [question, {"role": "assistant", "content": choice}]
            asked = encode(tokenizer, turns[:1], answer=True)
            texts.append((encode(tokenizer, turns)[:LENGTH], len(asked)))
            sizes.append(len(choice.encode()))
    scores = log_likelihoods(model, texts)
    plain = right_of(rows, scores)
    normalised = right_of(rows, [score / size for score, size in zip(scores, sizes, strict=True)])
    return {"choice_accuracy": plain, "choice_accuracy_normalised": normalised}


def choices(row: Row) -> list[str]:
    found = row["choices"]
    if not isinstance(found, list):
        raise TypeError(f"choices: got {found!r}; allowed: a list")
    return found


def encode(tokenizer: Any, turns: list[dict[str, str]], *, answer: bool = False) -> list[int]:
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=answer)
    tokens: list[int] = tokenizer(text.rstrip("\n"), add_special_tokens=False)["input_ids"]
    return tokens


def right_of(rows: Sequence[Row], scores: Sequence[float]) -> float:
    right, start = 0, 0
    for row in rows:
        own = scores[start : start + len(choices(row))]
        right += own.index(max(own)) == row["answer"]
        start += len(own)
    return round(100 * right / len(rows), 2)


def measure(folder: Path, documents: Sequence[str], rows: Sequence[Row]) -> dict[str, Any]:
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    weights = (folder / "model.safetensors").read_bytes()
    return {
        "parameters": model.num_parameters(),
        **document_loss(model, tokenizer, documents),
        **choice_accuracy(model, tokenizer, rows),
        "weights_bytes": len(weights),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }


def evaluate(args: argparse.Namespace) -> None:
    synsets = read_all(find_folder(args.wordnet))
    documents = data.make_documents(synsets, held_out=True)
    rows = make_questions(synsets, QUESTIONS, args.seed)["test"]
    anchors = {}
    for name in WIDTHS:
        if (args.out / name).is_dir():
            anchors[name] = measure(args.out / name, documents, rows)
            print(name, json.dumps(anchors[name]), flush=True)
    report = {"recipe": asdict(Recipe()), "held_out_documents": len(documents), "anchors": anchors}
    (args.out / "metrics.json").write_text(json.dumps(report, indent=2) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the tiny-llama anchors.")
    parser.add_argument("--wordnet", type=Path, help="WordNet's data files; found by itself if installed")
    parser.add_argument("--out", type=Path, default=Path("models/tiny-llama"))
    parser.add_argument("--seed", type=int, default=0, help="of the questions")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    logging.disable_progress_bar()
    try:
        evaluate(args)
    except WordNetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

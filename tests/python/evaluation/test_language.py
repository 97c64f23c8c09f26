"""Perplexity of a language model against the library's own loss, over batches of unequal answers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from esta_engine.evaluation.evaluate import evaluate_together
from esta_engine.evaluation.metrics import measure_tokens
from pico_text import CountingData, save_text_anchors, text_network


class _Split:
    """Two batches of another size and other answers each, as a task's data would give them."""

    def __init__(self) -> None:
        self.batches: list[Any] = []
        for number, size in enumerate((8, 3)):
            batch = CountingData(decoder=True, batch_size=size).train_batch(number, 0)
            batch.labels[0, : 9 + number] = -100
            self.batches.append(batch)

    def evaluation_batches(self, split: str) -> list[Any]:
        return self.batches

    def choice_batches(self, split: str) -> list[Any]:
        return []


def test_loss_and_perplexity_are_those_of_all_labelled_tokens(tmp_path: Path) -> None:
    _, network = text_network(save_text_anchors(tmp_path))
    data: Any = _Split()
    metrics, examples = evaluate_together(network, [1], data, "test", torch.device("cpu"))[1]
    summed, tokens = 0.0, 0
    for batch in data.batches:
        count = int((batch.labels[:, 1:] != -100).sum())
        with torch.no_grad():
            loss = network.anchor(1).model(**batch.inputs, labels=batch.labels).loss
        summed, tokens = summed + float(loss) * count, tokens + count
    assert examples == 11
    assert math.isclose(metrics["loss"], summed / tokens, rel_tol=1e-5)
    assert math.isclose(metrics["perplexity"], math.exp(summed / tokens), rel_tol=1e-4)
    assert metrics == evaluate_together(network, [1], data, "test", torch.device("cpu"))[1][0]


def test_perplexity_of_uniform_guessing_is_the_number_of_guesses() -> None:
    assert math.isclose(measure_tokens(7 * math.log(41), 7)["perplexity"], 41)
    assert measure_tokens(1e6, 1)["perplexity"] == math.inf
    assert math.isnan(measure_tokens(0.0, 0)["loss"])

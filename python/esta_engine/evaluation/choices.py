"""Multiple choice: which of the offered answers a language model finds likeliest.

`choice-accuracy` compares the sums of the log-likelihoods of the choices' tokens, the one that ends an answer
included; `choice-accuracy-normalised` those sums divided by the choices' bytes in UTF-8, so that a long
choice is not held against itself, whatever the tokenizer. Of equals the first counts.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..adaptation.objective import IGNORED

if TYPE_CHECKING:
    from ..data.task import Batch, ChoiceRow, TaskData
    from ..nn.network import StitchedNetwork


@torch.no_grad()
def measure_choices(
    network: StitchedNetwork, stitch: int, data: TaskData, split: str, device: torch.device
) -> dict[str, float]:
    """Both accuracies over the examples that have choices; nothing where none has any."""
    rows: list[ChoiceRow] = []
    sums: list[float] = []
    for batch, kinds in data.choice_batches(split):
        rows += kinds
        sums += log_likelihoods(network, stitch, batch, device).tolist()
    if not rows:
        return {}
    by_byte = [total / row.size_bytes for total, row in zip(sums, rows, strict=True)]
    return {
        "choice-accuracy": choice_accuracy(rows, sums),
        "choice-accuracy-normalised": choice_accuracy(rows, by_byte),
    }


def log_likelihoods(network: StitchedNetwork, stitch: int, batch: Batch, device: torch.device) -> Tensor:
    """Of each row's labelled tokens, summed; (B,) float64, in nats, in fp32 arithmetic."""
    moved = batch.to(device)
    labelled = moved.labels[:, 1:] != IGNORED
    features = network.features(moved.inputs, stitch)[:, :-1][labelled]
    logits = network.head_of(stitch)(features).float()
    wanted = moved.labels[:, 1:][labelled]
    found = -torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
    rows = labelled.nonzero()[:, 0].cpu()
    return torch.zeros(len(batch.labels), dtype=torch.float64).index_add_(0, rows, found.double().cpu())


def choice_accuracy(rows: list[ChoiceRow], scores: list[float]) -> float:
    """Share of the examples whose right choice has the highest score."""
    examples: dict[int, list[tuple[float, int, bool]]] = defaultdict(list)
    for row, score in zip(rows, scores, strict=True):
        examples[row.example].append((score, -row.choice, row.right))
    return sum(max(choices)[2] for choices in examples.values()) / len(examples)

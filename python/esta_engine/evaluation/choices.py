"""Multiple choice: which of the offered answers a language model finds likeliest.

`choice-accuracy` compares the sums of the log-likelihoods of the choices' tokens, the one that ends an answer
included; `choice-accuracy-normalised` those sums divided by the choices' bytes in UTF-8, so that a long
choice is not held against itself, whatever the tokenizer. Of equals the first counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..adaptation.objective import IGNORED, read_labelled

if TYPE_CHECKING:
    from ..data.task import Batch, ChoiceRow, TaskData
    from ..nn.prefixes import PrefixTree


@torch.no_grad()
def measure_choices(
    tree: PrefixTree, stitches: Sequence[int], data: TaskData, split: str, device: torch.device
) -> dict[int, dict[str, float]]:
    """Of each stitch both accuracies over the examples that have choices; nothing where none has any.

    `tree`: of the stitches.
    """
    rows: list[ChoiceRow] = []
    sums: dict[int, list[float]] = {stitch: [] for stitch in stitches}
    for batch, kinds in data.choice_batches(split):
        rows += kinds
        for stitch, found in log_likelihoods(tree, batch, device):
            sums[stitch] += found.tolist()
    return {stitch: _accuracies(rows, sums[stitch]) if rows else {} for stitch in stitches}


def _accuracies(rows: list[ChoiceRow], sums: list[float]) -> dict[str, float]:
    by_byte = [total / row.size_bytes for total, row in zip(sums, rows, strict=True)]
    return {
        "choice-accuracy": choice_accuracy(rows, sums),
        "choice-accuracy-normalised": choice_accuracy(rows, by_byte),
    }


def log_likelihoods(tree: PrefixTree, batch: Batch, device: torch.device) -> Iterator[tuple[int, Tensor]]:
    """(stitch, those of each row's labelled tokens, summed): (B,) float64, in nats, in fp32 arithmetic."""
    moved = batch.to(device)
    rows = (moved.labels[:, 1:] != IGNORED).nonzero()[:, 0].cpu()
    for stitch, features in tree.features(moved.inputs):
        logits, wanted = read_labelled(tree.network.head_of(stitch), features, moved.labels)
        found = -torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
        sums = torch.zeros(len(batch.labels), dtype=torch.float64)
        yield stitch, sums.index_add_(0, rows, found.cpu().double())


def choice_accuracy(rows: list[ChoiceRow], scores: list[float]) -> float:
    """Share of the examples whose right choice has the highest score."""
    examples: dict[int, list[tuple[float, int, bool]]] = defaultdict(list)
    for row, score in zip(rows, scores, strict=True):
        examples[row.example].append((score, -row.choice, row.right))
    return sum(max(choices)[2] for choices in examples.values()) / len(examples)

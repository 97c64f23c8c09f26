"""Scores that are taken once, after training, of every stitch: on a few training examples, none held out.

The examples are those that training would have seen next, augmented alike, so that little data which the
stitches know by heart still tells them apart. All stitches see the same ones; what routes begin with alike is
computed once (`nn/prefixes.py`). Larger is better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from ..nn.network import StitchedNetwork
from ..nn.prefixes import PrefixTree
from .data import TrainingBatch
from .objective import labelled_logits, read_labelled

#: (logits (terms, C), labels (terms), the largest anchor's logits (terms, C)) -> sum over the terms.
FinalScore = Callable[[Tensor, Tensor, Tensor], Tensor]


def final_training_loss(logits: Tensor, labels: Tensor, largest: Tensor) -> Tensor:
    """Minus the cross entropy."""
    return -F.cross_entropy(logits, labels, reduction="sum")


def kl_to_largest(logits: Tensor, labels: Tensor, largest: Tensor) -> Tensor:
    """Minus KL(largest anchor || stitch): how alike they predict (KLAS compares representations so)."""
    return -F.kl_div(
        F.log_softmax(logits, dim=1), F.log_softmax(largest, dim=1), reduction="sum", log_target=True
    )


FINAL_SCORES: dict[str, FinalScore] = {
    "final-training-loss": final_training_loss,
    "kl-to-largest": kl_to_largest,
}


@torch.no_grad()
def score_all(
    names: Sequence[str],
    network: StitchedNetwork,
    stitches: Sequence[int],
    largest: int,
    batches: Sequence[TrainingBatch],
    device: torch.device,
) -> dict[str, dict[int, float | None]]:
    """Score -> stitch -> its value a term, in float32; None where it is not finite. `largest`: the largest
    anchor. One pass serves all scores.
    """
    tree = PrefixTree(network, stitches)
    sums, terms = {name: dict.fromkeys(stitches, 0.0) for name in names}, 0
    for batch in batches:
        inputs = {key: tensor.to(device) for key, tensor in batch.inputs.items()}
        reference, labels = labelled_logits(network, largest, batch, "fp32", device)
        terms += len(labels)
        for stitch, features in tree.features(inputs):
            logits, _ = read_labelled(network.head_of(stitch), features, batch.labels.to(device))
            for name, own in sums.items():
                own[stitch] += float(FINAL_SCORES[name](logits, labels, reference))
    return {name: {s: _mean(total, terms) for s, total in own.items()} for name, own in sums.items()}


def _mean(total: float, terms: int) -> float | None:
    return total / terms if terms and math.isfinite(total) else None

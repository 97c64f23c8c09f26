"""Metrics of classification, from all logits of a split (a new one is a function and a line in `METRICS`),
and of language models, from the sum of their loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of the examples whose largest logit is their label's."""
    return (logits.argmax(dim=1) == labels).double().mean().item()


def macro_f1(logits: Tensor, labels: Tensor) -> float:
    """Mean over classes of 2 TP / (2 TP + FP + FN); a class neither present nor predicted is left out."""
    classes = logits.shape[1]
    predictions = logits.argmax(dim=1)
    hits = torch.bincount(labels[predictions == labels], minlength=classes).double()
    both = torch.bincount(labels, minlength=classes) + torch.bincount(predictions, minlength=classes)
    seen = both > 0
    return (2 * hits[seen] / both[seen]).mean().item()


def loss(logits: Tensor, labels: Tensor) -> float:
    """Mean cross-entropy in nats, without label smoothing."""
    return functional.cross_entropy(logits.double(), labels).item()


METRICS: dict[str, Callable[[Tensor, Tensor], float]] = {
    "accuracy": accuracy,
    "macro-f1": macro_f1,
    "loss": loss,
}


def measure(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """Every metric of logits (N, classes) against labels (N,)."""
    return {name: metric(logits, labels) for name, metric in METRICS.items()}


def measure_tokens(summed_loss: float, tokens: int) -> dict[str, float]:
    """Loss in nats a labelled token, and perplexity, its exponential. NaN where no token has a label."""
    mean = summed_loss / tokens if tokens else math.nan
    return {"loss": mean, "perplexity": math.exp(mean) if mean < _LARGEST_EXPONENT else math.inf}


#: e to this power is about the largest float64.
_LARGEST_EXPONENT = 709.0

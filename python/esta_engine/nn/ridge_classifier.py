"""A linear classifier in closed form: least squares on one-hot classes, scaled to be logits.

How much it is damped, and how far its outputs are scaled, is chosen by the cross entropy of each example
under the classifier of all the others, which least squares gives without fitting it again (Allen's PRESS).
The classifier of all is then scaled down until it is no surer of the examples it was fitted to than those
were of what they had not seen: with many features it is nearly certain of them, and training on them from
there has little left to learn but them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

#: Damping, relative to the largest eigenvalue of the features' scatter.
_RIDGES = [10 ** (power / 2) for power in range(-12, 1)]
_SCALES = [10 ** (power / 10) for power in range(21)]
#: Halvings of the range in which the last factor is looked for.
_HALVINGS = 40


def fit_classifier(features: Tensor, labels: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """(weight (classes, F), bias (classes)) in float64, for logits = features weight^T + bias.

    `features` (n, F), `labels` (n) of n >= 2 examples. The bias is not damped. A class without an example
    has zeros.
    """
    if len(features) < 2:
        raise ValueError(f"got {len(features)} example; leaving one out needs two")
    rows = features.double()
    centre = rows.mean(dim=0)
    targets = F.one_hot(labels, classes).double()
    shares = targets.mean(dim=0)
    centred = targets - shares
    left, singular, right = torch.linalg.svd(rows - centre, full_matrices=False)
    projected = left.T @ centred
    best: tuple[float, Tensor, float] | None = None
    for ridge in _RIDGES:
        kept = _kept(singular, ridge)
        # y - f(x) of the classifier of all others = (y - f(x)) / (1 - leverage).
        leverage = (left.square() @ kept + 1 / len(features)).clamp(max=1 - 1e-9)
        residuals = centred - left @ (kept[:, None] * projected)
        unseen = targets - residuals / (1 - leverage)[:, None]
        for scale in _SCALES:
            loss = float(F.cross_entropy(scale * unseen, labels))
            if best is None or loss < best[0]:
                best = loss, kept, scale
    assert best is not None
    loss, kept, scale = best
    inverse = kept / singular.clamp(
        min=torch.finfo(torch.float64).tiny
    )  # 0, not 0 / 0, where nothing is kept
    weight = scale * (right.T @ (inverse[:, None] * projected)).T
    bias = scale * shares - weight @ centre
    factor = _largest_factor(rows @ weight.T + bias, labels, loss)
    return factor * weight, factor * bias


def _largest_factor(logits: Tensor, labels: Tensor, loss: float) -> float:
    """The largest in [0, 1] for logits (n, classes) that leaves their cross entropy at `loss` at least.

    0 where even equal logits have less. The cross entropy is convex in the factor.
    """

    def reaches(factor: float) -> bool:
        return float(F.cross_entropy(factor * logits, labels)) >= loss

    if reaches(1):
        return 1.0
    below, above = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        below, above = (middle, above) if reaches(middle) else (below, middle)
    return below


def _kept(singular: Tensor, ridge: float) -> Tensor:
    """What share of each direction the damped solution keeps; none of one that is there by rounding alone."""
    squares, largest = singular.square(), singular.amax()
    spanned = singular > largest * len(singular) * torch.finfo(torch.float64).eps
    return torch.where(spanned, squares / (squares + ridge * largest.square()), 0.0)

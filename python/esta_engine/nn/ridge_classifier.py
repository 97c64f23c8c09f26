"""A linear classifier in closed form: least squares on one-hot classes, scaled to be logits.

How much it is damped, and how far its outputs are scaled, is chosen by the cross entropy of each example
under the classifier of all the others, which least squares gives without fitting it again (Allen's PRESS): so
it is as sure as it is right on what it was not fitted to, also with fewer examples than features.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

#: Damping, relative to the largest eigenvalue of the features' scatter.
_RIDGES = [10 ** (power / 2) for power in range(-12, 1)]
_SCALES = [10 ** (power / 10) for power in range(21)]


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
    _, kept, scale = best
    inverse = kept / singular.clamp(
        min=torch.finfo(torch.float64).tiny
    )  # 0, not 0 / 0, where nothing is kept
    weight = scale * (right.T @ (inverse[:, None] * projected)).T
    return weight, scale * shares - weight @ centre


def _kept(singular: Tensor, ridge: float) -> Tensor:
    """What share of each direction the damped solution keeps; none of one that is there by rounding alone."""
    squares, largest = singular.square(), singular.amax()
    spanned = singular > largest * len(singular) * torch.finfo(torch.float64).eps
    return torch.where(spanned, squares / (squares + ridge * largest.square()), 0.0)

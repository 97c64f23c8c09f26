"""Importance of stitches: Q(weights, gradients) of the step's own gradients, as a moving average.

ESTA (arXiv 2311.17352) accumulates a SNIP-like score (arXiv 1810.02340) while training and chooses the
stitches to deploy by it. The function itself is not settled by what of the paper could be read, so scores are
a table. Each sees one stitch's gradients as they came: not scaled, not clipped, not averaged with those of
other stitches. Larger is better.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

#: One number a stitch.
Scores = NDArray[np.float64]

#: (parameters, their gradients, loss) -> score. Parameters: LoRA on the route, then the stitch's own biases.
Score = Callable[[list[Tensor], list[Tensor], float], float]


def snip(parameters: list[Tensor], gradients: list[Tensor], loss: float) -> float:
    """Sum of |theta * dL/dtheta|: how much the loss would change, to first order, if each weight were
    removed.

    Zero at the very start, since LoRA's B and the biases are zero; larger for stitches with more parameters.
    """
    return float(torch.stack(torch._foreach_norm(torch._foreach_mul(parameters, gradients), 1)).sum())


def normalised_snip(parameters: list[Tensor], gradients: list[Tensor], loss: float) -> float:
    """SNIP a parameter, so that size alone does not count."""
    return snip(parameters, gradients, loss) / sum(parameter.numel() for parameter in parameters)


def fisher(parameters: list[Tensor], gradients: list[Tensor], loss: float) -> float:
    """Sum of squared gradients: the trace of the empirical Fisher information."""
    return gradient_norm(parameters, gradients, loss) ** 2


def gradient_norm(parameters: list[Tensor], gradients: list[Tensor], loss: float) -> float:
    return float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))


def training_loss(parameters: list[Tensor], gradients: list[Tensor], loss: float) -> float:
    """Minus the loss. Costs nothing; ranked stitches best in our experiments."""
    return -loss


SCORES: dict[str, Score] = {
    "snip": snip,
    "normalised-snip": normalised_snip,
    "fisher": fisher,
    "gradient-norm": gradient_norm,
    "training-loss": training_loss,
}


class Importance:
    """Moving average of every stitch's scores, corrected for its start.

    avg_n = sum_i m^(n-i) s_i / sum_i m^(n-i), which is Adam's bias-corrected average; m = 1 gives the plain
    mean. A stitch that was never drawn has no average.
    """

    def __init__(self, stitches: int, momentum: float) -> None:
        self.momentum = momentum
        self.draws = np.zeros(stitches, dtype=np.int64)
        self.totals = np.zeros(stitches)
        self.weights = np.zeros(stitches)

    def update(self, stitch: int, score: float) -> None:
        self.draws[stitch] += 1
        self.totals[stitch] = self.momentum * self.totals[stitch] + score
        self.weights[stitch] = self.momentum * self.weights[stitch] + 1

    @property
    def averages(self) -> Scores:
        """(stitches,); NaN where never drawn."""
        with np.errstate(invalid="ignore"):
            return self.totals / self.weights

    def average(self, stitch: int) -> float | None:
        return float(self.averages[stitch]) if self.draws[stitch] else None

    def to_list(self) -> list[float | None]:
        averages = self.averages.tolist()
        return [value if drawn else None for value, drawn in zip(averages, self.draws.tolist(), strict=True)]

    def state(self) -> dict[str, list[float] | list[int]]:
        """JSON; floats survive it exactly."""
        return {
            "draws": self.draws.tolist(),
            "totals": self.totals.tolist(),
            "weights": self.weights.tolist(),
        }

    def load_state(self, state: dict[str, list[float]]) -> None:
        self.draws = np.array(state["draws"], dtype=np.int64)
        self.totals = np.array(state["totals"], dtype=np.float64)
        self.weights = np.array(state["weights"], dtype=np.float64)

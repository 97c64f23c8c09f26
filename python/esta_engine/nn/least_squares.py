"""Least squares for stitching layers: min |X W + 1 b - Y|^2 + ridge (SN-Net, arXiv 2302.06586, equation 4).

Normal equations in float64, accumulated over batches, so that the rows never have to be in memory at once.
The problem is centred first: the bias then drops out of the system and stays unpenalised. The symmetric
system is solved through its eigenvalues; directions that the rows do not span get weight zero, so the
solution is finite and the smallest one also where rows are fewer than columns (CUDA's `lstsq` knows full rank
only).
"""

from __future__ import annotations

import torch
from torch import Tensor


class Moments:
    """Sums over rows of X (n, p) that every system with this X shares: one per (front anchor, block)."""

    def __init__(self) -> None:
        self.rows = 0
        self.shift: Tensor | None = None
        self.sum: Tensor = torch.empty(0)
        self.outer: Tensor = torch.empty(0)

    def add(self, rows: Tensor) -> Tensor:
        """Add rows (n, p); returns them in float64, less the shift, as `CrossMoments.add` wants them.

        The shift is the mean of the first batch: sums of squares about it lose no digits to a large mean.
        """
        shifted = rows.double()
        if self.shift is None:
            self.shift = shifted.mean(dim=0)
            self.sum = torch.zeros_like(self.shift)
            self.outer = torch.zeros(
                len(self.shift), len(self.shift), dtype=torch.float64, device=rows.device
            )
        shifted = shifted - self.shift
        self.rows += len(shifted)
        self.sum += shifted.sum(dim=0)
        self.outer += shifted.T @ shifted
        return shifted

    def mean(self) -> Tensor:
        """Of the shifted rows."""
        return self.sum / self.rows

    def covariance(self) -> Tensor:
        """Unnormalised: sum over rows of (x - mean)(x - mean)^T, (p, p)."""
        return self.outer - torch.outer(self.sum, self.sum) / self.rows


class CrossMoments:
    """Sums of X^T Y for one pair of X and Y."""

    def __init__(self) -> None:
        self.outer: Tensor | None = None

    def add(self, x_shifted: Tensor, y_shifted: Tensor) -> None:
        product = x_shifted.T @ y_shifted
        self.outer = product if self.outer is None else self.outer + product


class Solver:
    """Solves for one X and any number of Y. `ridge` is relative to the covariance's mean diagonal."""

    def __init__(self, x: Moments, ridge: float) -> None:
        self.x = x
        values, self.vectors = torch.linalg.eigh(x.covariance())
        largest = values[-1].clamp(min=0)
        cut = largest * len(values) * torch.finfo(torch.float64).eps
        damped = values + ridge * values.clamp(min=0).mean()
        self.inverse = torch.where(values > cut, 1 / damped, torch.zeros_like(values))

    def solve(self, y: Moments, cross: CrossMoments) -> tuple[Tensor, Tensor]:
        """(weight (q, p), bias (q)) in float64, for y = x weight^T + bias."""
        x = self.x
        assert cross.outer is not None and x.shift is not None and y.shift is not None
        centred = cross.outer - torch.outer(x.sum, y.sum) / x.rows
        weight = self.vectors @ (self.inverse[:, None] * (self.vectors.T @ centred))  # (p, q)
        bias = y.shift + y.mean() - (x.shift + x.mean()) @ weight
        return weight.T, bias


def solve(x: Tensor, y: Tensor, ridge: float = 0.0) -> tuple[Tensor, Tensor]:
    """(weight (q, p), bias (q)) for rows x (n, p) and y (n, q) that are at hand at once."""
    x_moments, y_moments, cross = Moments(), Moments(), CrossMoments()
    cross.add(x_moments.add(x), y_moments.add(y))
    return Solver(x_moments, ridge).solve(y_moments, cross)

"""Which stitches a step trains. Strategies are a table; draws derive from (seed, step).

ESTA samples important stitches more often. Around the strategy stand three things of our own: a warm-up that
draws every stitch equally often before scores steer; a floor, a share of the draws that stays uniform, so
that no average goes stale; a share for whole anchors, the cheap ones oftener, since few stitches of a space
train the small ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..plan import Plan
from ..seeding import generator
from .importance import Scores

#: Warm-up takes at most this share of all draws, so that short runs are steered too.
LARGEST_WARMUP_SHARE = 0.5


@dataclass(frozen=True)
class SamplingSettings:
    """`sampling` of the configuration; the defaults are plain uniform sampling, as SN-Net has it."""

    strategy: str = "uniform"
    temperature: float = 1.0
    floor: float = 0.0
    anchor_share: float = 0.0
    anchor_cost_exponent: float = 0.0
    warmup_draws: float = 0.0


def importance_distribution(sampler: Sampler, averages: Scores) -> Scores:
    """An interval uniformly, then a stitch in it by softmax(z / temperature).

    z is the score standardised inside its cost interval: scores grow with a stitch's size, so only stitches
    of like cost are compared, and the temperature means the same for every score. A stitch never drawn has z
    = 0.
    """
    intervals, sizes = sampler.intervals, sampler.interval_sizes
    known = ~np.isnan(averages)
    values = np.where(known, averages, 0.0)

    def sums(terms: Scores) -> Scores:
        return np.bincount(intervals, terms, minlength=len(sizes)).astype(np.float64, copy=False)

    seen = np.maximum(sums(known.astype(np.float64)), 1)
    centred = np.where(known, values - (sums(values) / seen)[intervals], 0.0)
    spread = np.sqrt(sums(np.square(centred)) / seen)[intervals]
    z = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    # |z| <= sqrt(n); shifting by the interval's largest keeps exp finite at any temperature.
    top = np.full(len(sizes), -np.inf)
    np.maximum.at(top, intervals, z)
    weights = np.exp((z - top[intervals]) / sampler.settings.temperature)
    chosen: Scores = weights / sums(weights)[intervals] / np.count_nonzero(sizes)
    return chosen


def uniform_distribution(sampler: Sampler, averages: Scores) -> Scores:
    return sampler.uniform


def cost_group_distribution(sampler: Sampler, averages: Scores) -> Scores:
    """A cost group uniformly, then a stitch in it uniformly (SN-Netv2, arXiv 2307.00154)."""
    return sampler.by_cost_group


STRATEGIES: dict[str, Callable[[Sampler, Scores], Scores]] = {
    "importance": importance_distribution,
    "uniform": uniform_distribution,
    "cost-group": cost_group_distribution,
}


def anchor_weights(plan: Plan, cost_exponent: float) -> Scores:
    """(anchors,), sums to 1, in proportion to MACs^-exponent. A step of a small anchor costs little, and the
    cheap end of the palette rests on it.
    """
    # Ratios, so that no power of a large number vanishes; whole anchors have the anchors' ids.
    costs = np.array([plan.stitches[anchor.id].macs for anchor in plan.anchors], dtype=np.float64)
    weights = (costs / costs.min()) ** -cost_exponent
    shares: Scores = weights / weights.sum()
    return shares


class Sampler:
    """Draws of a whole run. `draws_in_all`: steps times stitches a step, for cutting the warm-up."""

    def __init__(
        self, plan: Plan, settings: SamplingSettings, stitches_per_step: int, draws_in_all: int, seed: int
    ) -> None:
        self.settings = settings
        self.seed = seed
        self.count = len(plan.stitches)
        self.stitches_per_step = min(stitches_per_step, self.count)
        self.anchor_weights = anchor_weights(plan, settings.anchor_cost_exponent)
        self.uniform = np.full(self.count, 1 / self.count)
        self.intervals = np.array([stitch.interval for stitch in plan.stitches])
        self.interval_sizes = np.bincount(self.intervals)
        self.by_cost_group = _two_stage(np.array([stitch.cost_group for stitch in plan.stitches]))
        wanted = math.ceil(settings.warmup_draws * self.count)
        self.warmup = min(wanted, int(LARGEST_WARMUP_SHARE * draws_in_all))
        self._round: tuple[int, list[int]] | None = None

    def probabilities(self, averages: Scores) -> Scores:
        """(stitches,), sums to 1: what a draw after the warm-up follows."""
        settings = self.settings
        steered = STRATEGIES[settings.strategy](self, averages)
        mixed: Scores = settings.floor * self.uniform + (1 - settings.floor) * steered
        mixed = (1 - settings.anchor_share) * mixed
        mixed[: len(self.anchor_weights)] += settings.anchor_share * self.anchor_weights
        return mixed

    def draw(self, step: int, averages: Scores) -> list[int]:
        """Different stitches for step `step` (0-based)."""
        first = step * self.stitches_per_step
        if first + self.stitches_per_step <= self.warmup:
            drawn = [self._warmup_draw(first + i) for i in range(self.stitches_per_step)]
            return list(dict.fromkeys(drawn))  # where one order ends and the next begins, one may come twice
        probabilities = self.probabilities(averages)
        count = min(self.stitches_per_step, int(np.count_nonzero(probabilities)))
        rng = generator(self.seed, "draw", step)
        return _draw_different(probabilities, torch.rand(count, generator=rng, dtype=torch.float64).tolist())

    def _warmup_draw(self, draw: int) -> int:
        """Position `draw` of one random order of all stitches after another."""
        number, position = divmod(draw, self.count)
        if self._round is None or self._round[0] != number:
            order = torch.randperm(self.count, generator=generator(self.seed, "warm-up", number))
            self._round = (number, order.tolist())
        return self._round[1][position]


def settings_of(method: dict[str, Any], strategy: str) -> SamplingSettings:
    """From a method's configuration; where there is no `sampling`, all draws follow `strategy`."""
    return SamplingSettings(**method["sampling"]) if "sampling" in method else SamplingSettings(strategy)


def _draw_different(probabilities: Scores, uniforms: list[float]) -> list[int]:
    """One index for each uniform number in [0, 1), by inversion; none comes twice."""
    left, drawn = probabilities.copy(), []
    for uniform in uniforms:
        cumulative = left.cumsum()
        # side="right" steps over what has no probability, also where the number is 0.
        index = int(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"))
        index = min(index, int(np.flatnonzero(left)[-1]))
        drawn.append(index)
        left[index] = 0
    return drawn


def _two_stage(groups: NDArray[np.int64]) -> Scores:
    """Probability of each item when a group is drawn uniformly, then an item in it."""
    _, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    shares: Scores = 1 / (sizes[members] * len(sizes))
    return shares

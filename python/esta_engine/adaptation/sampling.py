"""Which stitches a step trains. Strategies are a table; draws derive from (seed, step).

ESTA samples important stitches more often. Around the strategy stand three things of our own: a warm-up that
draws every stitch equally often before scores steer; a floor, a share of the draws that stays uniform, so
that no average goes stale; a share for whole anchors, of which the large ones are else trained least where it
matters most.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..plan import Plan
from ..seeding import generator

#: Warm-up takes at most this share of all draws, so that short runs are steered too.
LARGEST_WARMUP_SHARE = 0.5


@dataclass(frozen=True)
class SamplingSettings:
    """`sampling` of the configuration; the defaults are plain uniform sampling, as SN-Net has it."""

    strategy: str = "uniform"
    temperature: float = 1.0
    floor: float = 0.0
    anchor_share: float = 0.0
    warmup_draws: float = 0.0


def importance_distribution(sampler: Sampler, averages: Tensor) -> Tensor:
    """An interval uniformly, then a stitch in it by softmax(z / temperature).

    z is the score standardised inside its cost interval: scores grow with a stitch's size, so only stitches
    of like cost are compared, and the temperature means the same for every score. A stitch never drawn has z
    = 0.
    """
    intervals, counts = sampler.intervals, sampler.interval_sizes
    known = ~averages.isnan()
    values = torch.where(known, averages, 0.0)

    def sums(terms: Tensor) -> Tensor:
        return torch.zeros_like(counts).index_add_(0, intervals, terms)

    seen = sums(known.double()).clamp(min=1)
    centred = torch.where(known, values - (sums(values) / seen)[intervals], 0.0)
    spread = (sums(centred.square()) / seen).sqrt()[intervals]
    z = torch.where(spread > 0, centred / spread.clamp(min=1e-300), 0.0)
    # |z| <= sqrt(n); shifting by the interval's largest keeps exp finite at any temperature.
    top = torch.full_like(counts, -math.inf).scatter_reduce_(0, intervals, z, "amax")[intervals]
    weights = ((z - top) / sampler.settings.temperature).exp()
    return weights / sums(weights)[intervals] / (counts > 0).sum()


def uniform_distribution(sampler: Sampler, averages: Tensor) -> Tensor:
    return sampler.uniform


def cost_group_distribution(sampler: Sampler, averages: Tensor) -> Tensor:
    """A cost group uniformly, then a stitch in it uniformly (SN-Netv2, arXiv 2307.00154)."""
    return sampler.by_cost_group


STRATEGIES: dict[str, Callable[[Sampler, Tensor], Tensor]] = {
    "importance": importance_distribution,
    "uniform": uniform_distribution,
    "cost-group": cost_group_distribution,
}


class Sampler:
    """Draws of a whole run. `draws_in_all`: steps times stitches a step, for cutting the warm-up."""

    def __init__(
        self, plan: Plan, settings: SamplingSettings, stitches_per_step: int, draws_in_all: int, seed: int
    ) -> None:
        self.settings = settings
        self.seed = seed
        count = len(plan.stitches)
        self.stitches_per_step = min(stitches_per_step, count)
        self.anchors = len(plan.anchors)
        self.uniform = torch.full((count,), 1 / count, dtype=torch.float64)
        self.intervals = torch.tensor([stitch.interval for stitch in plan.stitches])
        self.interval_sizes = torch.bincount(self.intervals).double()
        self.by_cost_group = _two_stage(torch.tensor([stitch.cost_group for stitch in plan.stitches]))
        wanted = math.ceil(settings.warmup_draws * count)
        self.warmup = min(wanted, int(LARGEST_WARMUP_SHARE * draws_in_all))
        self._round: tuple[int, Tensor] | None = None

    def probabilities(self, averages: Tensor) -> Tensor:
        """(stitches,) float64, sums to 1: what a draw after the warm-up follows."""
        settings = self.settings
        steered = STRATEGIES[settings.strategy](self, averages)
        mixed = settings.floor * self.uniform + (1 - settings.floor) * steered
        mixed = (1 - settings.anchor_share) * mixed
        mixed[: self.anchors] += settings.anchor_share / self.anchors
        return mixed

    def draw(self, step: int, averages: Tensor) -> list[int]:
        """Different stitches for step `step` (0-based)."""
        first = step * self.stitches_per_step
        if first + self.stitches_per_step <= self.warmup:
            drawn = [self._warmup_draw(first + i) for i in range(self.stitches_per_step)]
            return list(dict.fromkeys(drawn))  # where one order ends and the next begins, one may come twice
        probabilities = self.probabilities(averages)
        count = min(self.stitches_per_step, int((probabilities > 0).sum()))
        return torch.multinomial(probabilities, count, generator=generator(self.seed, "draw", step)).tolist()

    def _warmup_draw(self, draw: int) -> int:
        """Position `draw` of one random order of all stitches after another."""
        count = len(self.uniform)
        number, position = divmod(draw, count)
        if self._round is None or self._round[0] != number:
            order = torch.randperm(count, generator=generator(self.seed, "warm-up", number))
            self._round = (number, order)
        return int(self._round[1][position])


def settings_of(method: dict[str, Any]) -> SamplingSettings:
    """From a method's configuration; methods without `sampling` draw uniformly."""
    return SamplingSettings(**method["sampling"]) if "sampling" in method else SamplingSettings()


def _two_stage(groups: Tensor) -> Tensor:
    """Probability of each item when a group is drawn uniformly, then an item in it."""
    _, members, sizes = groups.unique(return_inverse=True, return_counts=True)
    return 1 / (sizes.double()[members] * len(sizes))

"""The parts of a run that differ in what a step draws: each stitch in turn; or anchors first, then all.

The first phase trains whole anchors by turns, so that features are worth stitching before stitches are
trained on them (our choice: nothing of it is published). Each phase has a learning-rate schedule of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..plan import Plan
from .importance import Scores
from .sampling import anchor_weights


@dataclass(frozen=True)
class Phase:
    """Steps `first` to `first + steps` (exclusive) of the run, 0-based.

    `stitches`: those that are drawn in turn, one a step; None: the sampler draws.
    """

    first: int
    steps: int
    stitches: tuple[int, ...] | None


def make_phases(plan: Plan, steps: int) -> list[Phase]:
    """`steps`: of the run, or of each stitch where they are tuned one by one. No phase is empty."""
    if plan.alone is not None:
        return [Phase(number * steps, steps, (stitch,)) for number, stitch in enumerate(plan.alone)]
    share = plan.config["method"].get("anchors_first", {}).get("share", 0)
    before = min(round(share * steps), steps - 1)
    if before == 0:
        return [Phase(0, steps, None)]
    exponent = plan.config["method"]["sampling"]["anchor_cost_exponent"]
    anchors = even_order(anchor_weights(plan, exponent), before)
    return [Phase(0, before, anchors), Phase(before, steps - before, None)]


def even_order(weights: Scores, count: int) -> tuple[int, ...]:
    """`count` indices in which each stands in proportion to its weight, also in any part of the order: always
    the one that lags behind its share most.
    """
    given = np.zeros(len(weights))
    order = []
    for number in range(1, count + 1):
        index = int(np.argmax(weights * number - given))
        given[index] += 1
        order.append(index)
    return tuple(order)

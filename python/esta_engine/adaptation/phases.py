"""The parts of a run that differ in what a step draws: each stitch in turn; or anchors first, then all.

The first phase trains whole anchors in turn, so that features are worth stitching before stitches are trained
on them (our choice: nothing of it is published). Each phase has a learning-rate schedule of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..plan import Plan


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
    anchors = tuple(anchor.id for anchor in plan.anchors)  # whole anchors have the anchors' ids
    return [Phase(0, before, anchors), Phase(before, steps - before, None)]

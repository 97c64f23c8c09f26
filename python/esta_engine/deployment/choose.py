"""Choosing the palette by the scores alone (one-stage deployment, arXiv 2311.17352): nothing is evaluated.

Scores are compared within a cost interval only, since sums over parameters favour large stitches.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..plan import Plan, Stitch


def choose(plan: Plan, scores: Sequence[float | None], draws: Sequence[int]) -> list[int]:
    """Ids of the palette, ascending: every whole anchor, and `per_interval` stitches of each interval.

    The highest scores win; a stitch that was never drawn has no score and ranks last, but an interval is
    never left empty for that. Ties go to the stitch drawn more often, then to the lower id. Where stitches
    are tuned one by one, they are the palette.
    """
    if plan.alone is not None:
        return sorted(plan.alone)
    per_interval: int = plan.config["deployment"]["per_interval"]
    chosen = [stitch.id for stitch in plan.stitches if stitch.is_anchor]
    for interval in plan.intervals:
        candidates = [
            stitch for stitch in plan.stitches if stitch.interval == interval.id and not stitch.is_anchor
        ]
        candidates.sort(key=lambda stitch: _rank(stitch, scores, draws))
        chosen += [stitch.id for stitch in candidates[:per_interval]]
    return sorted(chosen)


def _rank(
    stitch: Stitch, scores: Sequence[float | None], draws: Sequence[int]
) -> tuple[bool, float, int, int]:
    score = scores[stitch.id]
    return (score is None, 0.0 if score is None else -score, -draws[stitch.id], stitch.id)

"""Learning-rate schedules: a factor in (0, 1] for each step, the same for every parameter group."""

from __future__ import annotations

import math
from collections.abc import Callable

SCHEDULES: dict[str, Callable[[float], float]] = {
    "cosine": lambda progress: 0.5 * (1 + math.cos(math.pi * progress)),
    "linear": lambda progress: 1 - progress,
    "constant": lambda progress: 1.0,
}


def learning_rate_factor(name: str, step: int, steps: int, warmup_steps: int) -> float:
    """Factor of step `step` (0-based) of `steps`: linear warm-up, then the schedule from 1 towards 0.

    The warm-up is cut to a tenth of the steps where they are few. No step has factor 0.
    """
    warmup = min(warmup_steps, steps // 10)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    return SCHEDULES[name]((step - warmup) / max(1, steps - warmup))

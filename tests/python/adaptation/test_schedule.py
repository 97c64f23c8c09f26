"""Schedules: warm-up, its cut, and no step without learning."""

from __future__ import annotations

import math

import pytest
from esta_engine.adaptation.schedule import SCHEDULES, learning_rate_factor
from hypothesis import given
from hypothesis import strategies as st


@given(st.sampled_from(sorted(SCHEDULES)), st.integers(1, 300), st.integers(0, 100))
def test_factors_are_in_reach_and_fall_after_the_warm_up(name: str, steps: int, warmup: int) -> None:
    factors = [learning_rate_factor(name, step, steps, warmup) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)
    cut = min(warmup, steps // 10)
    assert factors[cut] == 1
    assert factors[: cut + 1] == sorted(factors[: cut + 1])
    assert factors[cut:] == sorted(factors[cut:], reverse=True)


def test_values() -> None:
    assert [learning_rate_factor("linear", s, 4, 0) for s in range(4)] == [1, 0.75, 0.5, 0.25]
    assert learning_rate_factor("cosine", 50, 100, 0) == pytest.approx(0.5)
    assert learning_rate_factor("cosine", 25, 100, 0) == pytest.approx((1 + math.cos(math.pi / 4)) / 2)
    assert learning_rate_factor("constant", 99, 100, 0) == 1
    assert [learning_rate_factor("constant", s, 30, 99) for s in range(4)] == [0.25, 0.5, 0.75, 1]

"""Generators: the same for the same arguments, unrelated for others, and no global state."""

from __future__ import annotations

import torch
from esta_engine.seeding import generator
from hypothesis import given
from hypothesis import strategies as st


def _draw(seed: int, purpose: str, *counters: int | str) -> list[int]:
    return torch.randint(2**62, (4,), generator=generator(seed, purpose, *counters)).tolist()


@given(st.integers(0, 2**32 - 1), st.text(max_size=8), st.lists(st.integers(0, 10**9), max_size=3))
def test_the_same_arguments_draw_the_same(seed: int, purpose: str, counters: list[int]) -> None:
    assert _draw(seed, purpose, *counters) == _draw(seed, purpose, *counters)


def test_any_other_argument_draws_other_numbers() -> None:
    calls = [(0, "a"), (1, "a"), (0, "b"), (0, "a", 0), (0, "a", 1), (0, "a", 0, 0), (0, "a", "0")]
    drawn = [tuple(_draw(*call)) for call in calls]
    assert len(set(drawn)) == len(calls)


def test_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    _draw(0, "a", 5)
    assert torch.equal(torch.get_rng_state(), before)


def test_draws_are_the_same_on_every_machine() -> None:
    assert torch.randperm(6, generator=generator(0, "order", 1)).tolist() == [0, 2, 1, 5, 4, 3]

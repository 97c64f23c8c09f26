"""Latency: every network takes its turn in every round, the round fixes the order, quantiles are right."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.evaluation.latency import (
    WARM_UP_ROUNDS,
    group_by_room,
    measure_latencies,
    sample_batch,
    summarise,
    turn_order,
)
from hypothesis import given
from hypothesis import strategies as st
from pico import make_pico_plan

CPU = torch.device("cpu")


def test_networks_take_turns_in_the_order_of_the_round() -> None:
    calls: list[int] = []
    networks = [lambda _i=index, **_: calls.append(_i) for index in range(4)]
    rounds: list[int] = []
    found = measure_latencies(networks, {}, CPU, repeats=5, after_round=lambda: rounds.append(len(calls)))
    turns = WARM_UP_ROUNDS + 5
    assert rounds == [4 * (turn + 1) for turn in range(turns)]
    assert calls == [index for turn in range(turns) for index in turn_order(4, turn)]
    assert len(found) == 4


def test_each_network_is_charged_its_own_time_whatever_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0

    def taking(milliseconds: int) -> Any:
        def network(**_: Any) -> None:
            nonlocal clock
            clock += milliseconds * 1_000_000

        return network

    monkeypatch.setattr(time, "perf_counter_ns", lambda: clock)
    slow, fast = measure_latencies([taking(20), taking(1)], {}, CPU, repeats=5)
    assert (slow.low_ms, slow.median_ms, slow.high_ms) == (20, 20, 20)
    assert (fast.low_ms, fast.median_ms, fast.high_ms) == (1, 1, 1)


def test_a_round_can_end_the_measurement() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        measure_latencies([lambda **_: None], {}, CPU, repeats=5, after_round=stop)


@given(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=40))
def test_median_and_quartiles_are_those_of_statistics(times: list[float]) -> None:
    got = summarise(times)
    assert got.median_ms == pytest.approx(statistics.median(times))
    if len(times) > 1:
        low, _, high = statistics.quantiles(times, n=4, method="inclusive")
        assert (got.low_ms, got.high_ms) == pytest.approx((low, high))


@given(st.integers(1, 20), st.integers(0, 50))
def test_an_order_is_a_permutation_and_the_same_again(networks: int, turn: int) -> None:
    assert sorted(turn_order(networks, turn)) == list(range(networks))
    assert turn_order(networks, turn) == turn_order(networks, turn)


@given(st.lists(st.integers(0, 50)), st.floats(0, 120))
def test_groups_hold_all_in_order_and_fit(sizes: list[int], room: float) -> None:
    groups = group_by_room(sizes, room)
    assert [position for group in groups for position in group] == list(range(len(sizes)))
    filled = [sum(sizes[position] for position in group) for group in groups]
    assert all(size <= room or len(group) == 1 for size, group in zip(filled, groups, strict=True))
    for size, following in zip(filled, groups[1:], strict=False):
        assert size + sizes[following[0]] > room  # no group was cut short


def test_batches_are_of_the_plans_shape_and_the_same_again(pico_folders: list[Path]) -> None:
    plan = make_pico_plan(pico_folders)
    pixels = sample_batch(plan, 2, CPU)["pixel_values"]
    side = plan.family.input["image_size"]
    assert pixels.shape == (2, 3, side, side)
    assert torch.equal(pixels, sample_batch(plan, 2, CPU)["pixel_values"])

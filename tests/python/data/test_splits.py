"""Cuts and draws: exact sizes, in proportion, nothing twice, the same every time."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest
from esta_engine.data.splits import cut, draw_evenly
from hypothesis import given
from hypothesis import strategies as st

labels_of = st.lists(st.sampled_from("abcd"), min_size=1, max_size=60)


@given(labels_of, st.data(), st.integers(0, 2**32 - 1))
def test_a_cut_is_a_partition_of_the_sizes_asked_for(
    labels: list[str], data: st.DataObject, seed: int
) -> None:
    first = data.draw(st.integers(0, len(labels)))
    second = data.draw(st.integers(0, len(labels) - first))
    parts = cut(labels, [first, second], seed)
    assert [len(part) for part in parts] == [first, second, len(labels) - first - second]
    assert sorted(chain(*parts)) == list(range(len(labels)))
    assert all(part == sorted(part) for part in parts)
    assert parts == cut(labels, [first, second], seed)


@given(labels_of, st.data(), st.integers(0, 99))
def test_a_part_holds_each_class_in_proportion(labels: list[str], data: st.DataObject, seed: int) -> None:
    count = data.draw(st.integers(0, len(labels)))
    part = cut(labels, [count], seed)[0]
    taken = Counter(labels[index] for index in part)
    for name, size in Counter(labels).items():
        assert abs(taken[name] - size * count / len(labels)) < 1


@given(labels_of, st.integers(0, 70), st.integers(0, 99))
def test_an_even_draw_takes_classes_in_turn(labels: list[str], count: int, seed: int) -> None:
    drawn = draw_evenly(labels, count, seed, "train")
    assert len(drawn) == len(set(drawn)) == min(count, len(labels))
    taken, sizes = Counter(labels[index] for index in drawn), Counter(labels)
    most = max(taken.values(), default=0)
    # Who has fewer than the fullest class minus one has nothing left to give.
    assert all(taken[name] >= most - 1 or taken[name] == sizes[name] for name in sizes)
    assert drawn == draw_evenly(labels, count, seed, "train")


def test_seeds_and_purposes_give_other_draws() -> None:
    labels = ["a", "b"] * 50
    assert draw_evenly(labels, 20, 0, "train") != draw_evenly(labels, 20, 1, "train")
    assert draw_evenly(labels, 20, 0, "train") != draw_evenly(labels, 20, 0, "test")
    assert cut(labels, [20], 0) != cut(labels, [20], 1)


def test_more_than_there_is_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="3 examples asked of 2"):
        cut(["a", "b"], [2, 1], 0)

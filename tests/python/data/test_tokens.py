"""Sequences of unequal length: kept, padded, grouped, packed."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch
from esta_engine.data.tokens import Ragged, grouped_order, pack, padded, padding_token
from esta_engine.errors import EngineError
from hypothesis import given, settings
from hypothesis import strategies as st
from text_tasks import byte_tokenizer

lengths_of = st.lists(st.integers(1, 9), min_size=1, max_size=40)


@given(rows=st.lists(st.lists(st.integers(0, 99), max_size=5), min_size=1, max_size=9))
def test_rows_are_given_back_and_padded_at_the_right(rows: list[list[int]]) -> None:
    ragged = Ragged(rows)
    assert [ragged[index].tolist() for index in range(len(ragged))] == rows
    width = max(map(len, rows))
    assert padded([ragged[i] for i in range(len(rows))], -1).tolist() == [
        row + [-1] * (width - len(row)) for row in rows
    ]


@given(lengths=lengths_of, capacity=st.integers(9, 20))
def test_packing_loses_nothing_and_overfills_no_row(lengths: list[int], capacity: int) -> None:
    rows = pack(lengths, capacity)
    assert sorted(position for row in rows for position in row) == list(range(len(lengths)))
    assert all(sum(lengths[position] for position in row) <= capacity for row in rows)
    assert rows == pack(lengths, capacity)
    # First fit leaves at most one row that is not more than half full.
    assert sum(2 * sum(lengths[one] for one in row) <= capacity for row in rows) <= 1


@settings(max_examples=25, deadline=None)
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=6))
def test_packing_is_near_the_fewest_rows_there_are(lengths: list[int]) -> None:
    """Against brute force; first-fit decreasing needs 11/9 of the fewest, and 2/3 more, at most."""
    fewest = min(_first_fit([lengths[i] for i in order], 6) for order in permutations(range(len(lengths))))
    assert fewest <= len(pack(lengths, 6)) <= 11 / 9 * fewest + 2 / 3


def _first_fit(lengths: list[int], capacity: int) -> int:
    """Of some order, first fit needs the fewest rows that any packing does."""
    room: list[int] = []
    for length in lengths:
        place = next((i for i, free in enumerate(room) if free >= length), None)
        if place is None:
            room.append(capacity - length)
        else:
            room[place] -= length
    return len(room)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="7 tokens do not fit in 6"):
        pack([3, 7], 6)


@given(lengths=lengths_of, size=st.integers(1, 7), skip=st.integers(0, 6), epoch=st.integers(0, 3))
def test_an_epoch_deals_every_row_once(lengths: list[int], size: int, skip: int, epoch: int) -> None:
    order = grouped_order(torch.tensor(lengths), size, skip % size, 5, epoch)
    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert torch.equal(order, grouped_order(torch.tensor(lengths), size, skip % size, 5, epoch))


def test_grouped_batches_hold_like_lengths_in_random_order() -> None:
    lengths = torch.randint(1, 100, (320,), generator=torch.Generator().manual_seed(0))
    orders = [grouped_order(lengths, 8, 0, 0, epoch) for epoch in range(2)]
    for order in orders:
        batches = lengths[order].view(40, 8)
        waste = 1 - lengths.sum() / (batches.max(dim=1).values * 8).sum()
        assert waste < 0.15
        longest = batches.max(dim=1).values
        assert not torch.equal(longest, longest.sort().values)
    assert not torch.equal(*orders)


def test_padding_falls_back_for_decoders_alone() -> None:
    assert padding_token(byte_tokenizer(), decoder=True) == 0
    assert padding_token(byte_tokenizer(pad_token=None), decoder=True) == 2
    assert padding_token(byte_tokenizer(pad_token=None, eos_token=None), decoder=True) == 3
    bare = byte_tokenizer(pad_token=None, eos_token=None, unk_token=None)
    for tokenizer, decoder in ((bare, True), (byte_tokenizer(pad_token=None), False)):
        with pytest.raises(EngineError, match="no padding token") as caught:
            padding_token(tokenizer, decoder=decoder)
        assert caught.value.code == "weights" and "pad_token" in str(caught.value.hint)

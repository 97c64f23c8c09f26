"""Sequences of tokens of unequal length: kept flat in memory, padded when they become a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import EngineError
from ..seeding import generator


class Ragged:
    """Rows of integers of unequal length, in one int32 tensor."""

    def __init__(self, rows: Sequence[Sequence[int]]) -> None:
        self.lengths = torch.tensor([len(row) for row in rows], dtype=torch.int64)
        self._ends = self.lengths.cumsum(0)
        self._flat = torch.tensor([value for row in rows for value in row], dtype=torch.int32)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> Tensor:
        """(n,) int64."""
        end = int(self._ends[index])
        return self._flat[end - int(self.lengths[index]) : end].long()


def padded(rows: Sequence[Tensor], fill: int) -> Tensor:
    """Rows (n_i,) -> (B, the longest n), filled at the right."""
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=fill)


def padding_token(tokenizer: Any, *, decoder: bool) -> int:
    """What fills a batch up. Raises EngineError("weights") for an encoder whose tokenizer has none.

    A decoder's tokens never attend to what follows them, and no loss is taken there, so that any token will
    do: without one of its own the end-of-text or the unknown token does. An encoder may count positions by
    it (RoBERTa does), so it must be the one that the model was trained with.
    """
    names = ("pad_token_id", "eos_token_id", "unk_token_id") if decoder else ("pad_token_id",)
    for name in names:
        token = getattr(tokenizer, name, None)
        if token is not None:
            return int(token)
    raise EngineError(
        "weights",
        "the tokenizer has no padding token"
        + (", and neither an end-of-text nor an unknown token in its place" if decoder else ""),
        "Name the one that the model was trained with as `pad_token` in the anchors' tokenizer_config.json.",
    )


def grouped_order(lengths: Tensor, size: int, skip: int, seed: int, epoch: int) -> Tensor:
    """An epoch's order in which batches of `size` hold rows of like length. Returns positions, each once.

    The rows are shuffled, sorted inside groups of 16 batches by their lengths changed at random by a tenth,
    so that a small part is not cut into the same batches each time, and the batches are shuffled. `skip`:
    rows that complete a batch which the epoch before began; they come first, and what is left over last.
    """
    draw = generator(seed, "order", epoch)
    shuffled = torch.randperm(len(lengths), generator=draw)
    about = lengths * (1 + 0.1 * (2 * torch.rand(len(lengths), generator=draw, dtype=torch.float64) - 1))
    groups = [rows[about[rows].argsort(stable=True)] for rows in shuffled.split(_GROUP * size)]
    ordered = torch.cat(groups)
    head, rest = ordered[:skip], ordered[skip:]
    whole = len(rest) // size
    batches = rest[: whole * size].view(whole, size)[torch.randperm(whole, generator=draw)]
    return torch.cat([head, batches.flatten(), rest[whole * size :]])


#: Batches that are sorted together: enough for little padding, few enough to leave the batches random.
_GROUP = 16


def pack(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Rows of positions whose lengths sum to `capacity` at most: first-fit decreasing (ties by position).

    Rows and what is in them come in ascending order. Raises ValueError where one is longer than `capacity`.
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda one: (-lengths[one], one)):
        length = lengths[position]
        if length > capacity:
            raise ValueError(f"{length} tokens do not fit in {capacity}")
        row = next((number for number, free in enumerate(room) if free >= length), None)
        if row is None:
            rows.append([])
            room.append(capacity)
            row = len(rows) - 1
        rows[row].append(position)
        room[row] -= length
    return sorted(sorted(row) for row in rows)

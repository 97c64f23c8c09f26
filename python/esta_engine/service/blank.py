"""Batches of a plan's shapes without content: nothing of the task's data is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..plan import Plan

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class BlankBatch:
    inputs: dict[str, Tensor]
    labels: Tensor


class BlankData:
    """`size` examples a batch; the plan's batch size unless given."""

    train_size = 1

    def __init__(self, plan: Plan, size: int | None = None) -> None:
        self._kind = plan.family.kind
        self._shared: dict[str, Any] = dict(plan.family.input)
        self._size: int = plan.config["training"]["batch_size"] if size is None else size

    def train_batch(self, step: int, part: int) -> BlankBatch:
        import torch

        if "image_size" not in self._shared:
            # Token 1: token 0 is often padding, which has no position in some encoders.
            ids = torch.ones(self._size, int(self._shared["sequence_length"]), dtype=torch.int64)
            labels = ids if self._kind == "llama" else torch.zeros(self._size, dtype=torch.int64)
            return BlankBatch({"input_ids": ids, "attention_mask": torch.ones_like(ids)}, labels)
        side = int(self._shared["image_size"])
        pixels = torch.zeros(self._size, int(self._shared["channels"]), side, side)
        return BlankBatch({"pixel_values": pixels}, torch.zeros(self._size, dtype=torch.int64))

    def initialisation_batches(self, samples: int) -> Iterator[BlankBatch]:
        yield self.train_batch(0, 0)

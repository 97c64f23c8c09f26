"""Keys and values of one segment of a route.

Blocks name their place in their own model (`layer_idx`), which says nothing about a route: it may enter a
model at any block and come back to it. So each segment has a cache of its own, counted from its first block,
and no block has to be renumbered.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers import DynamicCache


class SegmentCache(DynamicCache):
    """For the blocks from `start` on of one anchor. Grows as it is used."""

    def __init__(self, start: int) -> None:
        super().__init__()
        self.start = start

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """`layer_idx`: the block's place in its own model."""
        return super().update(key_states, value_states, layer_idx - self.start, *args, **kwargs)

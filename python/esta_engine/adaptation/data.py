"""What training needs of the data; `esta_engine.data` has it for files and built-in sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from torch import Tensor


class TrainingBatch(Protocol):
    """`inputs`: what the anchors embed, `pixel_values` (B, channels, height, width) or `input_ids` (B, N) and
    their masks; `labels`: (B,) classes, or (B, N) tokens, -100 where there is nothing to learn.
    """

    @property
    def inputs(self) -> dict[str, Tensor]: ...

    @property
    def labels(self) -> Tensor: ...


class TrainingData(Protocol):
    @property
    def train_size(self) -> int: ...

    def train_batch(self, step: int, part: int) -> TrainingBatch:
        """Batch `part` (of the accumulation) of step `step` (0-based); the same whenever it is asked for."""
        ...

    def initialisation_batches(self, samples: int) -> Iterable[TrainingBatch]:
        """The first `samples` training examples, not augmented, in batches."""
        ...

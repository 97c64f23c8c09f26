"""Images as a run's data: decoded, preprocessed as the anchors expect, and augmented for training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..plan import Plan
from ..seeding import generator
from .augmentation import augment
from .digits import read_digits
from .formats import read_part
from .part import ImagePart
from .parts import Parts
from .pixels import Pixels
from .preprocessing import Preprocessor
from .task import Batch, TaskData, Warn, ignore
from .thumbnails import thumbnail


@dataclass(frozen=True)
class _Images:
    """The examples `indices` of `part`: pixels by position, their labels (n,) int64."""

    part: ImagePart
    indices: list[int]
    pixels: Pixels
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, positions: Sequence[int]) -> Batch:
        return Batch({"pixel_values": self.pixels(positions)}, self.labels[list(positions)])


class ImageData(TaskData):
    """Raises EngineError("data")."""

    def __init__(
        self,
        plan: Plan,
        preprocessor: Preprocessor,
        check: Callable[[], None] = lambda: None,
        warn: Warn = ignore,
    ) -> None:
        task, data = plan.config["task"], plan.config["task"]["data"]

        def read(path: Path) -> ImagePart:
            return read_part(path, data.get("format"), data["columns"])

        seed: int = plan.config["training"]["seeds"]["data"]
        super().__init__(plan, Parts(task, seed, plan.family.classes, read, read_digits), check, warn)
        self._preprocessor = preprocessor
        workers: int = plan.config["run"]["workers"]
        self._pool = ThreadPoolExecutor(workers, "data") if workers else None
        self._open_training_part()

    def train_batch(self, step: int, part: int = 0) -> Batch:
        batch = super().train_batch(step, part)
        self._examples("train").pixels.expect(self._dealt(step, part, later=1))
        draw = generator(self._seeds["data"], "augmentation", step, part)
        settings, process = self._task["augmentation"], self._preprocessor
        pixels = augment(batch.inputs["pixel_values"], settings, process.mean, process.std, draw)
        return Batch({"pixel_values": pixels}, batch.labels)

    def show(self, split: str, position: int) -> dict[str, Any]:
        examples: _Images = self._examples(split)
        return {"image": thumbnail(examples.part.image(examples.indices[position]))}

    def _make_examples(self, split: str, part: ImagePart, indices: list[int]) -> _Images:
        number = {name: position for position, name in enumerate(self.classes)}
        labels = torch.tensor([number[part.labels[index]] for index in indices])
        return _Images(part, indices, Pixels(part, indices, self._preprocessor, self._pool), labels)

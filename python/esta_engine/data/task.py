"""The data of a run: which examples are in which part, and batches of them, all from (seed, purpose, step).

A part is opened when it is first asked for, so that neither validation nor test labels can have a say before
the palette is chosen. Parts that are cut from the training part are the exception that cannot be avoided:
their labels are read to stratify the cut, and then only their positions are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import EngineError
from ..plan import Plan
from ..seeding import generator
from .augmentation import augment
from .digits import TEST_EXAMPLES, VALIDATION_EXAMPLES, read_digits
from .formats import read_part
from .part import Part, require_path
from .pixels import Pixels
from .preprocessing import Preprocessor
from .splits import cut, draw_evenly

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Batch:
    """`inputs`: what the anchors' embedding takes, pixel_values (B, C, H, W); `labels` (B,) int64."""

    inputs: dict[str, Tensor]
    labels: Tensor

    def to(self, device: torch.device) -> Batch:
        moved = {name: tensor.to(device, non_blocking=True) for name, tensor in self.inputs.items()}
        return Batch(moved, self.labels.to(device, non_blocking=True))


@dataclass(frozen=True)
class _Split:
    """The examples of one split: pixels by position, their labels (n,) int64."""

    pixels: Pixels
    labels: Tensor


class TaskData:
    """Batches for training, initialisation and evaluation of one task.

    `check` runs before each batch of the long passes (initialisation, evaluation); it stops them by raising.
    """

    def __init__(
        self, plan: Plan, preprocessor: Preprocessor, check: Callable[[], None] = lambda: None
    ) -> None:
        self._task: dict[str, Any] = plan.config["task"]
        self._training: dict[str, Any] = plan.config["training"]
        self._seeds: dict[str, int] = plan.config["training"]["seeds"]
        self._preprocessor = preprocessor
        self._check = check
        self._opened: dict[str, _Split] = {}
        workers: int = plan.config["run"]["workers"]
        self._pool = ThreadPoolExecutor(workers, "data") if workers else None
        self._whole = self._read_training_part()
        self._cut = self._cut_training_part()
        self.classes: list[str] = list(self._whole.classes)
        _check_classes(self._whole, plan.family.classes)
        train = self._split("train")
        _check_every_class(self._whole, self.classes, train.labels)
        self.train_size = len(train.labels)
        self._orders: dict[int, Tensor] = {}

    def train_batch(self, step: int, part: int = 0) -> Batch:
        """Batch `part` (of `training.accumulation`) of `step` (0-based, of the whole run).

        The training examples are dealt out epoch by epoch, each epoch in an order of its own; a batch goes on
        into the next epoch, so that all batches have `training.batch_size` examples.
        """
        size, parts = self._training["batch_size"], self._training["accumulation"]
        start = (step * parts + part) * size
        positions, following = self._positions(start, size), self._positions(start + size, size)
        batch = self._batch("train", positions)
        self._split("train").pixels.expect(following)
        draw = generator(self._seeds["data"], "augmentation", step, part)
        settings, process = self._task["augmentation"], self._preprocessor
        pixels = augment(batch.inputs["pixel_values"], settings, process.mean, process.std, draw)
        return Batch({"pixel_values": pixels}, batch.labels)

    def initialisation_batches(self, samples: int) -> Iterator[Batch]:
        """The training examples that the stitching layers are fitted on, at most `samples`, not augmented."""
        draw = generator(self._seeds["initialisation"], "samples")
        order = torch.randperm(self.train_size, generator=draw)[:samples].tolist()
        yield from self._batches("train", order)

    def evaluation_batches(self, split: str) -> Iterator[Batch]:
        """All examples of a split in a fixed order. Opens the split: not to be called before the choice."""
        yield from self._batches(split, range(len(self._split(split).labels)))

    def has(self, split: str) -> bool:
        """Whether the configuration names this split; opens nothing."""
        return split == "train" or split in self._cut or isinstance(self._source(split), str)

    def _batches(self, split: str, positions: Sequence[int]) -> Iterator[Batch]:
        size = self._training["batch_size"]
        for start in range(0, len(positions), size):
            self._check()
            yield self._batch(split, positions[start : start + size])

    def _batch(self, split: str, positions: Sequence[int]) -> Batch:
        examples = self._split(split)
        return Batch({"pixel_values": examples.pixels(positions)}, examples.labels[list(positions)])

    def _positions(self, start: int, count: int) -> list[int]:
        return [self._position(index) for index in range(start, start + count)]

    def _position(self, index: int) -> int:
        """Example number `index` of the endless deal of the training examples."""
        epoch, place = divmod(index, self.train_size)
        if epoch not in self._orders:
            draw = generator(self._seeds["data"], "order", epoch)
            recent = {past: order for past, order in self._orders.items() if past >= epoch - 2}
            self._orders = {**recent, epoch: torch.randperm(self.train_size, generator=draw)}
        return int(self._orders[epoch][place])

    def _source(self, split: str) -> Any:
        """A path, a fraction of the training part, or "digits"."""
        data = self._task["data"]
        return data if isinstance(data, str) else data[split]

    def _read_training_part(self) -> Part:
        data = self._task["data"]
        if data == "digits":
            return read_digits()
        for split in SPLITS:
            if isinstance(data[split], str):
                require_path(Path(data[split]), f"the {split} part")
        return read_part(Path(data["train"]), data.get("format"), data["columns"])

    def _cut_training_part(self) -> dict[str, list[int]]:
        """Positions in the training part of every split that is cut from it, and of what is left to train."""
        total = len(self._whole)
        if self._task["data"] == "digits":
            counts = {"validation": VALIDATION_EXAMPLES, "test": TEST_EXAMPLES}
        else:
            sources = {split: self._source(split) for split in SPLITS[1:]}
            counts = {
                name: round(share * total) for name, share in sources.items() if not isinstance(share, str)
            }
        for split, count in counts.items():
            if count == 0:
                raise EngineError(
                    "data",
                    f"the {split} part is empty: {self._source(split)} of {total} examples",
                    f"Give more examples, a larger task.data.{split}, or a file of its own.",
                )
        if sum(counts.values()) >= total:
            raise EngineError("data", f"nothing is left to train on: {counts} of {total} examples")
        parts = cut(self._whole.labels, list(counts.values()), self._seeds["data"])
        return dict(zip([*counts, "train"], parts, strict=True))

    def _split(self, split: str) -> _Split:
        if split not in self._opened:
            self._opened[split] = self._open(split)
        return self._opened[split]

    def _open(self, split: str) -> _Split:
        part, indices = self._whole, self._cut.get(split)
        if indices is None:
            data = self._task["data"]
            path = require_path(Path(data[split]), f"the {split} part")
            part = read_part(path, data.get("format"), data["columns"])
            _check_same_labels(part, self.classes, split)
            indices = list(range(len(part)))
        most = self._task["sizes"].get(split)
        if most is not None and most < len(indices):
            names = [part.labels[index] for index in indices]
            indices = [indices[place] for place in draw_evenly(names, most, self._seeds["data"], split)]
        if not indices:
            raise EngineError("data", f"the {split} part, {part.source}, has no examples")
        number = {name: position for position, name in enumerate(self._whole.classes)}
        labels = torch.tensor([number[part.labels[index]] for index in indices])
        return _Split(Pixels(part, indices, self._preprocessor, self._pool), labels)


def _check_classes(part: Part, classes: int) -> None:
    if len(part.classes) != classes:
        raise EngineError(
            "data",
            f"{part.source} has {len(part.classes)} classes, the plan's head {classes}",
            "Correct task.classes and plan again.",
        )


def _check_every_class(part: Part, classes: Sequence[str], labels: Tensor) -> None:
    present = set(labels.tolist())
    absent = [name for number, name in enumerate(classes) if number not in present]
    if absent:
        raise EngineError(
            "data",
            f"too few examples: {part.source} has none to train class {_listed(absent)} on",
            "Give every class an example, raise task.sizes.train, or take the class out.",
        )


def _check_same_labels(part: Part, classes: Sequence[str], split: str) -> None:
    unknown = sorted(set(part.labels) - set(classes))
    if unknown:
        raise EngineError(
            "data",
            f"the {split} part, {part.source}, has labels that the training part has not: "
            f"{_listed(unknown)}; the training part has {_listed(classes)}",
            "Make the labels of all parts agree; `esta resume` then goes on with the evaluation.",
        )


def _listed(names: Sequence[str], most: int = 10) -> str:
    return ", ".join(map(repr, names[:most])) + (", ..." if len(names) > most else "")

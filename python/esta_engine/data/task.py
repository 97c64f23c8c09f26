"""The data of a run, whatever it is made of: batches that are all drawn from (seed, purpose, step).

Images, texts and conversations share how their parts are cut (`parts`) and dealt out (here); what an example
is, and how several become a batch, is in `images`, `texts` and `conversations`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from ..errors import EngineError
from ..plan import Plan
from ..seeding import generator
from ..terms import TASKS
from .parts import Parts

if TYPE_CHECKING:
    from .preprocessing import Preprocessor


@dataclass(frozen=True)
class Batch:
    """`inputs`: what the anchors' embedding takes, pixel_values (B, C, H, W), or input_ids (B, N) with masks;
    `labels`: (B,) classes, or (B, N) tokens, -100 where there is nothing to learn; int64.
    """

    inputs: dict[str, Tensor]
    labels: Tensor

    def to(self, device: torch.device) -> Batch:
        moved = {name: tensor.to(device, non_blocking=True) for name, tensor in self.inputs.items()}
        return Batch(moved, self.labels.to(device, non_blocking=True))


@dataclass(frozen=True)
class ChoiceRow:
    """What a row of a batch is: choice `choice` of example `example`, of `size_bytes` in UTF-8."""

    example: int
    choice: int
    right: bool
    size_bytes: int


class Warn(Protocol):
    """Tells what the user should know, and is no mistake; `events.EventWriter.warning` is one."""

    def __call__(self, code: str, message: str, hint: str | None = None) -> None: ...


def ignore(code: str, message: str, hint: str | None = None) -> None:
    """A `Warn` for whoever does not want to know."""


class Examples(Protocol):
    """The examples of one split, addressed by their position in it."""

    def __len__(self) -> int: ...

    def batch(self, positions: Sequence[int]) -> Batch: ...


class TaskData(ABC):
    """Batches for training, initialisation and evaluation of one task.

    `check` runs before each batch of the long passes (initialisation, evaluation); it stops them by raising.
    Subclasses call `_open_training_part` at the end of their own `__init__`.
    """

    def __init__(self, plan: Plan, parts: Parts[Any], check: Callable[[], None], warn: Warn) -> None:
        self._task: dict[str, Any] = plan.config["task"]
        self._training: dict[str, Any] = plan.config["training"]
        self._seeds: dict[str, int] = plan.config["training"]["seeds"]
        self._parts, self._check, self._warn = parts, check, warn
        self._opened: dict[str, Examples] = {}
        self._orders: dict[int, Tensor] = {}
        self.classes: list[str] = list(parts.whole.classes)
        self.train_size = 0

    def train_batch(self, step: int, part: int = 0) -> Batch:
        """Batch `part` (of `training.accumulation`) of `step` (0-based, of the whole run).

        The training examples are dealt out epoch by epoch, each epoch in an order of its own; a batch goes on
        into the next epoch, so that all batches have `training.batch_size` examples.
        """
        return self._examples("train").batch(self._dealt(step, part))

    def initialisation_batches(self, samples: int) -> Iterator[Batch]:
        """The training examples that the stitching layers are fitted on, at most `samples`, not augmented."""
        draw = generator(self._seeds["initialisation"], "samples")
        order = torch.randperm(self.train_size, generator=draw)[:samples].tolist()
        yield from self.batches("train", order)

    def evaluation_batches(self, split: str) -> Iterator[Batch]:
        """All examples of a split in a fixed order. Opens the split: not to be called before the choice."""
        yield from self.batches(split, range(self.size(split)))

    def choice_batches(self, split: str) -> Iterator[tuple[Batch, list[ChoiceRow]]]:
        """Every choice of every example that has some, one a row, labelled where it stands."""
        yield from ()

    def guess(self, split: str) -> float | None:
        """Choice accuracy of guessing on a split; None where it has no choices. Opens it."""
        return None

    def size(self, split: str) -> int:
        """How many examples a split has. Opens it."""
        return len(self._examples(split))

    def batches(self, split: str, positions: Sequence[int]) -> Iterator[Batch]:
        """Some examples of a split, as they are evaluated, as many at a time. Opens it."""
        size = self._training["batch_size"]
        for start in range(0, len(positions), size):
            self._check()
            yield self._examples(split).batch(positions[start : start + size])

    @abstractmethod
    def show(self, split: str, position: int) -> dict[str, Any]:
        """An example as a report shows it, JSON: {image}, {text}, {text, text_pair} or {prompt}."""

    def has(self, split: str) -> bool:
        """Whether the configuration names this split; opens nothing."""
        return self._parts.has(split)

    @abstractmethod
    def _make_examples(self, split: str, part: Any, indices: list[int]) -> Examples:
        """The examples `indices` of `part`."""

    def _open_training_part(self) -> None:
        self.train_size = self.size("train")

    def _examples(self, split: str) -> Any:
        if split not in self._opened:
            self._opened[split] = self._make_examples(split, *self._parts.open(split))
        return self._opened[split]

    def _dealt(self, step: int, part: int, later: int = 0) -> list[int]:
        """Positions of the training examples of a batch, or of the one that comes `later` batches after."""
        size, parts = self._training["batch_size"], self._training["accumulation"]
        start = (step * parts + part + later) * size
        return [self._position(index) for index in range(start, start + size)]

    def _position(self, index: int) -> int:
        """Example number `index` of the endless deal of the training examples."""
        epoch, place = divmod(index, self.train_size)
        if epoch not in self._orders:
            recent = {past: order for past, order in self._orders.items() if past >= epoch - 2}
            self._orders = {**recent, epoch: self._order(epoch)}
        return int(self._orders[epoch][place])

    def _order(self, epoch: int) -> Tensor:
        """Positions of all training examples, as one epoch deals them."""
        return torch.randperm(self.train_size, generator=generator(self._seeds["data"], "order", epoch))


def make_task_data(
    plan: Plan,
    *,
    preprocessor: Preprocessor | None = None,
    tokenizer: Any = None,
    check: Callable[[], None] = lambda: None,
    warn: Warn = ignore,
) -> TaskData:
    """The data of a plan's task; its family needs the preprocessor, or the tokenizer.

    Raises EngineError("data"), and ("plan") for a task that the family's networks cannot do.
    """
    kind, task = plan.family.kind, plan.config["task"]["type"]
    tasks = TASKS[kind]
    if task not in tasks:
        raise EngineError(
            "plan",
            f"a {kind} family cannot do {task}; allowed: {', '.join(tasks)}",
            "Set task.type to what it can do, or choose another family.",
        )
    if task == "image-classification":
        from .images import ImageData

        assert preprocessor is not None  # every family of images has one
        return ImageData(plan, preprocessor, check, warn)
    if task == "text-classification":
        from .texts import TextData

        return TextData(plan, tokenizer, check, warn)
    from .conversations import ConversationData

    return ConversationData(plan, tokenizer, check, warn)

"""Which examples are in which part: files of their own, or cut from the training part, and thinned.

A part is opened when it is first asked for, so that neither validation nor test labels can have a say before
the palette is chosen. Parts that are cut from the training part are the exception that cannot be avoided:
their labels are read to stratify the cut, and then only their positions are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..errors import EngineError
from .digits import TEST_EXAMPLES, VALIDATION_EXAMPLES
from .part import Part, require_path
from .splits import cut, draw_evenly

SPLITS = ("train", "validation", "test")

AnyPart = TypeVar("AnyPart", bound=Part)


class Parts(Generic[AnyPart]):
    """The parts of a task. `read` reads a file or folder; `whole`, the training part, is read at once.

    `task` is the configuration's section, `classes` how many outputs the planned head has (None where a task
    has no classes). Raises EngineError("data").
    """

    def __init__(
        self,
        task: dict[str, Any],
        seed: int,
        classes: int | None,
        read: Callable[[Path], AnyPart],
        built_in: Callable[[], AnyPart] | None = None,
    ) -> None:
        self._task, self._seed, self._read = task, seed, read
        self.whole = self._read_training_part(built_in)
        self._cut = self._cut_training_part()
        if classes is not None:
            _check_classes(self.whole, classes)

    def has(self, split: str) -> bool:
        """Whether the configuration names this split; opens nothing."""
        return split == "train" or split in self._cut or isinstance(self._source(split), str)

    def open(self, split: str) -> tuple[AnyPart, list[int]]:
        """(part, ascending positions in it of the split's examples)."""
        part, indices = self.whole, self._cut.get(split)
        if indices is None:
            part = self._read(require_path(Path(self._task["data"][split]), f"the {split} part"))
            _check_same_labels(part, self.whole.classes, split)
            indices = list(range(len(part)))
        most = self._task["sizes"].get(split)
        if most is not None and most < len(indices):
            names = [part.labels[index] for index in indices]
            indices = [indices[place] for place in draw_evenly(names, most, self._seed, split)]
        if not indices:
            raise EngineError("data", f"the {split} part, {part.source}, has no examples", "Give it some.")
        if split == "train":
            _check_every_class(part, {part.labels[index] for index in indices})
        return part, indices

    def _source(self, split: str) -> Any:
        """A path, a fraction of the training part, or the built-in's name."""
        data = self._task["data"]
        return data if isinstance(data, str) else data[split]

    def _read_training_part(self, built_in: Callable[[], AnyPart] | None) -> AnyPart:
        data = self._task["data"]
        if isinstance(data, str):
            assert built_in is not None  # the plan's schema names no other
            return built_in()
        for split in SPLITS:
            if isinstance(data[split], str):
                require_path(Path(data[split]), f"the {split} part")
        return self._read(Path(data["train"]))

    def _cut_training_part(self) -> dict[str, list[int]]:
        """Positions in the training part of every split that is cut from it, and of what is left to train."""
        total = len(self.whole)
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
            raise EngineError(
                "data",
                f"nothing is left to train on: {counts} of {total} examples",
                "Give more examples, or smaller shares to task.data.validation and task.data.test.",
            )
        parts = cut(self.whole.labels, list(counts.values()), self._seed)
        return dict(zip([*counts, "train"], parts, strict=True))


def _check_classes(part: Part, classes: int) -> None:
    if len(part.classes) != classes:
        raise EngineError(
            "data",
            f"{part.source} has {len(part.classes)} classes, the plan's head {classes}",
            "Correct task.classes and plan again.",
        )


def _check_every_class(part: Part, present: set[str]) -> None:
    absent = [name for name in part.classes if name not in present]
    if absent:
        raise EngineError(
            "data",
            f"too few examples: {part.source} has none to train class {_listed(absent)} on",
            "Give every class an example, raise task.sizes.train, or take the class out.",
        )


def _check_same_labels(part: Part, classes: Sequence[str], split: str) -> None:
    unknown = sorted(set(part.labels) - set(classes)) if classes else []
    if unknown:
        raise EngineError(
            "data",
            f"the {split} part, {part.source}, has labels that the training part has not: "
            f"{_listed(unknown)}; the training part has {_listed(classes)}",
            "Make the labels of all parts agree; `esta resume` then goes on with the evaluation.",
        )


def _listed(names: Sequence[str], most: int = 10) -> str:
    return ", ".join(map(repr, names[:most])) + (", ..." if len(names) > most else "")

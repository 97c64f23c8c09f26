"""Labelled texts as a run's data: tokenised once, cut to the planned length, padded to the longest of a
batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..plan import Plan
from .parts import Parts
from .task import Batch, TaskData, Warn, ignore
from .text_files import TextPart, read_texts
from .tokens import Ragged, padded, padding_token

#: Texts that are tokenised at once, between two safe points.
_CHUNK = 1000


@dataclass(frozen=True)
class EncodedTexts:
    """`types`: which of two texts a token is of, where the anchors tell them apart."""

    ids: Ragged
    types: Ragged | None
    shortened: int

    def inputs(self, positions: Sequence[int], pad: int) -> dict[str, Tensor]:
        """(B, the longest N) each, padded at the right."""
        rows = [self.ids[position] for position in positions]
        inputs = {
            "input_ids": padded(rows, pad),
            "attention_mask": padded([torch.ones_like(row) for row in rows], 0),
        }
        if self.types is not None:
            inputs["token_type_ids"] = padded([self.types[position] for position in positions], 0)
        return inputs


class TextEncoder:
    """Texts, or pairs of them, as the anchors read them: at most `length` tokens, special ones included.

    Of two texts the longer one is cut. Raises EngineError("weights") where nothing can fill a batch up.
    """

    def __init__(self, plan: Plan, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._length = int(plan.family.input["sequence_length"])
        self._typed = int(plan.family.input.get("type_vocabulary_size", 0)) > 1
        self.pad = padding_token(tokenizer, decoder=False)

    def __call__(
        self, texts: Sequence[str], pairs: Sequence[str] | None, check: Callable[[], None] = lambda: None
    ) -> EncodedTexts:
        ids: list[list[int]] = []
        types: list[list[int]] = []
        shortened = 0
        typed = pairs is not None and self._typed
        for start in range(0, len(texts), _CHUNK):
            check()
            chunk = slice(start, start + _CHUNK)
            found = self._tokenizer(
                list(texts[chunk]),
                None if pairs is None else list(pairs[chunk]),
                truncation=True,
                max_length=self._length,
                return_token_type_ids=typed,
            )
            ids += found["input_ids"]
            types += found["token_type_ids"] if typed else []
            shortened += sum(bool(one.overflowing) for one in found.encodings)
        return EncodedTexts(Ragged(ids), Ragged(types) if typed else None, shortened)


@dataclass(frozen=True)
class _Texts:
    """The examples `indices` of `part`."""

    part: TextPart
    indices: list[int]
    encoded: EncodedTexts
    labels: Tensor
    pad: int

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, positions: Sequence[int]) -> Batch:
        return Batch(self.encoded.inputs(positions, self.pad), self.labels[list(positions)])


class TextData(TaskData):
    """Raises EngineError("data"), ("weights") for a tokenizer that cannot serve."""

    def __init__(
        self, plan: Plan, tokenizer: Any, check: Callable[[], None] = lambda: None, warn: Warn = ignore
    ) -> None:
        task, data = plan.config["task"], plan.config["task"]["data"]

        def read(path: Path) -> TextPart:
            return read_texts(path, data.get("format"), data["columns"])

        seed: int = plan.config["training"]["seeds"]["data"]
        super().__init__(plan, Parts(task, seed, plan.family.classes, read), check, warn)
        self._encoder = TextEncoder(plan, tokenizer)
        self._length = int(plan.family.input["sequence_length"])
        self._open_training_part()

    def evaluation_batches(self, split: str) -> Iterator[Batch]:
        """The shortest first, so that little is padded."""
        order = self._examples(split).encoded.ids.lengths.argsort(stable=True)
        yield from self.batches(split, order.tolist())

    def show(self, split: str, position: int) -> dict[str, Any]:
        examples: _Texts = self._examples(split)
        part, index = examples.part, examples.indices[position]
        pair = {} if part.pairs is None else {"text_pair": part.pairs[index]}
        return {"text": part.texts[index], **pair}

    def _make_examples(self, split: str, part: TextPart, indices: list[int]) -> _Texts:
        pairs = None if part.pairs is None else [part.pairs[index] for index in indices]
        encoded = self._encoder([part.texts[index] for index in indices], pairs, self._check)
        if encoded.shortened:
            self._warn(
                "texts-cut",
                f"{encoded.shortened} of {len(indices)} texts of the {split} part are longer than "
                f"{self._length} tokens; their ends are cut off",
                "Set task.sequence_length to a larger number to read more of them.",
            )
        number = {name: position for position, name in enumerate(self.classes)}
        labels = torch.tensor([number[part.labels[index]] for index in indices])
        return _Texts(part, indices, encoded, labels, self._encoder.pad)

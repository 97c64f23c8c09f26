"""Conversations as a run's data: tokens of whole conversations, labelled where the assistant answers.

What is longer than the planned length loses its end; a conversation that loses its whole answer so is left
out, and in held-out parts also one that loses any of a choice, which could not be compared with the others.

`batching`: `padded` deals conversations at random and pads them to the longest of a batch; `grouped` deals
those of like length together; `packed` deals at random, and lets the conversations of a batch share as few
rows as they fit in. Positions begin anew with each, by which the anchors' masks keep them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import EngineError
from ..plan import Plan
from .answers import EncodedAnswers, encode_answers
from .chat import Renderer
from .conversation_files import Conversation, ConversationPart, read_conversations
from .parts import Parts
from .task import Batch, ChoiceRow, TaskData, Warn, ignore
from .tokens import Ragged, grouped_order, pack, padded, padding_token

#: A label that is none.
_IGNORED = -100
CHOICE_METRICS = ("choice-accuracy", "choice-accuracy-normalised")


class Conversations:
    """The examples of one split. `rows` holds every choice of an example, or its one answer."""

    def __init__(
        self,
        conversations: Sequence[Conversation],
        encoded: Sequence[Sequence[EncodedAnswers]],
        pad: int,
        capacity: int,
    ) -> None:
        self.conversations = conversations
        self._pad, self._capacity = pad, capacity
        rows = [row for choices in encoded for row in choices]
        self._ids = Ragged([row.ids.tolist() for row in rows])
        self._answered = Ragged([row.answered.tolist() for row in rows])
        #: Number of each example's right answer among all rows.
        self._right: list[int] = []
        self.choices: list[tuple[int, ChoiceRow]] = []
        start = 0
        for example, (conversation, choices) in enumerate(zip(conversations, encoded, strict=True)):
            right = conversation.right if len(choices) > 1 else 0
            self._right.append(start + right)
            if len(choices) > 1:
                for number, text in enumerate(conversation.choices):
                    row = ChoiceRow(example, number, number == right, len(text.encode()))
                    self.choices.append((start + number, row))
            start += len(choices)

    def __len__(self) -> int:
        return len(self._right)

    @property
    def lengths(self) -> Tensor:
        """Tokens of each example with its right answer, (n,)."""
        return self._ids.lengths[self._right]

    def batch(self, positions: Sequence[int]) -> Batch:
        """One row an example, padded at the right."""
        numbers = [self._right[position] for position in positions]
        return self._padded(numbers, [self._labels(number) for number in numbers])

    def choice_rows(self, numbers: Sequence[int]) -> Batch:
        """The same of rows by their number, labelled in the last answer only: earlier ones are alike in all
        choices of an example.
        """
        return self._padded(numbers, [_last_run(self._labels(number)) for number in numbers])

    def _padded(self, numbers: Sequence[int], labels: Sequence[Tensor]) -> Batch:
        ids = [self._ids[number] for number in numbers]
        inputs = {
            "input_ids": padded(ids, self._pad),
            "attention_mask": padded([torch.ones_like(row) for row in ids], 0),
        }
        return Batch(inputs, padded(labels, _IGNORED))

    def packed(self, positions: Sequence[int]) -> Batch:
        """Several examples a row; `position_ids` begin at 0 with each, and with the padding."""
        numbers = [self._right[position] for position in positions]
        lengths = self._ids.lengths[numbers].tolist()
        ids, places, labels = [], [], []
        for row in pack(lengths, self._capacity):
            ids.append(torch.cat([self._ids[numbers[one]] for one in row]))
            places.append(torch.cat([torch.arange(lengths[one]) for one in row]))
            labels.append(torch.cat([self._labels(numbers[one]) for one in row]))
        longest = max(map(len, ids))
        places = [torch.cat([row, torch.arange(longest - len(row))]) for row in places]
        inputs = {"input_ids": padded(ids, self._pad), "position_ids": torch.stack(places)}
        return Batch(inputs, padded(labels, _IGNORED))

    def _labels(self, number: int) -> Tensor:
        """The first token of a text has nothing before it to be predicted from."""
        labels = self._ids[number].masked_fill(self._answered[number] == 0, _IGNORED)
        labels[:1] = _IGNORED
        return labels


def _last_run(labels: Tensor) -> Tensor:
    """Labels (n,) of the last unbroken run of them, the others ignored."""
    places = (labels != _IGNORED).nonzero()[:, 0]
    gaps = (places.diff() > 1).nonzero()[:, 0]
    first = int(places[gaps[-1] + 1]) if len(gaps) > 0 else 0
    return torch.cat([torch.full_like(labels[:first], _IGNORED), labels[first:]])


class ConversationData(TaskData):
    """Raises EngineError("data"), ("weights") for a tokenizer that cannot serve."""

    def __init__(
        self, plan: Plan, tokenizer: Any, check: Callable[[], None] = lambda: None, warn: Warn = ignore
    ) -> None:
        task, data = plan.config["task"], plan.config["task"]["data"]

        def read(path: Path) -> ConversationPart:
            return read_conversations(path, data.get("format"))

        seed: int = plan.config["training"]["seeds"]["data"]
        super().__init__(plan, Parts(task, seed, None, read), check, warn)
        self.tokenizer = tokenizer
        self.template: str = task["template"]
        self.generated_samples: int = task["generated_samples"]
        self._render = Renderer(tokenizer, self.template)
        self._length = int(plan.family.input["sequence_length"])
        self._pad = padding_token(tokenizer, decoder=True)
        self._batching: str = task["batching"]
        self._open_training_part()

    def train_batch(self, step: int, part: int = 0) -> Batch:
        positions = self._dealt(step, part)
        examples: Conversations = self._examples("train")
        return examples.packed(positions) if self._batching == "packed" else examples.batch(positions)

    def evaluation_batches(self, split: str) -> Iterator[Batch]:
        """The shortest first, so that little is padded."""
        yield from self.batches(split, self._examples(split).lengths.argsort(stable=True).tolist())

    def choice_batches(self, split: str) -> Iterator[tuple[Batch, list[ChoiceRow]]]:
        examples: Conversations = self._examples(split)
        size = self._training["batch_size"]
        for start in range(0, len(examples.choices), size):
            self._check()
            chunk = examples.choices[start : start + size]
            yield examples.choice_rows([number for number, _ in chunk]), [row for _, row in chunk]

    def guess(self, split: str) -> float | None:
        """The mean of one over an example's choices."""
        examples: Conversations = self._examples(split)
        counts = Counter(row.example for _, row in examples.choices)
        return sum(1 / count for count in counts.values()) / len(counts) if counts else None

    def show(self, split: str, position: int) -> dict[str, Any]:
        return {"prompt": list(self.conversation(split, position).question)}

    def conversation(self, split: str, position: int) -> Conversation:
        found: Conversation = self._examples(split).conversations[position]
        return found

    def _order(self, epoch: int) -> Tensor:
        if self._batching != "grouped":
            return super()._order(epoch)
        size = self._training["batch_size"]
        lengths = self._examples("train").lengths
        return grouped_order(lengths, size, -epoch * self.train_size % size, self._seeds["data"], epoch)

    def _make_examples(self, split: str, part: ConversationPart, indices: list[int]) -> Conversations:
        self._require_choices(split, part, indices)
        kept: list[Conversation] = []
        encoded: list[list[EncodedAnswers]] = []
        shortened = 0
        for count, index in enumerate(indices):
            if count % 100 == 0:
                self._check()
            conversation = part.conversations[index]
            rows, cut = self._encode(conversation, part.describe(index), split)
            shortened += cut
            if rows:
                kept.append(conversation)
                encoded.append(rows)
        self._tell_cut(split, part, shortened, len(indices) - len(kept), len(indices))
        return Conversations(kept, encoded, self._pad, self._length)

    def _encode(
        self, conversation: Conversation, where: str, split: str
    ) -> tuple[list[EncodedAnswers], bool]:
        """(every choice, or the right answer alone for training; nothing where it is left out, whether it was
        cut).
        """
        compared = split != "train" and bool(conversation.choices)
        numbers = range(len(conversation.choices)) if compared else [conversation.right]
        try:
            rows = [
                encode_answers(self.tokenizer, self._render, conversation.with_answer(number))
                for number in numbers
            ]
        except EngineError as error:
            raise EngineError(error.code, f"{where}: {error.message}", error.hint) from error
        cut = any(len(row.ids) > self._length for row in rows)
        rows = [EncodedAnswers(row.ids[: self._length], row.answered[: self._length]) for row in rows]
        learned = all(bool(row.answered[1:].any()) for row in rows)
        return ([] if not learned or (compared and cut) else rows), cut

    def _tell_cut(
        self, split: str, part: ConversationPart, shortened: int, left_out: int, total: int
    ) -> None:
        if left_out == total:
            raise EngineError(
                "data",
                f"all {total} conversations of the {split} part, {part.source}, lose their answers: "
                f"they begin after {self._length} tokens",
                "Set task.sequence_length to a larger number, or shorten the questions.",
            )
        if shortened or left_out:
            self._warn(
                "conversations-cut",
                f"{shortened} of {total} conversations of the {split} part are longer than {self._length} "
                f"tokens; their ends are cut off, and {left_out} that lose their answer so are left out",
                "Set task.sequence_length to a larger number to read more of them.",
            )

    def _require_choices(self, split: str, part: ConversationPart, indices: Sequence[int]) -> None:
        """A metric of choices needs some where it is measured; known early where parts are cut from one."""
        metric = self._task["metric"]
        if metric not in CHOICE_METRICS or (split == "train" and self._measured_elsewhere()):
            return
        rows = part.conversations if split == "train" else [part.conversations[index] for index in indices]
        if not any(conversation.choices for conversation in rows):
            raise EngineError(
                "data",
                f"{metric} is to be measured, and no row of {part.source} has choices",
                "Give rows `choices` and `answer`, or set task.metric to perplexity.",
            )

    def _measured_elsewhere(self) -> bool:
        """Whether no held-out part is cut from the training part."""
        return all(isinstance(self._task["data"][split], str) for split in ("validation", "test"))

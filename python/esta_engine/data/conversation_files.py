"""Conversations, one a row, in JSONL, Parquet and saved sets; every row of a file in the same of two formats.

`messages: [{role, content}, ...]`, or `instruction`, `input` (may be left out) and `output`. In place of the
last answer a row may have `choices: [text, ...]` and `answer: INDEX`. An instruction and its input become one
question, with an empty line between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import EngineError
from .chat import Message, check_messages
from .formats import recognise, told
from .part import Part
from .rows import Row, jsonl_rows, require_own_ids
from .tables import open_parquet, open_saved

_TABLES: dict[str, Callable[[Path], Any]] = {"parquet": open_parquet, "saved": open_saved}
FORMATS = ("jsonl", *_TABLES)


@dataclass(frozen=True)
class Conversation:
    """`messages` end with an answer, which is `choices[right]` where there are choices."""

    messages: tuple[Message, ...]
    choices: tuple[str, ...] = ()
    right: int = 0

    @property
    def question(self) -> tuple[Message, ...]:
        """All that comes before the last answer."""
        return self.messages[:-1]

    @property
    def answer(self) -> str:
        return self.messages[-1]["content"]

    def with_answer(self, choice: int) -> tuple[Message, ...]:
        """The messages as they were if choice number `choice` had been given."""
        if not self.choices:
            return self.messages
        return (*self.question, {"role": "assistant", "content": self.choices[choice]})


@dataclass(frozen=True)
class ConversationPart(Part):
    conversations: tuple[Conversation, ...]


def read_conversations(path: Path, data_format: str | None) -> ConversationPart:
    """Read one part. Raises EngineError("data") that names the row."""
    chosen = data_format or recognise(path, FORMATS)
    with told(path, chosen):
        rows = jsonl_rows(path) if chosen == "jsonl" else _table_rows(path, _TABLES[chosen](path))
    if not rows:
        raise EngineError("data", f"{path} is empty: it has no conversation", "Give it examples, one a row.")
    require_own_ids(rows)
    first = _format_of(*rows[0])
    conversations = []
    for where, row in rows:
        found = _format_of(where, row)
        if found != first:
            raise EngineError(
                "data",
                f"{where} has {found!r}, the rows before it {first!r}",
                "Write every row of a file in the same format.",
            )
        conversations.append(_READERS[found](row, where))
    places = [where for where, _ in rows]
    return ConversationPart(
        source=str(path),
        classes=(),
        labels=("",) * len(rows),
        describe=places.__getitem__,
        conversations=tuple(conversations),
    )


def _table_rows(path: Path, table: Any) -> list[Row]:
    """What a row has not is null in a table; it is left out."""
    return [
        (f"{path}, row {number}", {key: value for key, value in row.items() if value is not None})
        for number, row in enumerate(table)
    ]


def _format_of(where: str, row: Mapping[str, Any]) -> str:
    found = [name for name in _READERS if row.get(name) is not None]
    if len(found) == 1:
        return found[0]
    keys = ", ".join(map(repr, row)) or "nothing"
    raise EngineError(
        "data",
        f"{where} has {'both ' if found else 'neither '}messages {'and' if found else 'nor'} instruction; "
        f"it has {keys}",
        "A row has messages, or instruction, input and output.",
    )


def _from_messages(row: Mapping[str, Any], where: str) -> Conversation:
    messages = check_messages(row["messages"], where)
    if "choices" in row:
        if messages[-1]["role"] == "assistant":
            raise EngineError(
                "data", f"{where} has choices, and an answer before them", "End the messages with a question."
            )
        return _with_choices(row, messages, where)
    if messages[-1]["role"] != "assistant":
        raise EngineError(
            "data",
            f"{where} ends with the {messages[-1]['role']}'s message: there is no answer to learn",
            "End it with a message of the assistant.",
        )
    return Conversation(messages)


def _from_instruction(row: Mapping[str, Any], where: str) -> Conversation:
    instruction, given = _text(row, "instruction", where), row.get("input")
    if given is not None and not isinstance(given, str):
        raise EngineError("data", f"{where} has no text in 'input', but {given!r}", "Leave it out.")
    question: Message = {
        "role": "user",
        "content": f"{instruction}\n\n{given}" if given and given.strip() else instruction,
    }
    if "choices" in row:
        if row.get("output") is not None:
            raise EngineError("data", f"{where} has both output and choices", "Leave one of them out.")
        return _with_choices(row, (question,), where)
    return Conversation((question, {"role": "assistant", "content": _text(row, "output", where)}))


def _with_choices(row: Mapping[str, Any], question: Sequence[Message], where: str) -> Conversation:
    choices, answer = row["choices"], row.get("answer")
    if (
        not isinstance(choices, list)
        or len(choices) < 2
        or not all(isinstance(one, str) and one.strip() for one in choices)
    ):
        raise EngineError(
            "data",
            f"{where}: choices: got {choices!r}; allowed: two texts and more",
            "Correct them, or leave choices out and give the answer.",
        )
    if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer < len(choices):
        raise EngineError(
            "data",
            f"{where}: answer: got {answer!r}; allowed: 0 to {len(choices) - 1}",
            "It is the place of the right choice, counted from 0.",
        )
    messages = (*question, {"role": "assistant", "content": choices[answer]})
    return Conversation(messages, tuple(choices), answer)


def _text(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        got = "an empty one" if isinstance(value, str) else "nothing" if value is None else repr(value)
        raise EngineError("data", f"{where} has no text in {name!r}, but {got}", "Give it one.")
    return value


_READERS: dict[str, Callable[[Mapping[str, Any], str], Conversation]] = {
    "messages": _from_messages,
    "instruction": _from_instruction,
}

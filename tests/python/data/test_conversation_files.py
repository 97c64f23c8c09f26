"""Reading conversations: both formats, every kind of file, and rows that are refused with their line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from esta_engine.data.conversation_files import read_conversations
from esta_engine.errors import EngineError
from text_tasks import sums, with_choices, write_jsonl

ASK = {"role": "user", "content": "Say it."}
TELL = {"role": "assistant", "content": "It."}


def write(file: Path, rows: list[dict[str, Any]]) -> Path:
    import datasets

    if file.suffix == ".jsonl":
        return write_jsonl(file, rows)
    table = datasets.Dataset.from_list(rows)
    if file.suffix == ".parquet":
        table.to_parquet(str(file))
    else:
        table.save_to_disk(str(file))
    return file


@pytest.mark.parametrize("name", ["part.jsonl", "part.parquet", "saved"])
@pytest.mark.parametrize("kind", ["instruction", "messages", "choices"])
def test_every_file_gives_the_same_conversations(tmp_path: Path, name: str, kind: str) -> None:
    rows = {
        "instruction": sums(5),
        "messages": [{"messages": [ASK, TELL, ASK, {**TELL, "content": str(n)}]} for n in range(5)],
        "choices": with_choices(sums(5)),
    }[kind]
    part = read_conversations(write(tmp_path / name, rows), None)
    assert len(part) == 5 and part.classes == () and set(part.labels) == {""}
    for row, conversation in zip(rows, part.conversations, strict=True):
        if kind == "messages":
            assert list(conversation.messages) == row["messages"]
            continue
        assert [message["role"] for message in conversation.messages] == ["user", "assistant"]
        assert conversation.messages[0]["content"] == row["instruction"]
        assert conversation.answer == (
            row["output"] if kind == "instruction" else row["choices"][row["answer"]]
        )
    assert all(bool(one.choices) == (kind == "choices") for one in part.conversations)


def test_an_input_follows_its_instruction_and_may_be_empty(tmp_path: Path) -> None:
    rows = [{"instruction": "Add.", "input": given, "output": "3"} for given in ("1 and 2", "", None)]
    part = read_conversations(write_jsonl(tmp_path / "part.jsonl", rows), None)
    assert [one.question[0]["content"] for one in part.conversations] == ["Add.\n\n1 and 2", "Add.", "Add."]


def test_messages_may_end_in_choices(tmp_path: Path) -> None:
    rows = [{"messages": [ASK, TELL, ASK], "choices": ["a", "b"], "answer": 1}]
    (one,) = read_conversations(write_jsonl(tmp_path / "part.jsonl", rows), None).conversations
    assert one.answer == "b" and one.with_answer(0)[-1]["content"] == "a" and len(one.question) == 3


GOOD = json.dumps({"instruction": "a", "output": "b", "id": 1}) + "\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"messages": [ASK, TELL]}, "part.jsonl:2 has 'messages', the rows before it 'instruction'"),
        ({"instruction": "a", "messages": [ASK, TELL]}, "part.jsonl:2 has both messages and instruction"),
        (
            {"prompt": "a", "response": "b"},
            "part.jsonl:2 has neither messages nor instruction; it has 'prompt'",
        ),
        ({"instruction": "a"}, "part.jsonl:2 has no text in 'output', but nothing"),
        ({"instruction": "a", "output": " "}, "part.jsonl:2 has no text in 'output', but an empty one"),
        ({"instruction": "", "output": "b"}, "part.jsonl:2 has no text in 'instruction'"),
        ({"instruction": "a", "input": 5, "output": "b"}, "part.jsonl:2 has no text in 'input', but 5"),
        ({"instruction": "a", "output": "b", "id": 1}, "part.jsonl:2 has the id 1, which .*part.jsonl:1 has"),
        (
            {"instruction": "a", "choices": ["b"], "answer": 0},
            "part.jsonl:2: choices: got .'b'.; allowed: two",
        ),
        ({"instruction": "a", "choices": ["b", "c"]}, "part.jsonl:2: answer: got None; allowed: 0 to 1"),
        ({"instruction": "a", "choices": ["b", "c"], "answer": 2}, "part.jsonl:2: answer: got 2"),
        ({"instruction": "a", "choices": ["b", "c"], "answer": "c"}, "part.jsonl:2: answer: got 'c'"),
        (
            {"instruction": "a", "output": "b", "choices": ["b", "c"], "answer": 0},
            "part.jsonl:2 has both output and choices",
        ),
    ],
)
def test_bad_rows_are_refused_with_their_line(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    file = tmp_path / "part.jsonl"
    file.write_text(GOOD + json.dumps(row) + "\n")
    with pytest.raises(EngineError, match=message) as caught:
        read_conversations(file, None)
    assert caught.value.code == "data"


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([], "messages: got .*allowed: a list of messages"),
        ("hello", "messages: got 'hello'"),
        ([ASK], "ends with the user's message: there is no answer to learn"),
        ([ASK, {"role": "bot", "content": "x"}], "message 2: got .*allowed: a role and a text"),
        ([ASK, {"role": "assistant", "content": None}], "message 2: got"),
        ([ASK, "hello"], "message 2: got 'hello'"),
    ],
)
def test_bad_messages_are_refused_with_their_line(tmp_path: Path, messages: Any, message: str) -> None:
    file = write_jsonl(tmp_path / "part.jsonl", [{"messages": [ASK, TELL]}, {"messages": messages}])
    with pytest.raises(EngineError, match=r"part\.jsonl:2.*" + message) as caught:
        read_conversations(file, None)
    assert caught.value.code == "data"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"part\.jsonl is empty: it has no conversation"),
        (GOOD.encode() + b"{'instruction'", r"part\.jsonl:2 is not JSON"),
        (GOOD.encode() + b'{"instruction": "\xff"}', r"part\.jsonl:2 is not UTF-8: byte 0xff"),
    ],
)
def test_damaged_files_are_refused_with_the_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "part.jsonl").write_bytes(content)
    with pytest.raises(EngineError, match=message):
        read_conversations(tmp_path / "part.jsonl", None)


def test_a_format_that_conversations_have_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part.csv").write_text("instruction,output\na,b\n")
    with pytest.raises(EngineError, match=r"part\.csv is not recognised; its ending is none of \.jsonl"):
        read_conversations(tmp_path / "part.csv", None)

"""Events: strict JSON lines, a record that survives crashes, a front that may leave at any time."""

from __future__ import annotations

import json
import math
import os
import socket
from pathlib import Path

import pytest
from esta_engine.events import EventWriter, find_front, to_json_line
from hypothesis import given
from hypothesis import strategies as st

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def count_lost(value: object) -> int:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, list):
        return sum(map(count_lost, value))
    return sum(map(count_lost, value.values())) if isinstance(value, dict) else 0


@given(values)
def test_any_record_becomes_one_line_of_strict_json(value: object) -> None:
    line = to_json_line({"value": value})

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    record = json.loads(line, parse_constant=refuse)
    assert line.count("\n") == 1 and line.endswith("\n")
    assert len(record.get("non_finite", [])) == count_lost(value)


def test_numbers_that_are_not_finite_become_null_and_are_named() -> None:
    record = json.loads(
        to_json_line({"loss": math.nan, "scores": [1.0, math.inf], "metrics": {"f1": -math.inf}})
    )
    assert record == {
        "loss": None,
        "scores": [1.0, None],
        "metrics": {"f1": None},
        "non_finite": ["loss", "scores[1]", "metrics.f1"],
    }


def test_events_reach_the_file_and_the_front_alike(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with EventWriter(tmp_path / "events.ndjson", "run", writing) as events:
        events.write("checkpoint", step=4, write_ms=1.5)
        events.warning("slow", "it is slow", None)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as front:
        sent = front.read()
    assert sent == (tmp_path / "events.ndjson").read_text(encoding="utf-8")
    assert [json.loads(line)["event"] for line in sent.splitlines()] == ["checkpoint", "warning"]
    assert all(json.loads(line)["run_id"] == "run" for line in sent.splitlines())


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_a_front_that_left_is_noticed_without_a_write_and_raises_nothing(tmp_path: Path, kind: str) -> None:
    if kind == "pipe":
        reading, writing = os.pipe()
    else:
        reading, writing = (end.detach() for end in socket.socketpair())
    with EventWriter(tmp_path / "events.ndjson", "run", writing) as events:
        assert not events.front_gone
        os.close(reading)
        assert events.front_gone
        events.write("checkpoint", step=1, write_ms=0.0)
    os.close(writing)
    assert len((tmp_path / "events.ndjson").read_text().splitlines()) == 1


def test_a_torn_last_line_is_cut_off_before_more_is_appended(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text('{"event":"step"}\n{"event":"st', encoding="utf-8")
    with EventWriter(file, "run") as events:
        events.write("checkpoint", step=1, write_ms=0.0)
    assert [json.loads(line)["event"] for line in file.read_text().splitlines()] == ["step", "checkpoint"]


def test_a_front_is_the_writing_end_of_a_pipe_or_a_socket(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    ours, theirs = socket.socketpair()
    with (tmp_path / "file").open("w") as file:
        assert find_front(file.fileno()) is None
        closed = os.dup(file.fileno())
    os.close(closed)
    assert find_front(closed) is None
    assert find_front(reading) is None
    assert find_front(writing) == writing
    assert find_front(ours.fileno()) == ours.fileno()
    assert not os.get_inheritable(writing)
    for descriptor in (reading, writing):
        os.close(descriptor)
    ours.close()
    theirs.close()

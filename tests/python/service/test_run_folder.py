"""The run folder: held by one, never overwritten unasked, what is not ours left alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from esta_engine.errors import EngineError
from esta_engine.service.run_folder import RunFolder


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan.json"
    file.write_text('{"plan": 1}\n')
    return file


def begin(folder: RunFolder) -> None:
    """What a run leaves."""
    folder.events.write_text("{}\n")
    folder.palette.mkdir()
    (folder.palette / "palette.json").write_text("{}")


def test_a_folder_is_held_by_one_and_free_again_after(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "new" / "run")
    with (
        folder.held(),
        pytest.raises(EngineError, match=f"live run .process {os.getpid()}") as caught,
        folder.held(),
    ):
        pass
    assert caught.value.code == "busy"
    with folder.held():
        pass


def test_the_plan_is_copied_unchanged(tmp_path: Path, plan: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.held():
        folder.prepare(plan, force=False)
    assert folder.plan.read_bytes() == plan.read_bytes()


def test_a_plan_that_lies_in_the_folder_is_used_where_it_is(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.plan.write_text(json.dumps({"plan": 2}))
    with folder.held():
        folder.prepare(folder.plan, force=False)
        begin(folder)
        folder.prepare(folder.plan, force=True)
    assert json.loads(folder.plan.read_text()) == {"plan": 2} and not folder.begun


def test_a_run_is_overwritten_only_with_force(tmp_path: Path, plan: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.held():
        folder.prepare(plan, force=False)
        begin(folder)
        (folder.path / "notes.txt").write_text("mine")
        with pytest.raises(EngineError, match="holds a run already"):
            folder.prepare(plan, force=False)
        assert folder.palette.exists()
        folder.prepare(plan, force=True)
    assert not folder.begun
    assert (folder.path / "notes.txt").read_text() == "mine"


def test_a_folder_of_something_else_is_refused_even_with_force(tmp_path: Path, plan: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("years")
    folder = RunFolder(tmp_path / "home")
    with folder.held(), pytest.raises(EngineError, match=r"no run folder: it holds thesis\.tex"):
        folder.prepare(plan, force=True)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = RunFolder(tmp_path / "file" / "run")
    with pytest.raises(EngineError, match="cannot write to the run folder") as caught, folder.held():
        pass
    assert caught.value.code == "environment"

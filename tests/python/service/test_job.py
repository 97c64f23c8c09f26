"""How failures are told: by kind, on the event channel and on stderr, whatever it was that failed."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from esta_engine.errors import EXIT_CODES, EngineError
from esta_engine.events import EventWriter
from esta_engine.service.job import tell_failure
from runs import ROOT

NO_SPACE = OSError(errno.ENOSPC, "No space left on device", "/run/events.ndjson")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (
            EngineError("numeric", "the loss is nan", "Lower it.", step=3, stitch=2),
            "numeric",
            "the loss is nan",
        ),
        (ModuleNotFoundError("No module named 'safetensors'"), "environment", "'safetensors'"),
        (NO_SPACE, "environment", "No space left on device: /run/events.ndjson"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "environment", "out of memory"),
        (MemoryError(), "environment", "out of memory"),
        (KeyError("gone"), "unexpected", "KeyError: 'gone'"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "unexpected", "FileNotFoundError"),
    ],
)
def test_failures_are_told_by_their_kind(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], error: Exception, code: str, told: str
) -> None:
    with EventWriter(tmp_path / "events.ndjson", "run") as events:
        assert tell_failure(error, events, 40) == EXIT_CODES[code]
    event = json.loads((tmp_path / "events.ndjson").read_text())
    assert event["event"] == "failed" and event["code"] == code and told in event["message"]
    assert event["checkpoint_step"] == 40
    assert (event["step"], event["stitch"]) == ((3, 2) if code == "numeric" else (None, None))
    stderr = capfd.readouterr().err
    assert told in stderr and ("Traceback" in stderr or "Error" in stderr) == (code == "unexpected")


def test_a_disk_that_takes_no_event_still_ends_with_the_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with EventWriter(tmp_path / "events.ndjson", "run") as events:

        def refuse(*_: object, **__: object) -> None:
            raise NO_SPACE

        monkeypatch.setattr(events, "write", refuse)
        assert tell_failure(NO_SPACE, events) == 3
    assert "No space left" in capfd.readouterr().err


def test_a_missing_package_is_an_environment_failure_before_there_is_a_run(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    (tmp_path / "jsonschema.py").write_text("raise ImportError('no jsonschema here')")
    done = subprocess.run(
        [sys.executable, "-m", "esta_engine", "run", "--plan", "plan.json", "--run-dir", "run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "python")])},
    )
    assert done.returncode == 3 and "no jsonschema here" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()

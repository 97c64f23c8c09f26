"""Whole runs for tests: a plan over pico anchors and the built-in digits, in this process or in another."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from esta_engine.files import sha256_file
from esta_engine.service.job import Options
from esta_engine.service.run import run
from pico import merged, raw_pico_plan, save_anchors

ROOT = Path(__file__).parents[2]
#: Starts a run in this process: (exit code, its folder); `start` of tests/python/service/conftest.py.
Start = Callable[..., tuple[int, Path]]
NO_AUGMENTATION = dict.fromkeys(("flip", "shift", "rotation", "scale", "brightness", "erase", "noise"), 0)


def digits_task(**sizes: int) -> dict[str, Any]:
    """scikit-learn's digits, few of them, augmented so that resuming has those draws to repeat too."""
    return {
        "type": "image-classification",
        "data": "digits",
        "sizes": {"train": 60, "validation": 30, "test": 40, **sizes},
        "metric": "accuracy",
        "augmentation": {**NO_AUGMENTATION, "shift": 1, "rotation": 10, "noise": 0.1},
    }


def files_task(train: Path, validation: Any = 0.2, test: Any = 0.2, **data: Any) -> dict[str, Any]:
    """Files of one's own."""
    parts = {name: part if isinstance(part, float) else str(part) for name, part in
             (("train", train), ("validation", validation), ("test", test))}  # fmt: skip
    return {
        "type": "image-classification",
        "data": {**parts, "columns": {"image": "image", "label": "label"}, **data},
        "sizes": {},
        "metric": "accuracy",
        "augmentation": NO_AUGMENTATION,
    }


def raw_plan(
    folders: list[Path], task: dict[str, Any], *, classes: int = 10, changes: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A plan of the pico anchors as JSON; `changes` are put over its `config`."""
    changes = changes or {}
    plan = raw_pico_plan(folders, changes.get("method"), changes.get("training"), classes, task, 3)
    plan["config"] = merged(plan["config"], changes)
    return plan


def write_plan(file: Path, plan: dict[str, Any]) -> Path:
    file.write_text(json.dumps(plan), encoding="utf-8")
    return file


def finish_run(place: Path) -> Path:
    """A finished run in `place`, with anchors of its own; its folder."""
    plan = raw_plan(save_anchors(place / "anchors"), digits_task())
    assert run(write_plan(place / "plan.json", plan), Options(place / "run"), force=False) == 0
    return place / "run"


def python_output(code: str) -> str:
    """What `code` prints in a Python of its own that finds the engine; where it fails, its errors show."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "python"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


_AS_FRONT = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.argv[2], sys.argv[2:])"


def start_engine(
    *arguments: object, front: int | None = None, stdin: int | None = None
) -> subprocess.Popen[str]:
    """`python -m esta_engine ARGUMENTS` as a process; `front`: the writing end of a pipe, as descriptor 3."""
    command = [sys.executable, "-m", "esta_engine", *map(str, arguments)]
    if front is not None:
        # By way of Python, since a shell knows descriptors of one digit only.
        command = [sys.executable, "-c", _AS_FRONT, str(front), *command]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "python"),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
    }
    return subprocess.Popen(
        command,
        env=environment,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=() if front is None else (front,),
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """(exit code, stderr) once the process has ended."""
    _, errors = process.communicate(timeout=300)
    return process.returncode, errors


def wait_until(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Poll closely until `condition`; fails where the process ends before."""
    deadline = time.monotonic() + 300
    while not condition():
        assert process.poll() is None, f"the engine ended first: {finish(process)}"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.0005)


def events_of(run: Path) -> list[dict[str, Any]]:
    """Events that are written whole."""
    file = run / "events.ndjson"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def named(run: Path, name: str) -> list[dict[str, Any]]:
    return [event for event in events_of(run) if event["event"] == name]


def last_event(run: Path) -> dict[str, Any]:
    return events_of(run)[-1]


def failed(folder: Path) -> dict[str, Any]:
    """The event that a failure ends with."""
    event = last_event(folder)
    assert event["event"] == "failed", event
    return event


def serve_parts(pipes: dict[str, Path], content: str, run: Path) -> dict[str, list[str]]:
    """Make named pipes of the parts (split -> path): nothing can be read from them before we write it.

    What is returned fills with each split's events of `run` at the very moment at which the engine opens it.
    """
    seen: dict[str, list[str]] = {}

    def serve(split: str) -> None:
        with pipes[split].open("w") as part:  # blocks until the engine opens it
            seen[split] = [event["event"] for event in events_of(run)]
            part.write(content)

    for split, pipe in pipes.items():
        os.mkfifo(pipe)
        threading.Thread(target=serve, args=(split,), daemon=True).start()
    return seen


def write_digit_files(folder: Path, names: str = "0123456789") -> Path:
    """A CSV over a few of scikit-learn's digits as images of their own."""
    from PIL import Image
    from sklearn.datasets import load_digits

    raw = load_digits()
    folder.mkdir()
    rows = ["image,label"]
    for number in range(60):
        Image.fromarray((raw.images[number] * 15).astype("uint8")).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{names[raw.target[number]]}")
    (folder / "part.csv").write_text("\n".join(rows))
    return folder / "part.csv"


def require_same_result(folder: Path, reference: Path) -> None:
    for name in ("adapter.safetensors", "palette.json", "README.md"):
        assert sha256_file(folder / "palette" / name) == sha256_file(reference / "palette" / name), name
    assert sha256_file(folder / "samples.ndjson") == sha256_file(reference / "samples.ndjson")
    assert sorted((folder / "evaluations.ndjson").read_text().splitlines()) == sorted(
        (reference / "evaluations.ndjson").read_text().splitlines()
    )


ATTEMPTS = 8


def kill_while(
    command: tuple[object, ...], folder: Path, due: Callable[[], bool], hit: Callable[[], bool]
) -> None:
    """Start the engine, SIGKILL it once `due`, and see that the kill came while it was meant to (`hit`).

    On a busy machine it may come too late: then the folder is put back as it was, and another try is made.
    """
    before = folder.with_name("before")
    for _ in range(ATTEMPTS):
        shutil.rmtree(before, ignore_errors=True)
        if folder.exists():
            shutil.copytree(folder, before)
        process = start_engine(*command, "--run-dir", folder)
        while process.poll() is None and not due():
            time.sleep(0.0005)
        process.kill()
        code, errors = finish(process)
        assert code in (-signal.SIGKILL, 0), errors
        if code != 0 and hit():
            return
        shutil.rmtree(folder)
        if before.exists():
            shutil.copytree(before, folder)
    raise AssertionError(f"the instant was missed {ATTEMPTS} times")

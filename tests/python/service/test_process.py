"""The engine as a process: killed at any instant and resumed, stopped by signals, left by its front."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from esta_engine.errors import EngineError
from esta_engine.service.checkpoint import checkpoint_step
from esta_engine.service.job import Options
from esta_engine.service.run import run
from runs import (
    digits_task,
    finish,
    kill_while,
    last_event,
    named,
    raw_plan,
    require_same_result,
    start_engine,
    wait_until,
    write_plan,
)

STEPS, EVERY = 90, 10


@pytest.fixture(scope="module")
def plan_file(pico_folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough in each phase to be hit there: 80 batches to initialise on, 12 checkpoints, evaluation."""
    changes = {
        "method": {"initialisation": {"samples": 640}, "sampling": {"warmup_draws": 2}},
        "training": {"steps": STEPS, "checkpoint_every": EVERY, "optimizer": {"weight_decay": 0.01}},
    }
    plan = raw_plan(pico_folders, digits_task(train=640, validation=180, test=180), changes=changes)
    return write_plan(tmp_path_factory.mktemp("process") / "plan.json", plan)


@pytest.fixture(scope="module")
def reference(plan_file: Path) -> Path:
    """The uninterrupted run."""
    folder = plan_file.parent / "reference"
    code, errors = finish(start_engine("run", "--plan", plan_file, "--run-dir", folder))
    assert code == 0, errors
    return folder


@pytest.mark.slow
def test_a_run_killed_at_five_instants_gives_the_bits_of_the_uninterrupted_one(
    plan_file: Path, reference: Path
) -> None:
    folder, draw = plan_file.parent / "killed", random.Random(os.urandom(8))
    checkpoint = folder / "checkpoint"
    fresh, again = ("run", "--plan", plan_file), ("resume",)

    def steps_told() -> int:
        return max((event["step"] for event in named(folder, "step")), default=0)

    def phase() -> str:
        return str(named(folder, "phase")[-1]["phase"]) if named(folder, "phase") else ""

    def is_torn() -> bool:
        """A checkpoint's folder is half filled, or whole while the pointer still names the one before."""
        folders = (
            {entry.name for entry in checkpoint.iterdir() if entry.is_dir()} if checkpoint.exists() else set()
        )
        return bool(folders - {f"{checkpoint_step(checkpoint) or 0:08d}"})

    def evaluating() -> bool:
        return phase() == "evaluate" and len(named(folder, "stitch_evaluated")) > 0

    kill_while(
        fresh, folder, lambda: phase() == "initialise", lambda: not (checkpoint / "latest.json").exists()
    )
    for low, high in ((3, STEPS // 3), (STEPS // 3 + EVERY, STEPS // 2)):  # in training, twice
        target = draw.randint(low, high)
        kill_while(again, folder, lambda target=target: steps_told() >= target, lambda: phase() == "train")
    kill_while(again, folder, is_torn, is_torn)
    assert not named(folder, "palette_chosen")
    kill_while(again, folder, evaluating, evaluating)
    assert not (folder / "palette").exists()

    code, errors = finish(start_engine("resume", "--run-dir", folder))
    assert code == 0, errors
    require_same_result(folder, reference)
    assert steps_of(folder) == steps_of(reference)


def steps_of(folder: Path) -> dict[int, tuple[Any, ...]]:
    """What each step did; a step that was repeated after a kill must have been told the same both times."""
    told: dict[int, tuple[Any, ...]] = {}
    for event in named(folder, "step"):
        content = tuple(map(str, (event["stitches"], event["loss"], event["scores"], event["gradient_norm"])))
        assert told.setdefault(event["step"], content) == content
    return told


@pytest.mark.slow
def test_signals_checkpoint_and_end_cleanly_and_the_result_stays_the_same(
    plan_file: Path, reference: Path
) -> None:
    folder = plan_file.parent / "stopped"
    arguments: tuple[Any, ...] = ("run", "--plan", plan_file)
    for number, (signal_, code) in enumerate(((signal.SIGINT, 130), (signal.SIGTERM, 143))):
        process = start_engine(*arguments, "--run-dir", folder)
        wait_until(process, lambda number=number: len(named(folder, "step")) >= 7 + 14 * number)
        with pytest.raises(EngineError, match=f"in use by a live run .process {process.pid}"):
            run(plan_file, Options(folder), force=True)
        process.send_signal(signal_)
        ended, errors = finish(process)
        assert (ended, errors) == (code, "")
        event = last_event(folder)
        assert event["event"] == "stopped" and event["signal"] == signal_.name
        assert event["step"] == event["checkpoint_step"] == named(folder, "step")[-1]["step"]
        arguments = ("resume",)
    code, errors = finish(start_engine("resume", "--run-dir", folder))
    assert code == 0, errors
    require_same_result(folder, reference)
    assert [event["step"] for event in named(folder, "step")] == list(range(1, STEPS + 1))


def test_a_signal_before_training_stops_without_a_checkpoint(plan_file: Path) -> None:
    folder = plan_file.parent / "early"
    process = start_engine("run", "--plan", plan_file, "--run-dir", folder)
    wait_until(process, lambda: (folder / "events.ndjson").exists())
    process.send_signal(signal.SIGTERM)
    code, _ = finish(process)
    event = last_event(folder)
    assert code == 143 and event["event"] == "stopped"
    assert event["step"] == 0 and event["checkpoint_step"] in (None, 0)


@pytest.mark.slow
def test_a_front_that_dies_ends_the_engine_after_a_checkpoint(plan_file: Path) -> None:
    """The front is a process of its own, killed; the pipe breaks because it alone held the reading end."""
    folder = plan_file.parent / "left"
    reading, writing = os.pipe()
    front = subprocess.Popen(["cat"], stdin=reading, stdout=subprocess.PIPE, text=True)
    os.close(reading)
    process = start_engine("run", "--plan", plan_file, "--run-dir", folder, front=writing)
    os.close(writing)
    wait_until(process, lambda: len(named(folder, "step")) >= 3)
    front.kill()
    code, errors = finish(process)
    received, _ = front.communicate()
    first = [json.loads(line)["event"] for line in received.splitlines()[:2]]
    event = last_event(folder)
    assert (code, errors) == (143, "") and first == ["started", "phase"]
    assert event["event"] == "stopped" and event["signal"] == "front-gone"
    assert 3 <= event["step"] == event["checkpoint_step"] < STEPS


def test_failures_before_a_run_folder_is_ours_reach_the_front_alone(plan_file: Path, tmp_path: Path) -> None:
    plan = json.loads(plan_file.read_text())
    plan["stitches"][3]["route"][1]["end"] = 2
    edited = write_plan(tmp_path / "edited.json", plan)
    reading, writing = os.pipe()
    process = start_engine("run", "--plan", edited, "--run-dir", tmp_path / "run", front=writing)
    os.close(writing)
    code, errors = finish(process)
    with os.fdopen(reading, encoding="utf-8") as front:
        (event,) = map(json.loads, front.read().splitlines())
    assert code == 2 and event["event"] == "failed" and event["code"] == "plan"
    assert "$.stitches[3].route[1].end" in event["message"]
    assert event["message"] in errors and "Traceback" not in errors
    assert not (tmp_path / "run").exists()

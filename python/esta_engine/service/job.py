"""What all jobs share: the lock, the events, the environment, and how each kind of end is told.

A job's body raises `Stopped` or EngineError and returns nothing; `run_job` turns that into the last event,
one line on stderr and the exit code.
"""

from __future__ import annotations

import errno
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..events import EventWriter
from ..files import read_json, write_json
from ..plan import Plan
from .checkpoint import checkpoint_step
from .run_folder import RunFolder
from .signals import Stopped, StopRequest

if TYPE_CHECKING:
    import torch

_MACHINE_REFUSES = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE)


@dataclass(frozen=True)
class Options:
    """What the command line says. `front` is the descriptor where a front listens, if one does."""

    run_dir: Path
    front: int | None = None
    device: str | None = None
    allow_download: bool = False
    #: Whether a training measures every stitch in the end, after the palette.
    evaluate_all: bool = False
    stop: StopRequest = field(default_factory=StopRequest)


@dataclass
class Job:
    """A job at work. `step` is the last one that was trained, for the events that end a job."""

    command: str
    plan: Plan
    folder: RunFolder
    events: EventWriter
    options: Options
    device: torch.device
    began: float
    step: int = 0

    def check(self) -> None:
        """A safe point: raises Stopped where the job was asked to stop."""
        self.options.stop.check(self.events)

    def phase(self, name: str, total: int | None = None) -> None:
        self.check()
        self.events.write("phase", phase=name, total=total)

    def finish(self, outputs: list[Path], training_seconds: float) -> None:
        """Tell the end; `outputs` inside the run folder are told relative to it, others absolute."""
        here = self.folder.path
        names = [
            str(path.relative_to(here) if path.is_relative_to(here) else path.absolute()) for path in outputs
        ]
        seconds = time.monotonic() - self.began
        self.events.write("finished", outputs=names, seconds=seconds, training_seconds=training_seconds)


def run_job(
    command: str, plan: Plan, folder: RunFolder, options: Options, body: Callable[[Job], None]
) -> int:
    """Run `body` in a folder that is held already; returns the exit code. Never raises."""
    began = time.monotonic()
    previous = read_json(folder.environment) if folder.environment.exists() else None
    run_id = previous["run_id"] if previous else str(uuid.uuid4())
    with EventWriter(folder.events, run_id, options.front) as events:
        job: Job | None = None
        try:
            device = _set_up(plan, folder, options, events, run_id, previous)
            job = Job(command, plan, folder, events, options, device, began)
            _announce(job)
            body(job)
            return 0
        except Stopped as stopped:
            step, saved = job.step if job else 0, checkpoint_step(folder.checkpoint)
            events.write("stopped", signal=stopped.signal, step=step, checkpoint_step=saved)
            return stopped.exit_code
        except Exception as error:
            return tell_failure(error, events, checkpoint_step(folder.checkpoint))


def tell_failure(error: Exception, events: EventWriter, saved: int | None = None) -> int:
    """Write the `failed` event and a line on stderr (with the stack where it is a defect); the exit code."""
    failure = _as_engine_error(error)
    if failure.code == "unexpected":
        traceback.print_exception(error)
    checkpoint = saved if failure.checkpoint_step is None else failure.checkpoint_step
    with suppress(OSError):  # a full disk keeps no event, but stderr still tells
        events.write(
            "failed",
            code=failure.code,
            message=failure.message,
            hint=failure.hint,
            step=failure.step,
            stitch=failure.stitch,
            checkpoint_step=checkpoint,
        )
    hint = f"\n{failure.hint}" if failure.hint else ""
    sys.stderr.write(f"esta_engine: {failure.message}{hint}\n")
    return failure.exit_code


def _as_engine_error(error: Exception) -> EngineError:
    """What the machine refuses is an environment failure; anything else that is unexpected is a defect."""
    text = str(error)
    if isinstance(error, EngineError):
        return error
    if isinstance(error, ImportError):
        return EngineError("environment", f"a Python package cannot be imported: {text}", "Run `esta setup`.")
    if isinstance(error, OSError) and error.errno in _MACHINE_REFUSES:
        return EngineError(
            "environment",
            f"{error.strerror}: {error.filename or 'a file of the run'}",
            "Make room or grant access.",
        )
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return EngineError(
            "environment",
            f"out of memory: {text.splitlines()[0] if text else 'the system gave no more'}",
            "Lower training.batch_size, set training.activation_checkpointing, or keep less of the frozen "
            "weights: training.frozen_precision, training.off_route_blocks.",
        )
    return EngineError("unexpected", f"{type(error).__name__}: {text}", "This is a defect; please report it.")


def _set_up(
    plan: Plan,
    folder: RunFolder,
    options: Options,
    events: EventWriter,
    run_id: str,
    previous: dict[str, Any] | None,
) -> torch.device:
    """Threads and device: a run that goes on keeps those it began with, since its results depend on them; on
    a machine without that device it has what there is, which a warning tells.
    """
    from .environment import choose_device, describe_environment, is_available, set_up_torch

    threads = previous["threads"] if previous else plan.config["run"].get("threads", 1)
    begun = previous["device"] if previous else plan.config["run"]["device"]
    if previous and not is_available(begun):
        begun = "auto"
    device = choose_device(options.device or begun)
    set_up_torch(device, threads)
    environment = describe_environment(plan, run_id, device, threads)
    if previous is None:
        write_json(folder.environment, environment)
    else:
        _warn_of_changes(previous, environment, events)
    return device


def _warn_of_changes(previous: dict[str, Any], now: dict[str, Any], events: EventWriter) -> None:
    keys = ("python", "platform", "packages", "device", "device_name")
    changed = [f"{key}: {previous[key]} -> {now[key]}" for key in keys if previous[key] != now[key]]
    if changed:
        events.warning(
            "environment-changed",
            f"the run goes on in another environment ({'; '.join(changed)})",
            "Its results may differ in the last digits from those of an uninterrupted run.",
        )


def _announce(job: Job) -> None:
    job.events.write(
        "started",
        command=job.command,
        method=job.plan.method,
        device=str(job.device),
        threads=_threads(),
        stitches=len(job.plan.stitches),
        steps=job.plan.steps or 0,
        resumed_from_step=checkpoint_step(job.folder.checkpoint) if job.command == "resume" else None,
    )


def _threads() -> int:
    import torch

    return torch.get_num_threads()

"""The run folder: its layout, who may write to it, and what a fresh run finds in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import EngineError

#: What the engine and the front write, by name; nothing else in the folder is ever touched.
RUN_FILES = (
    "events.ndjson",
    "environment.json",
    "checkpoint",
    "palette",
    "evaluations.ndjson",
    "samples.ndjson",
    "latencies.ndjson",
    "report.html",
    "beside.json",
)
PLAN_FILE = "plan.json"
LOCK_FILE = ".lock"


class RunFolder:
    """One run's folder. Whoever writes in it does so inside `held()`.

    The lock is flock's: the kernel drops it with the process, so a killed run leaves none behind.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).absolute()

    @property
    def plan(self) -> Path:
        return self.path / PLAN_FILE

    @property
    def events(self) -> Path:
        return self.path / "events.ndjson"

    @property
    def environment(self) -> Path:
        return self.path / "environment.json"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint"

    @property
    def palette(self) -> Path:
        return self.path / "palette"

    @property
    def evaluations(self) -> Path:
        return self.path / "evaluations.ndjson"

    @property
    def samples(self) -> Path:
        return self.path / "samples.ndjson"

    @property
    def latencies(self) -> Path:
        return self.path / "latencies.ndjson"

    @property
    def begun(self) -> bool:
        """Whether an engine has run here, whatever came of it."""
        return any((self.path / name).exists() for name in RUN_FILES)

    def prepare(self, plan: Path, force: bool) -> None:
        """Make the folder ready for a fresh run of `plan`, whose file is copied into it unchanged.

        Raises EngineError("plan") where that would overwrite a run without `force`, or what is no run.
        """
        if self.begun and not force:
            raise EngineError(
                "plan",
                f"{self.path} holds a run already",
                f"Continue it with `esta resume {self.path}`, name another folder, or give --force.",
            )
        foreign = sorted(entry.name for entry in self.path.iterdir() if not _is_ours(entry.name))
        if foreign and not self.begun:
            raise EngineError(
                "plan",
                f"{self.path} is not empty and no run folder: it holds {', '.join(foreign[:5])}",
                "Name a folder that is empty or does not exist.",
            )
        for name in RUN_FILES:
            target = self.path / name
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        content = plan.read_bytes()
        if not self.plan.exists() or self.plan.read_bytes() != content:
            from ..files import write_atomic

            write_atomic(self.plan, content)

    def require_run(self) -> None:
        """Raises EngineError("plan") unless a run can be continued here."""
        if not self.plan.exists():
            raise EngineError(
                "plan", f"{self.path} is no run folder: it has no {PLAN_FILE}", "Check the path."
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder and keep every other engine out of it. Raises EngineError("busy")."""
        descriptor = self._lock()
        try:
            yield
        finally:
            os.close(descriptor)

    def _lock(self) -> int:
        import fcntl

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise EngineError(
                "environment", f"cannot write to the run folder {self.path}: {error.strerror}"
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise EngineError(
                "busy",
                f"{self.path} is in use by a live run (process {holder})",
                "Wait for it, stop it, or name another folder.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        return descriptor


def _is_ours(name: str) -> bool:
    return name in (*RUN_FILES, PLAN_FILE, LOCK_FILE) or name.endswith(".part")

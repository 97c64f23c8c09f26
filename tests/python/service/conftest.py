"""Whole runs that several tests of the service look at."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from esta_engine.service.job import Options
from esta_engine.service.run import run
from runs import Start, digits_task, finish_run, raw_plan, write_plan


@pytest.fixture
def start(pico_folders: list[Path], tmp_path: Path) -> Start:
    def start(task: dict[str, Any] | None = None, name: str = "run", **options: Any) -> tuple[int, Path]:
        folders = options.pop("folders", pico_folders)
        force = options.pop("force", False)
        plan = raw_plan(folders, task or digits_task(), **options)
        return run(
            write_plan(tmp_path / f"{name}.json", plan), Options(tmp_path / name), force
        ), tmp_path / name

    return start


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with anchors of its own."""
    return finish_run(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))

"""Checkpoints: the last consistent state of a run, whole or absent, whenever the process dies.

`checkpoint/STEP/` holds tensors.safetensors and state.json; `checkpoint/latest.json` names the step and the
SHA-256 of both. The folder is complete and on disk before the pointer moves, and the older one goes after it,
so a crash at any instant leaves a pointer to a whole checkpoint. Nothing is pickled.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..files import read_json, sha256_file, sync_folder, write_atomic, write_json

if TYPE_CHECKING:
    from torch import Tensor

SCHEMA_VERSION = 1
POINTER = "latest.json"
TENSORS = "tensors.safetensors"
STATE = "state.json"


def checkpoint_step(folder: Path) -> int | None:
    """The step of the checkpoint in `folder`, or None where there is none yet."""
    pointer = folder / POINTER
    return int(read_json(pointer)["step"]) if pointer.exists() else None


def save_checkpoint(folder: Path, step: int, tensors: dict[str, Tensor], state: dict[str, Any]) -> bool:
    """Make (tensors, state) the run's checkpoint; False where that step is saved already.

    Raises EngineError("environment") where the disk refuses; the older checkpoint then still stands.
    """
    if checkpoint_step(folder) == step:
        return False
    from safetensors import SafetensorError

    try:
        _write(folder, step, tensors, state)
    except (OSError, SafetensorError) as error:  # a full disk is either, by who met it
        raise EngineError(
            "environment",
            f"cannot write the checkpoint of step {step} into {folder}: "
            f"{getattr(error, 'strerror', None) or error}",
            "Make room, then go on with `esta resume`.",
            step=step,
            checkpoint_step=checkpoint_step(folder),
        ) from None
    return True


def load_checkpoint(folder: Path) -> tuple[int, dict[str, Tensor], dict[str, Any]] | None:
    """(step, tensors on the CPU, state), or None where there is none.

    Raises EngineError("weights") where the files are not those that were written.
    """
    from safetensors.torch import load_file

    step = checkpoint_step(folder)
    if step is None:
        return None
    place, sums = folder / _name(step), read_json(folder / POINTER)["sha256"]
    for name, expected in sums.items():
        file = place / name
        if not file.exists() or sha256_file(file) != expected:
            raise EngineError(
                "weights",
                f"{file} is {'not what was written' if file.exists() else 'missing'}: its SHA-256 differs",
                "Restore the folder from a copy, or start the run anew with --force.",
                checkpoint_step=step,
            )
    return step, load_file(str(place / TENSORS)), read_json(place / STATE)


def _write(folder: Path, step: int, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    place, temporary = folder / _name(step), folder / f".{_name(step)}.part"
    for leftover in (place, temporary):
        shutil.rmtree(leftover, ignore_errors=True)
    temporary.mkdir()
    save_file({name: tensors[name].contiguous() for name in sorted(tensors)}, str(temporary / TENSORS))
    _sync_file(temporary / TENSORS)
    write_atomic(temporary / STATE, json.dumps(state, allow_nan=False).encode())
    temporary.rename(place)
    sync_folder(folder)
    sums = {name: sha256_file(place / name) for name in (TENSORS, STATE)}
    write_json(folder / POINTER, {"schema_version": SCHEMA_VERSION, "step": step, "sha256": sums})
    for other in folder.iterdir():
        if other.is_dir() and other != place:
            shutil.rmtree(other, ignore_errors=True)


def _name(step: int) -> str:
    return f"{step:08d}"


def _sync_file(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Checkpoints: what is loaded is what was saved, and a crash at any instant leaves a whole one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from esta_engine.errors import EngineError
from esta_engine.service import checkpoint as module
from esta_engine.service.checkpoint import checkpoint_step, load_checkpoint, save_checkpoint
from safetensors import SafetensorError


def content(step: int) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    return {"b": torch.full((3, 2), float(step)), "a": torch.arange(step + 1)}, {"step": step, "none": None}


def require(folder: Path, step: int) -> None:
    loaded = load_checkpoint(folder)
    assert loaded is not None
    tensors, state = content(step)
    assert loaded[0] == step and loaded[2] == state
    assert loaded[1].keys() == tensors.keys() and all(
        torch.equal(loaded[1][name], tensors[name]) for name in tensors
    )


def test_the_last_one_is_loaded_and_older_ones_go(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    assert load_checkpoint(folder) is None and checkpoint_step(folder) is None
    for step in (0, 4, 8):
        assert save_checkpoint(folder, step, *content(step))
        require(folder, step)
    assert not save_checkpoint(folder, 8, *content(9))
    require(folder, 8)
    assert sorted(entry.name for entry in folder.iterdir()) == ["00000008", "latest.json"]


class Crash(BaseException):
    """A process that ends here and now."""


@pytest.mark.parametrize("first", [False, True])
def test_a_crash_at_any_call_leaves_the_old_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    """Crash before the n-th file operation, for every n until none is left to crash before."""
    import safetensors.torch

    outcomes, done, crash_at = set(), False, 0
    while not done:
        folder, calls = tmp_path / str(crash_at), 0
        if not first:
            save_checkpoint(folder, 4, *content(4))

        def counted(call: Any, limit: int = crash_at) -> Any:
            def wrapper(*arguments: Any, **options: Any) -> Any:
                nonlocal calls
                calls += 1
                if calls > limit:
                    raise Crash
                return call(*arguments, **options)

            return wrapper

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", counted(os.fsync))
            patch.setattr(Path, "rename", counted(Path.rename))
            patch.setattr(Path, "replace", counted(Path.replace))
            patch.setattr(module.shutil, "rmtree", counted(module.shutil.rmtree))
            patch.setattr(safetensors.torch, "save_file", counted(safetensors.torch.save_file))
            try:
                save_checkpoint(folder, 8, *content(8))
                done = True
            except Crash:
                pass
        step = checkpoint_step(folder)
        outcomes.add(step)
        if step is None:
            assert first
        else:
            require(folder, step)
        save_checkpoint(folder, 8, *content(8))
        require(folder, 8)
        crash_at += 1
    assert outcomes == ({None, 8} if first else {4, 8})
    assert crash_at > 8


@pytest.mark.parametrize("name", ["tensors.safetensors", "state.json"])
def test_files_that_changed_are_refused(tmp_path: Path, name: str) -> None:
    save_checkpoint(tmp_path, 4, *content(4))
    file = tmp_path / "00000004" / name
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(EngineError, match="not what was written") as caught:
        load_checkpoint(tmp_path)
    assert caught.value.code == "weights" and caught.value.checkpoint_step == 4
    file.unlink()
    with pytest.raises(EngineError, match="missing"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("writer", "refusal"),
    [
        ((os, "fsync"), OSError(28, "No space left on device")),
        ((safetensors.torch, "save_file"), SafetensorError("I/O error: No space left on device")),
    ],
)
def test_a_disk_that_refuses_is_told_and_the_old_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: tuple[Any, str], refusal: Exception
) -> None:
    save_checkpoint(tmp_path, 4, *content(4))

    def full(*_: Any) -> None:
        raise refusal

    monkeypatch.setattr(*writer, full)
    with pytest.raises(EngineError, match=r"step 8 .* No space left") as caught:
        save_checkpoint(tmp_path, 8, *content(8))
    assert caught.value.code == "environment" and caught.value.checkpoint_step == 4
    require(tmp_path, 4)


def test_state_that_is_not_finite_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        save_checkpoint(tmp_path, 4, content(4)[0], {"score": float("nan")})
    assert checkpoint_step(tmp_path) is None

"""The memory probe: one real training step of a plan's most demanding stitch, on blank inputs.

The step is one of the last phase, where a teacher works, if there is one. Its own stitch has the largest
activations but learns without it, so that then two stitches are tried: the larger peak counts, and the slower
step.

What a process needs beside libraries is the peak of the step minus what was resident before the anchors were
loaded. On CUDA the allocator knows its peak; on the CPU the system knows the process's.
"""

from __future__ import annotations

import contextlib
import resource
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from ..events import EventWriter
from ..libraries import import_transformers
from ..plan import Plan, read_plan

if TYPE_CHECKING:
    import torch


def probe(plan_file: Path, front: int | None, device_name: str | None, allow_download: bool) -> int:
    """Measure one step, tell it as the event `probed`; returns the exit code.

    Raises EngineError("plan", "weights", "environment").
    """
    from .environment import choose_device, set_up_torch

    began = time.monotonic()
    plan = read_plan(plan_file)
    device = choose_device(device_name or plan.config["run"]["device"])
    set_up_torch(device, plan.config["run"].get("threads", 1))
    with EventWriter(None, str(uuid.uuid4()), front) as events:
        stitch, peak, step_ms = _measure(plan, device, allow_download)
        events.write("probed", stitch=stitch, device=str(device), peak_bytes=peak, step_ms=step_ms)
        seconds = time.monotonic() - began
        events.write("finished", outputs=[], seconds=seconds, training_seconds=step_ms / 1000)
    return 0


def _most_demanding(plan: Plan, taught: bool) -> list[int]:
    """The dearest stitch: its activations are the largest; before it the dearest with a teacher beside it."""
    order = sorted(plan.runnable, key=lambda stitch: (-stitch.macs, stitch.id))
    dearest = order[0].id
    learners = [stitch.id for stitch in order if stitch.id != plan.largest_anchor]
    # The first step is the slowest, since code is loaded: the one that is slower anyway goes first.
    return list(dict.fromkeys([*learners[:1], dearest])) if taught else [dearest]


def _measure(plan: Plan, device: torch.device, allow_download: bool) -> tuple[int, int, float]:
    """(stitch of the larger peak, that peak in bytes over what was there before, ms of the slower step)."""
    from ..adaptation.trainer import Trainer
    from .assembly import assemble
    from .blank import BlankData

    _import_ahead()
    before = _resident_bytes(device)
    parts = assemble(plan, device, allow_download)
    trainer = Trainer(plan, parts.network, BlankData(plan), device)
    peaks: dict[int, int] = {}
    slowest_ms = 0.0
    for stitch in _most_demanding(plan, trainer.teacher.wanted):
        trainer.enter_last_phase()
        _forget_peak(device)
        started = time.perf_counter()
        trainer.run_step([stitch])
        if device.type == "cuda":
            import torch

            torch.cuda.synchronize(device)
        slowest_ms = max(slowest_ms, (time.perf_counter() - started) * 1000)
        peaks[stitch] = max(0, _peak_bytes(device) - before)
    stitch = max(peaks, key=peaks.__getitem__)
    return stitch, peaks[stitch], slowest_ms


def _import_ahead() -> None:
    """Load what loading and training import lazily, so that libraries do not count as the step's memory."""
    import torch

    import_transformers()
    from transformers import AutoModelForCausalLM, AutoModelForImageClassification

    linear = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(linear.parameters())
    linear(torch.zeros(1, 2)).sum().backward()
    optimizer.step()
    _ = AutoModelForImageClassification._model_mapping, AutoModelForCausalLM._model_mapping


def _resident_bytes(device: torch.device) -> int:
    """What is held now, on the device or by the process."""
    if device.type == "cuda":
        import torch

        return int(torch.cuda.memory_allocated(device))
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    return _peak_bytes(device)  # elsewhere the system tells the peak only


def _forget_peak(device: torch.device) -> None:
    """Start the peak anew, for loading may have needed more than the step does."""
    if device.type == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        return
    with contextlib.suppress(OSError):  # not Linux, or forbidden: then the peak includes loading
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB

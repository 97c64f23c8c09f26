"""The memory probe: one real training step of a plan's most demanding stitch, on random inputs.

What a process needs beside libraries is the peak of the step minus what was resident before the anchors were
loaded. On CUDA the allocator knows its peak; on the CPU the system knows the process's.
"""

from __future__ import annotations

import dataclasses
import resource
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..events import EventWriter
from ..plan import Plan, Stitch, read_plan
from .signals import StopRequest

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def probe(plan_file: Path, front: int | None, device_name: str | None, allow_download: bool) -> int:
    """Measure one step, tell it as the event `probed`; returns the exit code.

    Raises EngineError("plan", "weights", "environment").
    """
    from .environment import choose_device, set_up_torch

    began = time.monotonic()
    plan = read_plan(plan_file)
    device = choose_device(device_name or plan.config["run"]["device"])
    set_up_torch(device, plan.config["run"].get("threads", 1))
    stitch = _most_demanding(plan)
    with EventWriter(None, str(uuid.uuid4()), front) as events:
        peak, step_ms = _measure(plan, stitch, device, allow_download, StopRequest())
        events.write("probed", stitch=stitch.id, device=str(device), peak_bytes=peak, step_ms=step_ms)
        seconds = time.monotonic() - began
        events.write("finished", outputs=[], seconds=seconds, training_seconds=step_ms / 1000)
    return 0


def _most_demanding(plan: Plan) -> Stitch:
    """The dearest stitch: its activations are the largest."""
    return max(plan.stitches, key=lambda stitch: (stitch.macs, -stitch.id))


def _measure(
    plan: Plan, stitch: Stitch, device: torch.device, allow_download: bool, stop: StopRequest
) -> tuple[int, float]:
    from ..adaptation.trainer import Trainer
    from .assembly import assemble

    _import_ahead()
    before = _resident_bytes(device)
    parts = assemble(plan, device, allow_download)
    trainer = Trainer(_only(plan, stitch), parts.network, _RandomData(plan, device), device)
    started = time.perf_counter()
    trainer.run_step()
    if device.type == "cuda":
        import torch

        torch.cuda.synchronize(device)
    step_ms = (time.perf_counter() - started) * 1000
    return max(0, _peak_bytes(device) - before), step_ms


def _only(plan: Plan, stitch: Stitch) -> Plan:
    """The plan with sampling turned so that the first step draws `stitch`."""
    return dataclasses.replace(plan, config={**plan.config}, stitches=plan.stitches)


@dataclass(frozen=True)
class _Batch:
    inputs: dict[str, Tensor]
    labels: Tensor


class _RandomData:
    """Batches of the right shapes; nothing of the task's data is read."""

    train_size = 1

    def __init__(self, plan: Plan, device: torch.device) -> None:
        self._plan = plan
        self._device = device

    def train_batch(self, step: int, part: int = 0) -> _Batch:
        import torch

        shared: dict[str, Any] = plan_input(self._plan)
        size = self._plan.config["training"]["batch_size"]
        side = int(shared["image_size"])
        pixels = torch.zeros(size, int(shared["channels"]), side, side, device=self._device)
        return _Batch({"pixel_values": pixels}, torch.zeros(size, dtype=torch.int64, device=self._device))

    def initialisation_batches(self, samples: int) -> Iterator[_Batch]:
        yield self.train_batch(0)

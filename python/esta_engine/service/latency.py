"""The latency job: how long the merged networks of a run's stitches take, measured side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..plan import Plan, read_plan
from .assembly import Assembly, require_task
from .environment import device_name
from .evaluate import parse_stitches
from .job import Job, Options, run_job
from .records import append_record
from .restore import load_stitches
from .run_folder import RunFolder

if TYPE_CHECKING:
    import torch

#: Of the free memory, what the networks of one group may take together.
_ROOM_SHARE = 0.5


def latency(options: Options, stitches: str, batch_sizes: Sequence[int], repeats: int) -> int:
    """Measure `palette`, `all`, or ids separated by commas; returns the exit code. Raises as `run` does."""
    folder = RunFolder(options.run_dir)
    folder.require_run()
    plan = read_plan(folder.plan)
    require_task(plan)
    listed = parse_stitches(stitches, plan)
    if repeats < 1 or min(batch_sizes, default=0) < 1:
        raise EngineError("plan", "batch sizes and repeats are whole numbers from 1", "Correct the numbers.")
    with folder.held():
        return run_job(
            "latency", plan, folder, options, lambda job: _measure(job, listed, batch_sizes, repeats)
        )


def _measure(job: Job, listed: list[int] | None, batch_sizes: Sequence[int], repeats: int) -> None:
    import torch

    from ..evaluation.latency import WARM_UP_ROUNDS, group_by_room

    job.phase("load")
    parts, stitches = load_stitches(job.folder, job.plan, job.device, listed, job.options.allow_download)
    parts.network.place_on(torch.device("cpu"))
    sizes = [4 * job.plan.stitches[stitch].params for stitch in stitches]
    groups = group_by_room(sizes, _ROOM_SHARE * _free_bytes(job.device))
    rounds = _Rounds(job, len(groups) * len(batch_sizes) * (WARM_UP_ROUNDS + repeats))
    for group in groups:
        _measure_group(job, parts, [stitches[position] for position in group], batch_sizes, repeats, rounds)
    job.finish([job.folder.latencies], 0.0)


class _Rounds:
    """Tells each round that is done, and lets the job be stopped between two."""

    def __init__(self, job: Job, total: int) -> None:
        self._job, self._total, self._done = job, total, 0
        job.phase("measure", total)

    def __call__(self) -> None:
        self._done += 1
        self._job.events.write("round", round=self._done, rounds=self._total)
        self._job.check()


def _measure_group(
    job: Job,
    parts: Assembly,
    stitches: Sequence[int],
    batch_sizes: Sequence[int],
    repeats: int,
    rounds: _Rounds,
) -> None:
    """Networks that fit into memory together take turns; each batch size by itself."""
    from ..deployment.plain import plain_network
    from ..evaluation.latency import measure_latencies, sample_batch

    networks = [plain_network(job.plan, parts.network, stitch).to(job.device) for stitch in stitches]
    for batch_size in batch_sizes:
        inputs = sample_batch(job.plan, batch_size, job.device)
        found = measure_latencies(networks, inputs, job.device, repeats, rounds)
        setting = _setting(job.plan, job.device, batch_size, repeats)
        for stitch, measured in zip(stitches, found, strict=True):
            append_record(job.folder.latencies, {"stitch": stitch, **setting, **asdict(measured)})
            job.events.write("latency_measured", stitch=stitch, batch_size=batch_size, **asdict(measured))


def _setting(plan: Plan, device: torch.device, batch_size: int, repeats: int) -> dict[str, Any]:
    """What the times depend on; the time of day is that of the measurement's end."""
    import torch

    return {
        "device": str(device),
        "device_name": device_name(device),
        "threads": torch.get_num_threads(),
        "batch_size": batch_size,
        "tokens": plan.family.tokens,
        "repeats": repeats,
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def _free_bytes(device: torch.device) -> float:
    """Free memory of the device; without end where the system does not tell."""
    if device.type == "cuda":
        import torch

        return float(torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        pass  # not Linux
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError):
        return float("inf")

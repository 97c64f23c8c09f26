"""The export job: one stitch of the palette as a plain network, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from ..errors import EngineError
from ..plan import read_plan
from .assembly import require_task
from .job import Job, Options, run_job
from .restore import load_palette, require_kept
from .run_folder import RunFolder


def export(options: Options, stitch: int, out: Path, force: bool) -> int:
    """Write stitch `stitch` to `out`, which must be empty or absent unless `force`; returns the exit code.

    Raises as `run` does.
    """
    folder = RunFolder(options.run_dir)
    folder.require_run()
    plan = read_plan(folder.plan)
    require_task(plan)
    if out.exists() and (not out.is_dir() or any(out.iterdir())) and not force:
        raise EngineError("plan", f"{out} exists and is not empty", "Name another folder, or give --force.")
    with folder.held():
        return run_job("export", plan, folder, options, lambda job: _export(job, stitch, out))


def _export(job: Job, stitch: int, out: Path) -> None:
    from ..deployment.export import export_stitch

    job.phase("load")
    parts, palette = load_palette(job.folder, job.plan, job.device, job.options.allow_download)
    require_kept(palette, stitch)
    job.phase("write")
    files = export_stitch(job.plan, parts.network, stitch, palette, out)
    job.finish(files, 0.0)

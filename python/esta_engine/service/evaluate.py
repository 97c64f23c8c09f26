"""The evaluation job: stitches of a finished run, palette or not, on any split; what is known is kept."""

from __future__ import annotations

from ..errors import EngineError
from ..plan import Plan, read_plan
from .assembly import load_data, require_task
from .job import Job, Options, run_job
from .restore import load_stitches
from .run import evaluate_stitches
from .run_folder import RunFolder


def evaluate(options: Options, stitches: str, split: str) -> int:
    """Evaluate `palette`, `all`, or ids separated by commas; returns the exit code. Raises as `run` does."""
    folder = RunFolder(options.run_dir)
    folder.require_run()
    plan = read_plan(folder.plan)
    require_task(plan)
    listed = parse_stitches(stitches, plan)
    with folder.held():
        return run_job("evaluate", plan, folder, options, lambda job: _evaluate(job, listed, split))


def parse_stitches(text: str, plan: Plan) -> list[int] | None:
    """Ids, ascending, or None for the palette's. Raises EngineError("plan") for an id that is none, and for a
    stitch that was not tuned where they are tuned one by one.
    """
    if text == "palette":
        return None
    if text == "all":
        return [stitch.id for stitch in plan.runnable]
    ids = set()
    for word in text.split(","):
        if not word.strip().isdecimal() or int(word) >= len(plan.stitches):
            raise EngineError(
                "plan",
                f"no stitch {word.strip()!r}; ids go from 0 to {len(plan.stitches) - 1}",
                "Give palette, all, or ids separated by commas.",
            )
        if plan.alone is not None and int(word) not in plan.alone:
            raise EngineError(
                "plan",
                f"stitch {word.strip()} was not tuned; {plan.method} tuned {', '.join(map(str, plan.alone))}",
                "Give palette, all, or some of these.",
            )
        ids.add(int(word))
    return sorted(ids)


def _evaluate(job: Job, listed: list[int] | None, split: str) -> None:
    job.phase("load")
    parts, stitches = load_stitches(job.folder, job.plan, job.device, listed, job.options.allow_download)
    data = load_data(job.plan, parts, job.check, job.events.warning)
    evaluate_stitches(job, parts.network, data, [(stitch, split) for stitch in stitches])
    job.finish([job.folder.evaluations], 0.0)

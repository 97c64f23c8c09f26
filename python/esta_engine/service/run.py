"""The main job: load, initialise, train, choose, evaluate, write; fresh or going on from a checkpoint.

The palette is chosen, and told, before any stitch is evaluated and before a validation or test label is read.
Whatever is repeated after a crash gives the same bits: every draw derives from (seed, purpose, step).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..deployment.choose import choose
from ..deployment.palette import Choice, make_palette, write_palette
from ..errors import EngineError
from ..files import sha256_file
from ..plan import read_plan
from .assembly import Assembly, assemble, load_data, require_task
from .checkpoint import load_checkpoint, save_checkpoint
from .job import Job, Options, run_job
from .records import append_evaluation, read_evaluations
from .run_folder import RunFolder
from .samples import write_samples
from .signals import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..adaptation.trainer import StepRecord, Trainer
    from ..data.task import TaskData
    from ..nn.network import StitchedNetwork


def run(plan_file: Path, options: Options, force: bool) -> int:
    """Execute a plan in a fresh run folder; returns the exit code.

    Raises EngineError ("plan", "busy", "environment") for what goes wrong before the run folder is the run's.
    """
    plan = read_plan(plan_file)
    require_task(plan)
    folder = RunFolder(options.run_dir)
    with folder.held():
        folder.prepare(plan_file, force)
        return run_job("adapt", plan, folder, options, _adapt)


def resume(options: Options) -> int:
    """Go on from the last checkpoint, or from the plan where there is none yet. Raises as `run` does."""
    folder = RunFolder(options.run_dir)
    folder.require_run()
    plan = read_plan(folder.plan)
    require_task(plan)
    with folder.held():
        return run_job("resume", plan, folder, options, _adapt)


def _adapt(job: Job) -> None:
    from ..adaptation.trainer import Trainer

    job.phase("load")
    parts = assemble(job.plan, job.device, job.options.allow_download, job.check)
    data = load_data(job.plan, parts, job.check, job.events.warning)
    job.check()
    trainer = Trainer(job.plan, parts.network, data, job.device, job.check)
    _warn_of_idle_settings(job)
    origin = {"plan": sha256_file(job.folder.plan), "anchors": [anchor.sha256 for anchor in parts.anchors]}
    progress = _Progress(trainer, origin)
    _initialise(job, progress)
    _train(job, progress)
    choice = _choose(job, trainer)
    _evaluate_palette(job, parts.network, data, choice.stitches)
    samples = write_samples(job, parts, data, choice.stitches)
    outputs = _write(job, parts, data.classes, choice)
    if job.options.evaluate_all:  # last: what the run is for is written, whatever happens now
        evaluate_stitches(job, parts.network, data, [(stitch.id, "test") for stitch in job.plan.runnable])
    job.finish([*outputs, *samples], progress.training_seconds)


def _warn_of_idle_settings(job: Job) -> None:
    """The device may be settled by the machine, so that the plan could not say it."""
    if job.plan.config["training"]["off_route_blocks"] == "cpu" and job.device.type == "cpu":
        job.events.warning(
            "off-route-blocks",
            "training.off_route_blocks: cpu does nothing here: the run is on the CPU, where all blocks are",
            "The plan's estimate of memory counts the blocks of one route only; this run holds all of them.",
        )


@dataclass
class _Progress:
    """The trainer and what is stored beside its state: seconds trained, and what the state belongs to."""

    trainer: Trainer
    origin: dict[str, Any]
    training_seconds: float = 0.0

    def save(self, job: Job) -> None:
        """Make a checkpoint, and tell it, unless the step has one already."""
        started = time.perf_counter()
        tensors, state = self.trainer.state()
        content = {"trainer": state, "training_seconds": self.training_seconds, "origin": self.origin}
        if save_checkpoint(job.folder.checkpoint, self.trainer.step_count, tensors, content):
            write_ms = (time.perf_counter() - started) * 1000
            job.events.write("checkpoint", step=self.trainer.step_count, write_ms=write_ms)

    def load(self, job: Job) -> bool:
        """Take up the checkpoint; False where there is none. Raises EngineError where it is another run's."""
        saved = load_checkpoint(job.folder.checkpoint)
        if saved is None:
            return False
        _, tensors, content = saved
        _check_origin(job, content["origin"], self.origin)
        self.trainer.load_state(tensors, content["trainer"])
        self.training_seconds = float(content["training_seconds"])
        job.step = self.trainer.step_count
        return True


def _check_origin(job: Job, saved: dict[str, Any], now: dict[str, Any]) -> None:
    if saved["plan"] != now["plan"]:
        raise EngineError(
            "plan",
            f"{job.folder.plan} changed since the run began: its SHA-256 differs from the checkpoint's",
            "Restore it, or start a new run in another folder.",
        )
    for anchor, before, after in zip(job.plan.anchors, saved["anchors"], now["anchors"], strict=True):
        if before != after:
            raise EngineError(
                "weights",
                f"the weights of anchor {anchor.name} changed since the run began: "
                f"their SHA-256 is {after[:12]}..., not {before[:12]}...",
                "Restore them, or start a new run.",
            )


def _initialise(job: Job, progress: _Progress) -> None:
    """Take up the checkpoint, or fit the stitching layers and make the first one."""
    job.phase("initialise", len(job.plan.stitching_layers))
    if not progress.load(job):
        progress.trainer.initialise()
        job.check()
        progress.save(job)


def _train(job: Job, progress: _Progress) -> None:
    """All steps that are left, a checkpoint every so many and where the run is stopped."""
    every: int = job.plan.config["training"]["checkpoint_every"]
    trainer = progress.trainer
    job.phase("train", trainer.total_steps)
    while not trainer.done:
        try:
            job.check()
            started = time.perf_counter()
            record = trainer.run_step()
        except Stopped:  # a step that is interrupted has changed nothing that it does not begin with anew
            progress.save(job)
            raise
        seconds = time.perf_counter() - started
        job.step = record.step
        progress.training_seconds += seconds
        due = record.step % every == 0 or trainer.done
        tells_draws = due or trainer.between_phases
        _tell_step(job, record, seconds * 1000, trainer.probabilities() if tells_draws else None)
        if due:
            progress.save(job)


def _tell_step(job: Job, record: StepRecord, step_ms: float, probabilities: list[float] | None) -> None:
    more = {} if probabilities is None else {"probabilities": probabilities}
    job.events.write(
        "step",
        step=record.step,
        stitches=list(record.stitches),
        loss=record.loss,
        scores=list(record.scores),
        learning_rate_factor=record.learning_rate_factor,
        gradient_norm=record.gradient_norm,
        step_ms=step_ms,
        examples=record.examples,
        **more,
    )


def _choose(job: Job, trainer: Trainer) -> Choice:
    job.phase("choose", len(job.plan.stitches))
    also, draws = trainer.final_scores(), list(trainer.draws)
    scores = also.pop(trainer.score_name)
    choice = Choice(choose(job.plan, scores, draws), trainer.score_name, scores, draws)
    more = {"also": also} if also else {}
    job.events.write(
        "palette_chosen", stitches=choice.stitches, score=choice.score, scores=scores, draws=draws, **more
    )
    return choice


def _evaluate_palette(job: Job, network: StitchedNetwork, data: TaskData, stitches: Iterable[int]) -> None:
    splits = [split for split in ("validation", "test") if data.has(split)]
    evaluate_stitches(job, network, data, [(stitch, split) for split in splits for stitch in stitches])


def evaluate_stitches(
    job: Job, network: StitchedNetwork, data: TaskData, wanted: Iterable[tuple[int, str]]
) -> None:
    """Measure each (stitch, split) that evaluations.ndjson has not yet; what is measured together shares its
    time equally.
    """
    from ..evaluation.evaluate import evaluate_together, groups_of

    known = read_evaluations(job.folder.evaluations)
    missing: dict[str, list[int]] = {}
    for stitch, split in wanted:
        if (stitch, split) not in known:
            missing.setdefault(split, []).append(stitch)
    job.phase("evaluate", sum(map(len, missing.values())))
    for split, stitches in missing.items():
        guess = data.guess(split)
        for together in groups_of(stitches, network, data, split):
            started = time.perf_counter()
            measured = evaluate_together(network, together, data, split, job.device)
            evaluate_ms = (time.perf_counter() - started) * 1000 / len(together)
            for stitch in sorted(measured):
                metrics, examples = measured[stitch]
                append_evaluation(job.folder.evaluations, stitch, split, metrics, examples, guess)
                job.events.write(
                    "stitch_evaluated",
                    stitch=stitch,
                    split=split,
                    metrics=metrics,
                    examples=examples,
                    evaluate_ms=evaluate_ms,
                )


def _write(job: Job, parts: Assembly, classes: list[str], choice: Choice) -> list[Path]:
    from ..nn.tensors import adapter_tensors

    job.phase("write")
    evaluations = read_evaluations(job.folder.evaluations)
    palette = make_palette(job.plan, parts.anchors, classes, choice, evaluations)
    tensors = adapter_tensors(parts.network, choice.stitches)
    return [*write_palette(job.folder.palette, palette, tensors), job.folder.evaluations]

"""The training loop's one step, and all that it needs to go on after a stop.

A step draws its stitches, takes each one's gradients by itself (its score sees them unscaled and unclipped),
averages them over the stitches, clips the average and applies it. Everything random derives from (seed,
purpose, step), so a trainer whose state is loaded goes on bit for bit as the one that was saved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import EngineError
from ..nn.network import StitchedNetwork
from ..nn.tensors import adapter_tensors, load_adapter_tensors
from ..plan import Plan
from ..terms import DEFAULT_SCORING
from .data import TrainingBatch, TrainingData
from .final_scores import FINAL_SCORES, score_all
from .gradients import StitchGradients, mean_gradients, stitch_gradients
from .importance import SCORES, Importance, training_loss
from .initialise import fit_heads, fit_stitching_layers
from .matching import match_features
from .methods import METHODS
from .optimizer import Optimizers
from .phases import Phase, make_phases
from .sampling import Sampler, settings_of
from .schedule import learning_rate_factor
from .teacher import Teacher

NO_TEACHER = {"teacher": "none"}


@dataclass(frozen=True)
class StepRecord:
    """What a step did. `step` is 1-based, `loss` the mean over the stitches drawn, `scores` each one's."""

    step: int
    stitches: list[int]
    loss: float
    scores: list[float]
    learning_rate_factor: float
    gradient_norm: float
    examples: int


class Trainer:
    """Trains a plan's network on data. Nothing is drawn or changed before `initialise` or `run_step`.

    `check` runs between the parts of long work other than steps, and ends it by raising.
    """

    def __init__(
        self,
        plan: Plan,
        network: StitchedNetwork,
        data: TrainingData,
        device: torch.device | str = "cpu",
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._check = check
        self.plan = plan
        self.device = torch.device(device)
        self.network = network.place_on(self.device)
        self.data = data
        self.method = METHODS[plan.method]
        self.settings: dict[str, Any] = plan.config["training"]
        self.phases = make_phases(plan, _steps(plan, data))
        self.total_steps = self.phases[-1].first + self.phases[-1].steps
        self.step_count = 0
        #: The phase whose beginning is behind us.
        self._begun = self.phases[0]
        method = plan.config["method"]
        importance = method.get("importance", DEFAULT_SCORING)
        self.score_name: str = importance["score"]
        #: All that are recorded, the one that chooses first.
        self.score_names = list(dict.fromkeys([self.score_name, *importance.get("also", [])]))
        count, momentum = len(plan.stitches), importance["momentum"]
        #: Steers the draws; those besides it only stand in the record.
        self.importance = Importance(count, momentum)
        self.beside = {name: Importance(count, momentum) for name in self.score_names[1:] if name in SCORES}
        stitches_per_step = method.get("stitches_per_step", 1)
        self.sampler = Sampler(
            plan,
            settings_of(method, self.method.sampling),
            stitches_per_step,
            self.phases[-1].steps * stitches_per_step,
            self.settings["seeds"]["sampling"],
        )
        self.optimizers = Optimizers(self.network, self.method.rates(method), self.settings["optimizer"])
        self.largest = plan.largest_anchor
        settings = method.get("distillation", NO_TEACHER)
        self.teacher = Teacher(self.network, self.largest, settings, self.settings["precision"])

    @property
    def done(self) -> bool:
        return self.step_count >= self.total_steps

    @property
    def between_phases(self) -> bool:
        """Whether the step taken last was the last of a phase, and another phase follows."""
        return any(phase.first == self.step_count for phase in self.phases[1:])

    @property
    def draws(self) -> list[int]:
        """How often each stitch was drawn."""
        return self.importance.draws.tolist()

    def initialise(self) -> None:
        """Fit heads and stitching layers, as the plan says, before the first step."""
        settings = self.plan.config["method"]["initialisation"]
        if settings["heads"] == "least-squares":
            examples = self.data.initialisation_batches(settings["head_samples"])
            fit_heads(self.network, self.method.head_owners(self.plan), examples, self.device)
        self._initialise_layers()

    def _initialise_layers(self) -> None:
        """At first, and once anchors were tuned."""
        settings = self.plan.config["method"]["initialisation"]
        layers = self.method.layers(self.plan)
        if not layers or settings["method"] == "random":
            return
        batches = list(self.data.initialisation_batches(settings["samples"]))
        fit_stitching_layers(self.network, layers, batches, settings["ridge"], self.device)
        if settings["method"] == "feature-matching":
            match_features(self.network, layers, batches, settings["matching"], self.device, self._check)

    def enter_last_phase(self) -> None:
        """Stand before the first step of the last phase as if those before it had been taken, none of which
        was: for measuring what a step takes there.
        """
        self.step_count = self.phases[-1].first
        self._begun = self.phases[-1]
        if self.teacher.tuned is None:  # a second copy would count twice in what is measured
            self.teacher.make()

    def probabilities(self) -> list[float]:
        """Of every stitch, for a draw in the phase of the step taken last, after any warm-up; equal for those
        that are tuned one by one.
        """
        alone = self.plan.alone
        if alone is not None:
            return [1 / len(alone) if stitch.id in alone else 0.0 for stitch in self.plan.stitches]
        order = self._phase_of(max(0, self.step_count - 1)).stitches
        if order is not None:
            shares: list[float] = (
                np.bincount(order, minlength=len(self.plan.stitches)) / len(order)
            ).tolist()
            return shares
        return self.sampler.probabilities(self.importance.averages).tolist()

    def final_scores(self) -> dict[str, list[float | None]]:
        """Score -> its value of every stitch, larger is better; None where the stitch was never drawn and the
        score needs a draw. The score that chooses comes first.
        """
        after = [name for name in self.score_names if name in FINAL_SCORES]
        found = {name: list(values.values()) for name, values in self._score_all(after).items()}
        steps = {self.score_name: self.importance, **self.beside}
        return {name: found[name] if name in found else steps[name].to_list() for name in self.score_names}

    def _score_all(self, names: list[str]) -> dict[str, dict[int, float | None]]:
        """Scores that are taken after training."""
        if not names:
            return {}
        batches = self._next_batches(self.plan.config["method"]["importance"]["samples"])
        every = range(len(self.plan.stitches))
        return score_all(names, self.network, every, self.largest, batches, self.device)

    def _next_batches(self, samples: int) -> list[TrainingBatch]:
        """At least as many examples, in the batches that training would have taken next."""
        count = math.ceil(samples / self.settings["batch_size"])
        return [self.data.train_batch(self.total_steps + number, 0) for number in range(count)]

    def begin_phase(self) -> None:
        """What stands before the first step of a phase, unless it is done: where anchors were tuned first,
        keep the teacher, and fit the stitching layers to what the anchors give by now. It may be interrupted,
        and is begun anew then.
        """
        phase = self._phase()
        if phase is self._begun or self.step_count > phase.first:
            return
        if self.plan.alone is None:
            self.teacher.make()
            if self.plan.config["method"]["anchors_first"]["refit"]:
                self._initialise_layers()
        self._begun = phase

    def run_step(self, stitches: Sequence[int] | None = None) -> StepRecord:
        """One optimizer step, on `stitches` in place of drawn ones where they are given.

        Raises EngineError("numeric") before anything is changed.
        """
        if self.done:
            raise ValueError(f"all {self.total_steps} steps are done")
        self.begin_phase()
        phase = self._phase()
        step = self.step_count - phase.first
        stitches = self._draw(phase, step) if stitches is None else list(stitches)
        # Stitches that are tuned one by one see the same batches.
        data_step = self.step_count if self.plan.alone is None else step
        batches = [self.data.train_batch(data_step, part) for part in range(self.settings["accumulation"])]
        # Biases that all stitches share stand for the anchors' own while only anchors train.
        own_biases = phase is self.phases[-1] or not self.network.biases.shared
        drawn = []
        scores = []
        beside = []
        for stitch in stitches:
            distillations = self.teacher.distillations(stitch, batches, self.device)
            found = stitch_gradients(
                self.network,
                stitch,
                batches,
                self.settings,
                self.device,
                distillations,
                own_biases=own_biases,
            )
            self._require_finite(found)
            scores.append(self._score(found, self.score_name))
            beside.append({name: self._score(found, name) for name in self.beside})
            drawn.append(found)
        parameters, gradients, norm = mean_gradients(drawn)
        limit = self.settings["clip_norm"]
        if limit is not None and norm > limit:
            torch._foreach_mul_(gradients, limit / norm)
        factor = learning_rate_factor(
            self.settings["schedule"], step, phase.steps, self.settings["warmup_steps"]
        )
        self.optimizers.step(stitches if own_biases else (), parameters, gradients, factor)
        for stitch, score, others in zip(stitches, scores, beside, strict=True):
            self.importance.update(stitch, score)
            for name, other in others.items():
                self.beside[name].update(stitch, other)
        self.step_count += 1
        examples = self.settings["batch_size"] * self.settings["accumulation"]
        loss = sum(found.loss for found in drawn) / len(drawn)
        return StepRecord(self.step_count, stitches, loss, scores, factor, norm, examples)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Copies of all tensors that training changed or made, and the rest as JSON."""
        tensors = adapter_tensors(self.network) | self.optimizers.state() | self.teacher.state()
        beside = {name: importance.state() for name, importance in self.beside.items()}
        return tensors, {"step": self.step_count, "importance": self.importance.state(), "beside": beside}

    def load_state(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Go on from the `state` of a trainer of the same plan. Raises EngineError("weights") else."""
        others = ("optimizer.", "teacher.")
        adapter = {name: tensor for name, tensor in tensors.items() if not name.startswith(others)}
        load_adapter_tensors(self.network, adapter)
        self.teacher.load_state(tensors)
        self.optimizers.load_state(tensors, self.network.biases.created())
        self.importance.load_state(state["importance"])
        for name, importance in self.beside.items():
            importance.load_state(state["beside"][name])
        self.step_count = state["step"]

    def _phase(self) -> Phase:
        """The phase of the step that comes next."""
        return self._phase_of(self.step_count)

    def _phase_of(self, step: int) -> Phase:
        """`step`: 0-based."""
        return next(phase for phase in reversed(self.phases) if phase.first <= step)

    def _draw(self, phase: Phase, step: int) -> list[int]:
        """Stitches for step `step` of the phase."""
        if phase.stitches is None:
            return self.sampler.draw(step, self.importance.averages)
        return [phase.stitches[step % len(phase.stitches)]]

    @torch.no_grad()
    def _score(self, found: StitchGradients, name: str) -> float:
        """Over what adaptation put on the route, not the head."""
        kept = slice(found.adapted)
        parameters: list[Tensor] = list(found.parameters[kept])
        # Scores that are taken at the end leave what steers the sampling to the training loss.
        score = SCORES.get(name, training_loss)
        return score(parameters, found.gradients[kept], found.loss)

    def _require_finite(self, found: StitchGradients) -> None:
        if found.finite:
            return
        what = "the gradients are" if math.isfinite(found.loss) else "the loss is"
        name = self.plan.stitches[found.stitch].name
        raise EngineError(
            "numeric",
            f"step {self.step_count + 1}, stitch {found.stitch} ({name}): {what} not finite",
            "Lower the learning rates or clip_norm, use precision fp32, or look for damaged inputs.",
            step=self.step_count + 1,
            stitch=found.stitch,
        )


def _steps(plan: Plan, data: TrainingData) -> int:
    """Steps of the run, or of each stitch where they are tuned one by one."""
    training = plan.config["training"]
    if training.get("steps") is not None:
        return int(training["steps"])
    if training.get("epochs") is not None:
        examples = training["batch_size"] * training["accumulation"]
        return max(1, math.ceil(training["epochs"] * data.train_size / examples))
    if plan.steps is not None:
        return plan.steps
    raise EngineError(
        "plan",
        "the plan says neither training.steps nor training.epochs",
        "Give one of them, and plan again.",
    )

"""Scores against a naive recomputation, parameter by parameter; the moving average against its definition."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from esta_engine.adaptation.importance import SCORES, Importance
from esta_engine.adaptation.trainer import Trainer
from hypothesis import given
from hypothesis import strategies as st
from pico import PicoData, perturb, pico_network
from torch.nn import functional as F


def _naive(score: str, network: object, stitch: int, data: PicoData, step: int) -> float:
    """Over the LoRA on the route and the stitch's biases, by a backward pass of its own and Python sums."""
    batch = data.train_batch(step, 0)
    loss = F.cross_entropy(network(batch.inputs, stitch), batch.labels)  # type: ignore[operator]
    loss.backward()
    terms = []
    for name, p in network.named_parameters():  # type: ignore[attr-defined]
        own = name == f"biases.parameters_by_stitch.{stitch}"
        if p.grad is not None and ("lora_" in name or own):
            terms += list(zip(p.detach().flatten().tolist(), p.grad.flatten().tolist(), strict=True))
        p.grad = None
    snip = math.fsum(abs(value * gradient) for value, gradient in terms)
    fisher = math.fsum(gradient**2 for _, gradient in terms)
    return {
        "snip": snip,
        "normalised-snip": snip / len(terms),
        "fisher": fisher,
        "gradient-norm": math.sqrt(fisher),
        "training-loss": -loss.item(),
    }[score]


@pytest.mark.parametrize("score", SCORES)
def test_a_steps_score_equals_the_naive_one(pico_folders: list[Path], score: str) -> None:
    """Clipping is on and hits, and two stitches are averaged: the scores must see neither."""
    plan, network = pico_network(
        pico_folders,
        method={"importance": {"score": score}, "stitches_per_step": 2},
        training={"clip_norm": 1e-3},
    )
    data = PicoData()
    trainer = Trainer(plan, network, data)
    trainer.initialise()
    perturb(network, list(range(len(plan.stitches))))
    drawn = trainer.sampler.draw(0, trainer.importance.averages)
    expected = [_naive(score, network, stitch, data, 0) for stitch in drawn]
    record = trainer.run_step()
    assert record.stitches == drawn and len(drawn) == 2
    assert record.scores == pytest.approx(expected, rel=1e-4)


def test_snip_is_zero_before_anything_was_trained(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders)
    record = Trainer(plan, network, PicoData()).run_step()
    assert record.scores == [0.0]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(-1e6, 1e6)), max_size=40),
    st.floats(0, 1),
)
def test_moving_average_equals_its_definition(updates: list[tuple[int, float]], momentum: float) -> None:
    importance = Importance(4, momentum)
    for stitch, score in updates:
        importance.update(stitch, score)
    for stitch in range(4):
        scores = [score for s, score in updates if s == stitch]
        assert importance.draws[stitch] == len(scores)
        if not scores:
            assert importance.average(stitch) is None
            continue
        weights = [momentum ** (len(scores) - 1 - i) for i in range(len(scores))]
        expected = sum(w * s for w, s in zip(weights, scores, strict=True)) / sum(weights)
        assert importance.average(stitch) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@given(st.floats(-1e3, 1e3), st.integers(1, 30), st.floats(0, 1))
def test_a_constant_score_averages_to_itself_from_the_first_draw(
    score: float, draws: int, momentum: float
) -> None:
    importance = Importance(1, momentum)
    for _ in range(draws):
        importance.update(0, score)
        assert importance.average(0) == pytest.approx(score, rel=1e-12, abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(-1e6, 1e6)), max_size=20))
def test_state_survives_json_bit_for_bit(updates: list[tuple[int, float]]) -> None:
    first, second = Importance(3, 0.9), Importance(3, 0.9)
    for stitch, score in updates:
        first.update(stitch, score)
    second.load_state(json.loads(json.dumps(first.state())))
    for importance in (first, second):
        importance.update(1, 0.1)
    assert first.to_list() == second.to_list()
    assert first.draws.tolist() == second.draws.tolist()

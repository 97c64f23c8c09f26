"""Anchors first: what each phase draws and trains, the refit between them, teachers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from esta_engine.adaptation.initialise import fit_stitching_layers
from esta_engine.adaptation.phases import Phase, even_order, make_phases
from esta_engine.adaptation.trainer import StepRecord, Trainer
from esta_engine.nn.tensors import shared_tensors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pico import PicoData, make_pico_plan, pico_network

FIRST = {"anchors_first": {"share": 0.5}}


def _trainer(folders: list[Path], method: dict[str, Any], steps: int = 12, data: Any = None) -> Trainer:
    plan, network = pico_network(folders, method=method, training={"steps": steps})
    trainer = Trainer(plan, network, data or PicoData())
    trainer.initialise()
    return trainer


def _run(trainer: Trainer, until: int | None = None) -> list[StepRecord]:
    records = []
    while not trainer.done and (until is None or trainer.step_count < until):
        records.append(trainer.run_step())
    return records


@given(share=st.floats(0, 0.999), steps=st.integers(1, 300))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_phases_follow_each_other_without_gap_and_none_is_empty(
    pico_folders: list[Path], share: float, steps: int
) -> None:
    plan = make_pico_plan(pico_folders, method={"anchors_first": {"share": share}})
    phases = make_phases(plan, steps)
    assert [phase.first for phase in phases] == [sum(p.steps for p in phases[:i]) for i in range(len(phases))]
    assert sum(phase.steps for phase in phases) == steps and all(phase.steps > 0 for phase in phases)
    assert phases[-1].stitches is None and all(set(phase.stitches or ()) <= {0, 1} for phase in phases[:-1])


@given(weights=st.lists(st.floats(0.01, 1), min_size=1, max_size=8), count=st.integers(0, 200))
@settings(deadline=None)
def test_an_even_order_keeps_to_its_shares_all_the_way(weights: list[float], count: int) -> None:
    shares = np.array(weights) / sum(weights)
    order = even_order(shares, count)
    assert len(order) == count and order == even_order(shares, count + 1)[:count]
    for length in range(1, count + 1):
        given_so_far = np.bincount(order[:length], minlength=len(shares))
        assert (np.abs(given_so_far - shares * length) < len(shares)).all()


def test_cheap_anchors_get_more_steps_of_the_first_phase(pico_folders: list[Path]) -> None:
    method = FIRST | {"sampling": {"anchor_cost_exponent": 1}}
    plan = make_pico_plan(pico_folders, method=method)
    small, large = (plan.stitches[id_].macs for id_ in (0, 1))
    order = make_phases(plan, 200)[0].stitches or ()
    assert len(order) == 100 and order.count(0) == round(100 * large / (small + large))


def test_probabilities_are_those_of_the_phase_that_the_last_step_belonged_to(
    pico_folders: list[Path],
) -> None:
    method = FIRST | {"sampling": {"anchor_cost_exponent": 1}}
    trainer = _trainer(pico_folders, method, steps=40)
    order = trainer.phases[0].stitches or ()
    shares = [order.count(0) / 20, order.count(1) / 20]
    for until, between in ((1, False), (20, True)):
        _run(trainer, until)
        assert trainer.between_phases == between
        assert trainer.probabilities() == [*shares, *[0.0] * (len(trainer.plan.stitches) - 2)]
    _run(trainer, 21)
    assert min(trainer.probabilities()) > 0 and not trainer.between_phases


def test_stitches_tuned_one_by_one_are_a_phase_each(pico_folders: list[Path]) -> None:
    plan = make_pico_plan(pico_folders, method={"name": "full", "stitches": [3, 0]})
    assert make_phases(plan, 5) == [Phase(0, 5, (3,)), Phase(5, 5, (0,))]


def test_anchors_are_drawn_in_turn_and_each_phase_has_its_schedule(pico_folders: list[Path]) -> None:
    records = _run(_trainer(pico_folders, FIRST, steps=40))
    assert [record.stitches for record in records[:20]] == [[0], [1]] * 10
    assert any(record.stitches[0] > 1 for record in records[20:])
    factors = [record.learning_rate_factor for record in records]
    assert factors[19] < 0.05 and factors[22] > 0.9 and factors[39] < 0.05


def test_the_refit_is_least_squares_on_the_tuned_anchors(pico_folders: list[Path]) -> None:
    """After the anchors' phase the layers are what a fit by hand gives, not what they were before."""
    trainer = _trainer(pico_folders, FIRST)
    before = [layer.weight.clone() for layer in trainer.network.stitching_layers]
    _run(trainer, 5)
    assert all(torch.equal(*pair) for pair in zip(before, _weights(trainer), strict=True))
    _run(trainer, 6)
    trainer.begin_phase()
    after = _weights(trainer)
    assert not any(torch.equal(*pair) for pair in zip(before, after, strict=True))
    settings_ = trainer.plan.config["method"]["initialisation"]
    batches = PicoData().initialisation_batches(settings_["samples"])
    layers = trainer.plan.stitching_layers
    fit_stitching_layers(trainer.network, layers, batches, settings_["ridge"], torch.device("cpu"))
    assert all(torch.equal(*pair) for pair in zip(after, _weights(trainer), strict=True))


def test_an_interrupted_refit_is_begun_anew(pico_folders: list[Path]) -> None:
    """A checkpoint of where it stopped gives the same run."""
    whole = _trainer(pico_folders, _TUNED)
    _run(whole)
    stopped = _trainer(pico_folders, _TUNED)
    _run(stopped, 6)
    stopped._initialise_layers = _stop  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        stopped.run_step()
    assert stopped.step_count == 6
    tensors, state = stopped.state()
    plan, network = pico_network(pico_folders, method=_TUNED, training={"steps": 12})
    again = Trainer(plan, network, PicoData())
    again.load_state(tensors, json.loads(json.dumps(state)))
    _run(again)
    ends, expected = again.state(), whole.state()
    assert ends[1] == expected[1]
    assert ends[0].keys() == expected[0].keys()
    assert all(torch.equal(tensor, expected[0][name]) for name, tensor in ends[0].items())


def _stop() -> None:
    raise KeyboardInterrupt


def _weights(trainer: Trainer) -> list[Any]:
    return [layer.weight.clone() for layer in trainer.network.stitching_layers]


def test_without_refit_the_layers_stay(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders, {"anchors_first": {"share": 0.5, "refit": False}})
    before = _weights(trainer)
    _run(trainer, 6)
    trainer.begin_phase()
    assert all(torch.equal(*pair) for pair in zip(before, _weights(trainer), strict=True))


def test_shared_biases_train_first_with_anchors(pico_folders: list[Path]) -> None:
    """In the first phase no stitch gets its own: what the layers are refitted to is what all see."""
    trainer = _trainer(pico_folders, FIRST | {"stitch_bias": {"shared": True}})
    start = {name: p.detach().clone() for name, p in _shared(trainer).items()}
    assert len(start) == 2 * 3 and all(not bias.any() for bias in start.values())
    _run(trainer, 6)
    assert trainer.network.biases.created() == []
    middle = {name: p.detach().clone() for name, p in _shared(trainer).items()}
    assert all(bias.any() for bias in middle.values())
    trainer.begin_phase()
    layers = [layer.bias.detach().clone() for layer in trainer.network.stitching_layers]
    (stitch,) = trainer.run_step([4]).stitches
    assert trainer.network.biases.created() == [stitch]
    parts = trainer.plan.stitches[4].route
    route = {(part.anchor, i) for part in parts for i in range(part.start, part.end)}
    for number, anchor in enumerate(("pico-16", "pico-32")):
        for block in range(3):
            name = f"anchors.{anchor}.blocks.{block}.bias"
            moved = not torch.equal(middle[name], _shared(trainer)[name])
            assert moved == ((number, block) in route)
    used = trainer.plan.stitches[4].stitching_layers
    for number, (old, layer) in enumerate(zip(layers, trainer.network.stitching_layers, strict=True)):
        assert torch.equal(old, layer.bias) == (number not in used)


def _shared(trainer: Trainer) -> dict[str, Any]:
    return {
        n: p for n, p in shared_tensors(trainer.network).items() if ".blocks." in n and n.endswith(".bias")
    }


_TUNED = FIRST | {"distillation": {"teacher": "tuned"}, "stitch_bias": {"shared": True}}


def test_a_tuned_teacher_is_the_largest_anchor_as_its_phase_left_it(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders, _TUNED)
    batch = PicoData().train_batch(99, 0)
    assert trainer.teacher.distillations(4, [batch], trainer.device) is None
    _run(trainer, 6)
    with torch.no_grad():
        expected = trainer.network(batch.inputs, 1)
    _run(trainer)
    (found,) = trainer.teacher.distillations(4, [batch], trainer.device) or ()
    torch.testing.assert_close(found.logits, expected)
    with torch.no_grad():
        assert not torch.allclose(trainer.network(batch.inputs, 1), expected)
    assert trainer.teacher.distillations(1, [batch], trainer.device) is None
    tuned = trainer.teacher.tuned
    assert tuned is not None
    frozen = {id(p) for p in trainer.network.anchor(1).parameters() if not p.requires_grad}
    shared = sum(id(parameter) in frozen for parameter in tuned.parameters())
    assert shared == len(frozen)  # a teacher holds no second copy of what is frozen


def test_a_teacher_that_is_loaded_again_lacks_the_biases_that_its_anchor_got_later(
    pico_folders: list[Path],
) -> None:
    first = _trainer(pico_folders, _TUNED)
    _run(first, 6)
    for _ in range(3):
        first.run_step([1])  # the largest anchor gets biases of its own
    tensors, state = first.state()
    plan, network = pico_network(pico_folders, method=_TUNED, training={"steps": 12})
    second = Trainer(plan, network, PicoData())
    second.load_state(tensors, json.loads(json.dumps(state)))
    assert first.network.biases.parameter(1) is not None
    batch = PicoData().train_batch(99, 0)
    (expected,) = first.teacher.distillations(4, [batch], first.device) or ()
    (found,) = second.teacher.distillations(4, [batch], second.device) or ()
    assert torch.equal(found.logits, expected.logits)
    assert second.run_step([4]) == first.run_step([4])


def test_the_loss_of_a_taught_step_is_the_mix_that_is_asked_for(pico_folders: list[Path]) -> None:
    """Against the formula of arXiv 1503.02531 in float64."""
    method = {"distillation": {"teacher": "co-trained", "weight": 0.3, "temperature": 3}}
    trainer = _trainer(pico_folders, method)
    _run(trainer, 3)
    batch = PicoData().train_batch(3, 0)
    with torch.no_grad():
        student, teacher = (trainer.network(batch.inputs, s).double() for s in (4, 1))
    record = trainer.run_step([4])
    p, q = (teacher / 3).softmax(1), (student / 3).log_softmax(1)
    divergence = (p * ((teacher / 3).log_softmax(1) - q)).sum(1).mean()
    labels = torch.nn.functional.cross_entropy(student, batch.labels)
    assert record.loss == pytest.approx(float(0.7 * labels + 0.3 * 9 * divergence), rel=1e-5)


@pytest.mark.parametrize("stop", [0, 5, 6, 7, 11])
def test_a_run_stopped_in_any_phase_goes_on_bit_for_bit(pico_folders: list[Path], stop: int) -> None:
    method = _TUNED | {"importance": {"score": "final-training-loss"}}
    whole = _trainer(pico_folders, method)
    records = _run(whole)
    first = _trainer(pico_folders, method)
    _run(first, stop)
    tensors, state = first.state()
    plan, network = pico_network(pico_folders, method=method)
    second = Trainer(plan, network, PicoData())
    second.load_state(tensors, json.loads(json.dumps(state)))
    assert _run(second) == records[stop:]
    assert second.final_scores() == whole.final_scores()
    expected, got = whole.state()[0], second.state()[0]
    assert expected.keys() == got.keys()
    assert all(torch.equal(expected[name], got[name]) for name in expected)
    assert any(name.startswith("teacher.") for name in got)

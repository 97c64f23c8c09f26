"""The trainer: isolation of stitches, exact continuation, learning, errors."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation.trainer import StepRecord, Trainer
from esta_engine.errors import EngineError
from esta_engine.nn.tensors import shared_tensors
from pico import METHODS, PicoData, pico_network
from torch import Tensor
from torch.nn import functional as F


def _trainer(
    folders: list[Path],
    method: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    data: Any = None,
) -> Trainer:
    plan, network = pico_network(folders, method=method, training=training)
    trainer = Trainer(plan, network, data or PicoData())
    trainer.initialise()
    return trainer


def _run(trainer: Trainer, steps: int | None = None) -> list[StepRecord]:
    records = []
    while not trainer.done and (steps is None or len(records) < steps):
        records.append(trainer.run_step())
    return records


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_step_leaves_every_other_stitchs_biases_and_state_bit_identical(
    pico_folders: list[Path], optimizer: str, checkpointing: bool
) -> None:
    trainer = _trainer(
        pico_folders,
        method={"stitch_bias": {"sites": "all", "learning_rate": 0.05}},
        training={
            "steps": 40,
            "optimizer": {"name": optimizer, "weight_decay": 0.1, "momentum": 0.9},
            "activation_checkpointing": checkpointing,
        },
    )
    _run(trainer, 20)  # every stitch was drawn, so that momentum exists
    assert min(trainer.draws) > 0

    def own(stitch: int, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        names = (f"biases.{stitch}", f"optimizer.biases.{stitch}.")
        return {k: v for k, v in tensors.items() if k == names[0] or k.startswith(names[1])}

    for _ in range(10):
        before, _ = trainer.state()
        record = trainer.run_step()
        after, _ = trainer.state()
        for stitch in range(len(trainer.plan.stitches)):
            old, new = own(stitch, before), own(stitch, after)
            assert len(old) >= 2 and old.keys() == new.keys()
            same = all(torch.equal(old[name], new[name]) for name in old)
            assert same == (stitch not in record.stitches)


def test_a_step_leaves_what_is_off_its_route_and_the_anchors_alone(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders, training={"optimizer": {"weight_decay": 0.1}})
    frozen = {n: p.clone() for n, p in trainer.network.named_parameters() if not p.requires_grad}
    for _ in range(6):
        before, _ = trainer.state()
        (stitch,) = trainer.run_step().stitches
        after, _ = trainer.state()
        on_route = {
            id(p) for p in trainer.network.route_parameters(stitch) + trainer.network.head_parameters(stitch)
        }
        for name, parameter in shared_tensors(trainer.network).items():
            if id(parameter) not in on_route:
                assert torch.equal(before[name], after[name]), name
    for name, parameter in trainer.network.named_parameters():
        assert name not in frozen or torch.equal(parameter, frozen[name])


_CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "esta": ({"name": "esta"}, {}),
    "esta-two-stitches-sgd": (
        {"name": "esta", "stitches_per_step": 2},
        {"optimizer": {"name": "sgd", "weight_decay": 0.01}, "accumulation": 2, "label_smoothing": 0.1},
    ),
    "esta-checkpointing-bf16": ({"name": "esta"}, {"activation_checkpointing": True, "precision": "bf16"}),
    "esta-more-scores": ({"name": "esta", "importance": {"also": ["fisher", "kl-to-largest"]}}, {}),
    "lora": ({"name": "lora"}, {"steps": 6}),
    "lora-stitches": ({"name": "lora", "stitches": [6, 0, 3]}, {"steps": 4}),
    "full-stitches": ({"name": "full", "stitches": [5, 2]}, {"steps": 6}),
    "linear-probe": ({"name": "linear-probe"}, {"steps": 6}),
    "snnet": ({"name": "snnet"}, {}),
    "snnetv2": ({"name": "snnetv2"}, {}),
}


@pytest.mark.parametrize("case", _CASES)
@pytest.mark.parametrize("stop", [0, 1, 7])
def test_a_loaded_state_goes_on_bit_for_bit(pico_folders: list[Path], case: str, stop: int) -> None:
    method, training = _CASES[case]
    whole = _trainer(pico_folders, method, training)
    records = _run(whole)

    first = _trainer(pico_folders, method, training)
    _run(first, stop)
    tensors, state = first.state()
    plan, network = pico_network(pico_folders, method=method, training=training)
    second = Trainer(plan, network, PicoData())
    second.load_state(tensors, json.loads(json.dumps(state)))
    assert _run(second) == records[stop:]
    assert second.final_scores() == whole.final_scores()
    expected, got = whole.state()[0], second.state()[0]
    assert expected.keys() == got.keys()
    assert all(torch.equal(expected[name], got[name]) for name in expected)


def test_a_saved_state_is_a_copy(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders)
    _run(trainer, 2)
    tensors, _ = trainer.state()
    kept = {name: tensor.clone() for name, tensor in tensors.items()}
    _run(trainer, 3)
    assert all(torch.equal(tensors[name], kept[name]) for name in kept)


def test_state_that_does_not_exist_is_absent(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders)
    tensors, _ = trainer.state()
    assert not [name for name in tensors if name.startswith(("optimizer.", "biases."))]
    (stitch,) = trainer.run_step().stitches
    tensors, _ = trainer.state()
    assert {n.split(".")[1] for n in tensors if n.startswith("biases.")} == {str(stitch)}


def test_another_plans_state_is_refused_with_names(pico_folders: list[Path], tmp_path: Path) -> None:
    tensors, state = _trainer(pico_folders, {"lora": {"rank": 3}}).state()
    other = _trainer(pico_folders)
    before = other.state()[0]
    with pytest.raises(EngineError, match=r"lora_a is \[3, 16\], not \[4, 16\]"):
        other.load_state(tensors, state)
    after = other.state()[0]
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_learns(pico_folders: list[Path], name: str) -> None:
    trainer = _trainer(pico_folders, {"name": name}, {"steps": 120, "batch_size": 8})
    _run(trainer)
    batch = PicoData(batch_size=200).train_batch(10**6, 0)
    trained = range(len(trainer.plan.stitches)) if trainer.plan.alone is None else trainer.plan.alone
    with torch.no_grad():
        for stitch in trained:
            accuracy = (trainer.network(batch.inputs, stitch).argmax(1) == batch.labels).float().mean()
            assert accuracy > 0.6, (stitch, accuracy)  # chance is 0.2


def test_the_gradient_of_a_step_is_the_mean_over_stitches_and_parts(pico_folders: list[Path]) -> None:
    """SGD without momentum, one step: the head's update is the learning rate times the plain gradient."""
    trainer = _trainer(
        pico_folders,
        {"stitches_per_step": 2},
        {
            "optimizer": {"name": "sgd", "momentum": 0},
            "accumulation": 2,
            "clip_norm": None,
            "warmup_steps": 0,
        },
    )
    network, data = trainer.network, PicoData()
    stitches = trainer.sampler.draw(0, trainer.importance.averages)
    losses = [
        F.cross_entropy(network(batch.inputs, stitch), batch.labels)
        for stitch in stitches
        for batch in (data.train_batch(0, part) for part in range(2))
    ]
    loss: Any = sum(losses) / len(losses)
    head: Any = network.head_of(stitches[0])
    (expected,) = torch.autograd.grad(loss, [head.weight])
    before = head.weight.detach().clone()
    record = trainer.run_step()
    torch.testing.assert_close(before - head.weight, 1e-2 * expected, rtol=1e-4, atol=1e-8)
    assert record.loss == pytest.approx(loss.item(), rel=1e-5)


def test_clipping_scales_the_whole_step(pico_folders: list[Path]) -> None:
    updates, norms = [], []
    for clip in (None, 0.01):
        trainer = _trainer(pico_folders, {}, {"optimizer": {"name": "sgd", "momentum": 0}, "clip_norm": clip})
        before = trainer.state()[0]
        record = trainer.run_step()
        after = trainer.state()[0]
        updates.append({n: after[n] - before[n] for n in before})
        norms.append(record.gradient_norm)
    assert norms[0] == norms[1] > 0.01
    for name, plain in updates[0].items():
        torch.testing.assert_close(updates[1][name], plain * 0.01 / norms[0], rtol=1e-3, atol=1e-7)


class _Broken(PicoData):
    """Inputs turn to NaN at step 3."""

    def train_batch(self, step: int, part: int) -> Any:
        batch = super().train_batch(step, part)
        if step == 3:
            batch.inputs["pixel_values"][0] = math.nan
        return batch


def test_numbers_that_are_not_finite_stop_before_anything_is_applied(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders, data=_Broken())
    _run(trainer, 3)
    before, _ = trainer.state()
    with pytest.raises(EngineError, match=r"step 4, stitch .* the loss is not finite") as caught:
        trainer.run_step()
    assert caught.value.code == "numeric" and caught.value.step == 4
    assert caught.value.stitch in range(len(trainer.plan.stitches))
    after, _ = trainer.state()
    assert trainer.step_count == 3
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_an_infinite_gradient_of_a_finite_loss_stops_too(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders)
    with torch.no_grad():
        for head in trainer.network.heads:
            head.weight.mul_(1e30)
    with pytest.raises(EngineError, match="not finite"):
        _run(trainer)


def test_lora_tunes_each_anchor_alone_and_exactly_as_if_it_were_the_only_one(
    pico_folders: list[Path],
) -> None:
    both = _trainer(pico_folders, {"name": "lora"}, {"steps": 5})
    records = _run(both)
    assert [r.stitches for r in records] == [[0]] * 5 + [[1]] * 5
    assert [r.step for r in records] == list(range(1, 11))
    alone = _trainer(pico_folders[:1], {"name": "lora"}, {"steps": 5})
    assert [r.loss for r in _run(alone)] == [r.loss for r in records[:5]]
    assert both.final_scores()["training-loss"][2:] == [None] * 7


def test_epochs_become_steps_of_the_training_part(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders, {}, {"steps": None, "epochs": 1.5, "batch_size": 8, "accumulation": 2})
    assert trainer.total_steps == math.ceil(1.5 * 40 / 16)


def test_the_global_generator_has_no_say(pico_folders: list[Path]) -> None:
    results = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        trainer = _trainer(pico_folders)
        torch.manual_seed(seed + 10)
        results.append(_run(trainer))
    assert results[0] == results[1]

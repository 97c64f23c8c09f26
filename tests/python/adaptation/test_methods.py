"""Methods as peers: what each trains and leaves alone, and that stitches tuned one by one share nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation.methods import METHODS
from esta_engine.adaptation.methods.alone import separate
from esta_engine.adaptation.trainer import StepRecord, Trainer
from esta_engine.nn.tensors import adapter_tensors
from esta_engine.terms import ALONE_METHODS
from pico import PicoData, images, make_pico_plan, pico_network


def _trainer(folders: list[Path], method: dict[str, Any], steps: int = 5) -> Trainer:
    plan, network = pico_network(folders, method=method, training={"steps": steps})
    trainer = Trainer(plan, network, PicoData())
    trainer.initialise()
    return trainer


def _run(trainer: Trainer) -> list[StepRecord]:
    records = []
    while not trainer.done:
        records.append(trainer.run_step())
    return records


@pytest.mark.parametrize("name", ALONE_METHODS)
def test_a_stitch_tuned_alone_does_not_depend_on_the_others_that_are(
    pico_folders: list[Path], name: str
) -> None:
    """Losses and outputs to the bit, whichever of its neighbours, anchors included, are tuned beside it."""
    several = _trainer(pico_folders, {"name": name, "stitches": [4, 1, 7]})
    records = _run(several)
    assert [r.stitches for r in records] == [[4]] * 5 + [[1]] * 5 + [[7]] * 5
    for position, stitch in enumerate((4, 1, 7)):
        single = _trainer(pico_folders, {"name": name, "stitches": [stitch]})
        own = records[5 * position : 5 * position + 5]
        assert [r.loss for r in _run(single)] == [r.loss for r in own]
        with torch.no_grad():
            expected = single.network(images(3), stitch)
            assert torch.equal(several.network(images(3), stitch), expected)
    assert [number for number, drawn in enumerate(several.draws) if drawn] == [1, 4, 7]


@pytest.mark.parametrize("name", ALONE_METHODS)
def test_a_whole_anchor_is_tuned_alike_in_place_and_on_a_copy(pico_folders: list[Path], name: str) -> None:
    in_place, copied = (
        _trainer(pico_folders, {"name": name, "stitches": stitches}) for stitches in ([1], [1, 5])
    )
    assert len(in_place.network.anchors) == 2 and len(copied.network.anchors) == 5
    assert [r.loss for r in _run(in_place)] == [r.loss for r in _run(copied)[:5]]


@pytest.mark.parametrize("name", ALONE_METHODS)
def test_copies_share_what_stays_frozen_and_nothing_that_trains(pico_folders: list[Path], name: str) -> None:
    trainer = _trainer(pico_folders, {"name": name, "stitches": [3, 4]})
    network = trainer.network
    owners: dict[int, set[int]] = {}
    for number, anchor in enumerate(network.anchors):
        for parameter in anchor.parameters():
            if parameter.requires_grad:
                owners.setdefault(id(parameter), set()).add(number)
    assert all(len(anchors) == 1 for anchors in owners.values())
    frozen = {id(p) for anchor in list(network.anchors)[:2] for p in anchor.parameters()}
    for anchor in list(network.anchors)[2:]:
        assert all(id(p) in frozen for p in anchor.parameters() if not p.requires_grad)
    before = [p.clone() for anchor in list(network.anchors)[:2] for p in anchor.parameters()]
    _run(trainer)
    after = [p for anchor in list(network.anchors)[:2] for p in anchor.parameters()]
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))


def test_a_stitch_tuned_alone_starts_from_its_own_point(pico_folders: list[Path]) -> None:
    plan = make_pico_plan(pico_folders, method={"name": "full", "stitches": [3]})
    shared = plan.stitching_layers[plan.stitches[3].stitching_layers[0]]
    (own,) = separate(plan).layers
    route = plan.stitches[3].route
    assert len(shared.points) > 1
    assert own.points == ((route[0].end - 1, route[1].start),) and own.points[0] in shared.points


def test_a_linear_probe_trains_its_head_alone(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders, {"name": "linear-probe", "stitches": [0, 4]})
    before = trainer.state()[0]
    _run(trainer)
    after = adapter_tensors(trainer.network)
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    heads = ("heads.pico-16@0.0", "heads.pico-32@4.1")
    assert moved == {f"{head}.{key}" for head in heads for key in ("weight", "bias")}


def test_snnetv2_tunes_anchors_and_freezes_the_fitted_weights(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders, {"name": "snnetv2"}, steps=30)
    before = trainer.state()[0]
    _run(trainer)
    after = adapter_tensors(trainer.network)
    for name in after:
        frozen = name.startswith("stitching_layers.") and name.endswith(".weight")
        assert torch.equal(before[name], after[name]) == frozen, name
    ranks = {layer.lora_a.shape[0] for layer in trainer.network.stitching_layers}  # type: ignore[union-attr]
    assert ranks == {16}  # 64, cut to the smaller width


def test_snnetv2_draws_cost_groups_evenly(pico_folders: list[Path]) -> None:
    trainer = _trainer(pico_folders, {"name": "snnetv2"})
    groups: dict[int, float] = {}
    for stitch, share in zip(trainer.plan.stitches, trainer.probabilities(), strict=True):
        groups[stitch.cost_group] = groups.get(stitch.cost_group, 0.0) + share
    assert len(groups) > 1
    assert all(share == pytest.approx(1 / len(groups)) for share in groups.values())


def test_lora_on_the_mlp_starts_equal_and_is_stored_by_name(pico_folders: list[Path]) -> None:
    outputs = []
    for targets in (["query"], ["query", "mlp"]):
        _, network = pico_network(pico_folders, method={"lora": {"targets": targets}})
        with torch.no_grad():
            outputs.append(network(images(2), 3))
    assert torch.equal(*outputs)
    names = {name.split(".")[4] for name in adapter_tensors(network) if name.startswith("anchors.")}
    assert names == {"query", "mlp0", "mlp1"}


def test_every_method_is_tested_here_and_named_as_its_key() -> None:
    assert list(METHODS) == ["esta", "snnet", "snnetv2", "lora", "full", "linear-probe"]
    assert all(method.name == name for name, method in METHODS.items())

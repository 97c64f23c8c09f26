"""Evaluating a stitch: the whole split, whatever the batch size, without gradients."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from esta_engine.adaptation.methods import make_network
from esta_engine.anchors.load import load_anchors
from esta_engine.data.images import ImageData
from esta_engine.data.preprocessing import load_preprocessor
from esta_engine.evaluation.evaluate import MOST_TOGETHER, evaluate_together, groups_of
from esta_engine.plan import make_plan
from pico import IMAGE_SIZE, perturb
from runs import digits_task, raw_plan


@pytest.mark.parametrize("stitch", [0, 1, 4])
def test_a_split_is_measured_whole_whatever_the_batch_size(pico_folders: list[Path], stitch: int) -> None:
    found = []
    for batch_size in (7, 40):
        changes = {"training": {"batch_size": batch_size}}
        plan = make_plan(raw_plan(pico_folders, digits_task(), changes=changes))
        network = make_network(plan, load_anchors(plan))
        data = ImageData(plan, load_preprocessor(pico_folders, 3, IMAGE_SIZE))
        metrics, examples = evaluate_together(network, [stitch], data, "test", torch.device("cpu"))[stitch]
        assert examples == 40
        found.append(metrics)
    (batch,) = data.evaluation_batches("test")
    with torch.no_grad():
        hits = (network(batch.inputs, stitch).argmax(dim=1) == batch.labels).sum().item()
    assert found[0]["accuracy"] == found[1]["accuracy"] == hits / 40
    assert found[0]["loss"] == pytest.approx(found[1]["loss"], rel=1e-5)
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize("sites", ["none", "stitching-layer", "after-stitch", "all"])
def test_stitches_measured_together_give_what_each_gives_alone(pico_folders: list[Path], sites: str) -> None:
    """To the bit, loss included, with biases that differ and batches of unequal sizes."""
    changes = {"method": {"stitch_bias": {"sites": sites}}, "training": {"batch_size": 7}}
    plan = make_plan(raw_plan(pico_folders, digits_task(), changes=changes))
    network = make_network(plan, load_anchors(plan))
    perturb(network, list(range(1, len(plan.stitches))))
    data = ImageData(plan, load_preprocessor(pico_folders, 3, IMAGE_SIZE))
    every, device = [stitch.id for stitch in plan.stitches], torch.device("cpu")
    together = evaluate_together(network, every, data, "test", device)
    assert together == {
        stitch: evaluate_together(network, [stitch], data, "test", device)[stitch] for stitch in every
    }
    assert len({measured[0]["loss"] for measured in together.values()}) == len(every)


def test_groups_hold_every_stitch_once_and_fit_the_memory(pico_folders: list[Path]) -> None:
    plan = make_plan(raw_plan(pico_folders, digits_task()))
    network = make_network(plan, load_anchors(plan))
    every = [stitch.id for stitch in plan.stitches]
    together = [min(MOST_TOGETHER, len(every))]

    def groups(classes: int, examples: int) -> list[list[int]]:
        data: Any = SimpleNamespace(classes=[""] * classes, size=lambda split: examples)
        return list(groups_of(every, network, data, "test"))

    assert [len(group) for group in groups(10, 40)] == together
    single = groups(10, 2**28)
    assert [len(group) for group in groups(0, 2**28)] == together  # a language model's logits are not kept
    assert [len(group) for group in single] == [1] * len(every)
    assert sorted(stitch for group in single for stitch in group) == every

"""Evaluating a stitch: the whole split, whatever the batch size, without gradients."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from esta_engine.adaptation.methods import make_network
from esta_engine.anchors.load import load_anchors
from esta_engine.data.images import ImageData
from esta_engine.data.preprocessing import load_preprocessor
from esta_engine.evaluation.evaluate import evaluate_stitch
from esta_engine.plan import make_plan
from runs import digits_task, raw_plan


@pytest.mark.parametrize("stitch", [0, 1, 4])
def test_a_split_is_measured_whole_whatever_the_batch_size(pico_folders: list[Path], stitch: int) -> None:
    found = []
    for batch_size in (7, 40):
        changes = {"training": {"batch_size": batch_size}}
        plan = make_plan(raw_plan(pico_folders, digits_task(), changes=changes))
        network = make_network(plan, load_anchors(plan))
        data = ImageData(plan, load_preprocessor(pico_folders, 3))
        metrics, examples = evaluate_stitch(network, stitch, data, "test", torch.device("cpu"))
        assert examples == 40
        found.append(metrics)
    (batch,) = data.evaluation_batches("test")
    with torch.no_grad():
        hits = (network(batch.inputs, stitch).argmax(dim=1) == batch.labels).sum().item()
    assert found[0]["accuracy"] == found[1]["accuracy"] == hits / 40
    assert found[0]["loss"] == pytest.approx(found[1]["loss"], rel=1e-5)
    assert all(parameter.grad is None for parameter in network.parameters())

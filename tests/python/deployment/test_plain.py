"""The network that is measured is the one that is deployed: its logits are the stitched network's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from esta_engine.deployment.plain import plain_network
from esta_engine.evaluation.latency import sample_batch
from pico import perturb, pico_network
from pico_text import save_text_anchors, text_network


def _agrees(plan: object, network: object, stitch: int) -> None:
    inputs = sample_batch(plan, 3, torch.device("cpu"))  # type: ignore[arg-type]
    with torch.no_grad():
        expected = network(inputs, stitch)  # type: ignore[operator]
    got = plain_network(plan, network, stitch)(**inputs).logits  # type: ignore[arg-type]
    assert (got - expected).abs().max() <= 1e-4 * expected.abs().max()


def test_images(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders)
    stitches = [stitch.id for stitch in plan.stitches]
    perturb(network, stitches)
    for stitch in stitches:
        _agrees(plan, network, stitch)


@pytest.mark.parametrize("kind", ["llama", "bert"])
def test_texts(kind: str, tmp_path: Path) -> None:
    plan, network = text_network(save_text_anchors(tmp_path, kind))
    stitches = [stitch.id for stitch in plan.stitches]
    perturb(network, stitches)
    for stitch in stitches:
        _agrees(plan, network, stitch)

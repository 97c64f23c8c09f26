"""The network that is measured is the one that is deployed: its logits are the stitched network's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from esta_engine.deployment.plain import plain_network
from esta_engine.evaluation.latency import sample_batch
from pico import CODES, perturb, pico_network
from pico_text import save_text_anchors, text_network


def _agrees(plan: object, network: object, stitch: int) -> None:
    inputs = sample_batch(plan, 3, torch.device("cpu"))  # type: ignore[arg-type]
    with torch.no_grad():
        expected = network(inputs, stitch)  # type: ignore[operator]
    got = plain_network(plan, network, stitch)(**inputs).logits  # type: ignore[arg-type]
    assert (got - expected).abs().max() <= 1e-4 * expected.abs().max()


@pytest.mark.parametrize("frozen", ["fp32", "bf16", *CODES])
def test_images(pico_folders: list[Path], frozen: str) -> None:
    plan, network = pico_network(pico_folders, training={"frozen_precision": frozen})
    stitches = [stitch.id for stitch in plan.stitches]
    perturb(network, stitches)
    for stitch in stitches:
        _agrees(plan, network, stitch)


@pytest.mark.parametrize("frozen", ["fp32", "bf16", *CODES])
@pytest.mark.parametrize("kind", ["llama", "bert"])
def test_texts(kind: str, frozen: str, tmp_path: Path) -> None:
    """What is exported is in fp32, whatever the frozen weights are kept in, and computes the same."""
    training = {"frozen_precision": frozen}
    plan, network = text_network(save_text_anchors(tmp_path, kind), training=training)
    stitches = [stitch.id for stitch in plan.stitches]
    perturb(network, stitches)
    for stitch in stitches:
        _agrees(plan, network, stitch)

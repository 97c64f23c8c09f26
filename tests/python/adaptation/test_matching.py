"""Stitching layers that are matched to their end anchor's features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from esta_engine.adaptation.trainer import Trainer
from pico import PicoData, pico_network
from torch import Tensor


def _started(folders: list[Path], method: str, steps: int = 60) -> Trainer:
    settings = {"method": method, "matching": {"steps": steps, "learning_rate": 3e-3}}
    plan, network = pico_network(folders, method={"initialisation": settings})
    trainer = Trainer(plan, network, PicoData())
    trainer.initialise()
    return trainer


@torch.no_grad()
def _errors(trainer: Trainer) -> list[float]:
    """Relative squared error of each stitch's features to its end anchor's, on the samples."""
    (batch,) = PicoData().initialisation_batches(16)
    errors = []
    for stitch in trainer.plan.stitches[2:]:
        target: Tensor = trainer.network.features(batch.inputs, stitch.route[-1].anchor)
        got = trainer.network.features(batch.inputs, stitch.id)
        errors.append(float((got - target).square().mean() / target.square().mean()))
    return errors


def test_matching_brings_the_features_nearer_than_least_squares(pico_folders: list[Path]) -> None:
    fitted, matched = (
        _errors(_started(pico_folders, name)) for name in ("least-squares", "feature-matching")
    )
    random = _errors(_started(pico_folders, "random"))
    assert sum(matched) < 0.8 * sum(fitted) < sum(random)


def test_matching_repeats_to_the_bit_and_changes_nothing_but_the_layers(pico_folders: list[Path]) -> None:
    first, second = (_started(pico_folders, "feature-matching", 5) for _ in range(2))
    plain = _started(pico_folders, "random")
    for name, tensor in first.state()[0].items():
        assert torch.equal(tensor, second.state()[0][name])
        changed = name.startswith("stitching_layers.") and ".lora" not in name
        assert torch.equal(tensor, plain.state()[0][name]) != changed, name
    frozen: list[Any] = [p.requires_grad for p in first.network.stitching_layers[0].parameters()]
    assert frozen == [p.requires_grad for p in plain.network.stitching_layers[0].parameters()]

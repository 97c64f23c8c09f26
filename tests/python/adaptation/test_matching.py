"""Stitching layers that are matched to their end anchor's features."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation import matching
from esta_engine.adaptation.matching import match_features
from esta_engine.adaptation.trainer import Trainer
from pico import PicoBatch, PicoData, pico_network
from pico_text import save_text_anchors, text_network, texts
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


def test_what_texts_are_padded_with_changes_nothing(tmp_path: Path) -> None:
    folders = save_text_anchors(tmp_path)
    weights = []
    for token in (0, 7):
        plan, network = text_network(folders)
        inputs = texts(4, 9)
        ids = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, token)
        batch = PicoBatch({**inputs, "input_ids": ids}, ids)
        settings = {"steps": 3, "learning_rate": 0.01}
        match_features(network, plan.stitching_layers, [batch], settings, torch.device("cpu"))
        weights.append([layer.weight.clone() for layer in network.stitching_layers])
    assert not inputs["attention_mask"].all()
    assert all(torch.equal(one, other) for one, other in zip(*weights, strict=True))


def test_features_of_one_batch_are_in_memory_at_a_time(
    pico_folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, network = pico_network(pico_folders)
    batches = list(PicoData().initialisation_batches(40))[:1] * 8
    made: list[weakref.ref[Tensor]] = []
    alive = []

    def features(*given: Any) -> Tensor:
        alive.append(sum(kept() is not None for kept in made))
        found = real(*given)
        made.append(weakref.ref(found))
        return found

    real = matching._features
    monkeypatch.setattr(matching, "_features", features)
    settings = {"steps": 24, "learning_rate": 0.01}
    match_features(network, plan.stitching_layers, batches, settings, torch.device("cpu"))
    assert len(made) == sum(24 // len(layer.points) for layer in plan.stitching_layers) and max(alive) == 1


def test_it_stops_at_the_step_where_it_is_asked_to(pico_folders: list[Path]) -> None:
    class StopError(Exception):
        pass

    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 7:
            raise StopError

    settings = {"method": "feature-matching", "matching": {"steps": 5, "learning_rate": 3e-3}}
    plan, network = pico_network(pico_folders, method={"initialisation": settings})
    with pytest.raises(StopError):
        Trainer(plan, network, PicoData(), check=check).initialise()
    assert calls == 7

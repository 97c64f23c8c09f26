"""Scores taken once after training, against brute force stitch by stitch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from esta_engine.adaptation.final_scores import FINAL_SCORES, score_all
from esta_engine.adaptation.trainer import Trainer
from pico import PicoData, perturb, pico_network


@pytest.mark.parametrize("name", FINAL_SCORES)
def test_scores_are_means_over_the_examples_of_all_batches(pico_folders: list[Path], name: str) -> None:
    plan, network = pico_network(pico_folders)
    every = [stitch.id for stitch in plan.stitches]
    perturb(network, every)
    data = PicoData()
    batches = [data.train_batch(step, 0) for step in range(3)]
    found = score_all([name], network, every, 1, batches, torch.device("cpu"))[name]
    pixels = torch.cat([batch.inputs["pixel_values"] for batch in batches])
    labels = torch.cat([batch.labels for batch in batches])
    for stitch in every:
        with torch.no_grad():
            own, largest = (network({"pixel_values": pixels}, s).double().log_softmax(1) for s in (stitch, 1))
        if name == "kl-to-largest":
            expected = -(largest.exp() * (largest - own)).sum(1).mean()
        else:
            expected = own[torch.arange(len(labels)), labels].mean()
        assert found[stitch] == pytest.approx(float(expected), rel=1e-4, abs=1e-6)
    # Together with the others as by itself, and the same again.
    assert found == score_all(list(FINAL_SCORES), network, every, 1, batches, torch.device("cpu"))[name]


def test_every_stitch_is_scored_on_examples_that_training_would_have_seen_next(
    pico_folders: list[Path],
) -> None:
    method = {"importance": {"score": "final-training-loss", "samples": 20}}
    plan, network = pico_network(pico_folders, method=method, training={"steps": 3})
    trainer = Trainer(plan, network, PicoData())
    trainer.initialise()
    while not trainer.done:
        record = trainer.run_step()
    assert record.scores == [-record.loss]  # what steers the sampling meanwhile
    (scores,) = trainer.final_scores().values()
    assert min(trainer.draws) == 0 and None not in scores
    data = PicoData()
    batches = [data.train_batch(step, 0) for step in (3, 4, 5)]
    name = "final-training-loss"
    expected = score_all([name], network, range(len(plan.stitches)), 1, batches, torch.device("cpu"))
    assert scores == list(expected[name].values())


def test_what_is_not_finite_has_no_score(pico_folders: list[Path]) -> None:
    _, network = pico_network(pico_folders)
    with torch.no_grad():
        network.heads[0].weight.fill_(torch.inf)
    batches = [PicoData().train_batch(0, 0)]
    (found,) = score_all(["kl-to-largest"], network, [0, 1], 1, batches, torch.device("cpu")).values()
    assert found[0] is None and found[1] is not None

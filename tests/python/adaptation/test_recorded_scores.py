"""Scores that are recorded besides the one that chooses: nothing of the training depends on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation.final_scores import FINAL_SCORES
from esta_engine.adaptation.importance import SCORES
from esta_engine.adaptation.trainer import Trainer
from pico import PicoData, pico_network

EVERY = [*SCORES, *FINAL_SCORES]


def _trained(folders: list[Path], method: dict[str, Any]) -> tuple[Trainer, list[Any]]:
    plan, network = pico_network(folders, method=method, training={"steps": 24})
    trainer = Trainer(plan, network, PicoData())
    trainer.initialise()
    return trainer, [trainer.run_step() for _ in range(24)]


@pytest.mark.parametrize("score", ["snip", "final-training-loss"])
@pytest.mark.parametrize("stitches_per_step", [1, 2])
def test_training_is_the_same_to_the_bit_whatever_is_recorded_besides(
    pico_folders: list[Path], score: str, stitches_per_step: int
) -> None:
    # Drawn by importance, so that a score that steered would be seen in the draws.
    sampling = {"strategy": "importance", "warmup_draws": 0, "floor": 0.1, "anchor_share": 0}
    method = {"stitches_per_step": stitches_per_step, "sampling": sampling}
    plain, records = _trained(pico_folders, {**method, "importance": {"score": score}})
    more, again = _trained(pico_folders, {**method, "importance": {"score": score, "also": EVERY}})
    assert again == records
    (expected, state), (got, more_state) = plain.state(), more.state()
    assert expected.keys() == got.keys() and all(torch.equal(expected[n], got[n]) for n in expected)
    assert more_state["importance"] == state["importance"] and more_state["beside"].keys() > set()
    found = more.final_scores()
    assert list(found) == list(dict.fromkeys([score, *EVERY]))
    assert found[score] == plain.final_scores()[score] and list(plain.final_scores()) == [score]


def test_what_is_recorded_is_what_a_run_with_that_score_finds(pico_folders: list[Path]) -> None:
    sampling = {"strategy": "uniform", "anchor_share": 0}  # then no score steers, and all runs are the same
    one, _ = _trained(pico_folders, {"sampling": sampling, "importance": {"score": "snip", "also": EVERY}})
    recorded = one.final_scores()
    for name in EVERY:
        own, _ = _trained(pico_folders, {"sampling": sampling, "importance": {"score": name}})
        assert own.final_scores() == {name: recorded[name]}
    values = [tuple(each) for each in recorded.values()]
    assert len(set(values)) == len(EVERY)  # no two scores are the same, so that none can stand for another

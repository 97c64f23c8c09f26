"""The loss against `transformers`' own and against a sum token by token; language models learn with it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation.gradients import stitch_gradients
from esta_engine.adaptation.objective import count_labels, summed_loss
from esta_engine.adaptation.trainer import Trainer
from esta_engine.errors import EngineError
from hypothesis import given, settings
from hypothesis import strategies as st
from pico import PicoBatch
from pico_text import CountingData, save_text_anchors, text_network, texts
from torch import Tensor

_PLAIN = {"precision": "fp32", "label_smoothing": 0.0}
_CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return text_network(save_text_anchors(tmp_path_factory.mktemp("objective")))[1]


def _batch(labelled: Tensor, padding: str = "right") -> PicoBatch:
    inputs = texts(*labelled.shape, padding=padding)
    kept = labelled & (inputs["attention_mask"] == 1)
    return PicoBatch(inputs, inputs["input_ids"].masked_fill(~kept, -100))


@pytest.mark.parametrize("padding", ["none", "left", "right"])
def test_a_whole_anchors_loss_is_transformers_own(network: Any, padding: str) -> None:
    batch = _batch(torch.arange(9).expand(4, 9) >= 4, padding)
    with torch.no_grad():
        ours = summed_loss(network, 1, batch, _PLAIN, _CPU) / count_labels(batch)
        theirs = network.anchor(1).model(**batch.inputs, labels=batch.labels).loss
    torch.testing.assert_close(ours, theirs)


@settings(max_examples=25, deadline=None)
@given(labelled=st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=3))
def test_the_sum_has_a_term_for_each_label_and_no_other(network: Any, labelled: list[list[bool]]) -> None:
    batch = _batch(torch.tensor(labelled))
    stitch = len(network.stitches) - 1
    expected, terms = 0.0, 0
    with torch.no_grad():
        log_p = network(batch.inputs, stitch).log_softmax(dim=-1)
        for row in range(len(labelled)):
            for place in range(1, 6):
                label = int(batch.labels[row, place])
                if label != -100:
                    expected -= float(log_p[row, place - 1, label])
                    terms += 1
        got = float(summed_loss(network, stitch, batch, _PLAIN, _CPU))
    assert count_labels(batch) == terms
    assert math.isclose(got, expected, rel_tol=1e-5, abs_tol=1e-6)


def test_accumulated_batches_weigh_by_their_labels(network: Any) -> None:
    whole = _batch(torch.arange(9).expand(4, 9) >= torch.tensor([[2], [8], [5], [7]]), "none")
    parts = [
        PicoBatch({k: v[rows] for k, v in whole.inputs.items()}, whole.labels[rows])
        for rows in (slice(0, 1), slice(1, 4))
    ]
    one = stitch_gradients(network, 4, [whole], _PLAIN, _CPU)
    several = stitch_gradients(network, 4, parts, _PLAIN, _CPU)
    assert math.isclose(one.loss, several.loss, rel_tol=1e-6)
    for a, b in zip(one.gradients, several.gradients, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_a_step_without_labels_is_refused(network: Any) -> None:
    with pytest.raises(EngineError, match="no label to learn from"):
        stitch_gradients(network, 0, [_batch(torch.zeros(2, 9, dtype=torch.bool))], _PLAIN, _CPU)


def _trainer(folder: Path, kind: str, **options: Any) -> Trainer:
    plan, network = text_network(save_text_anchors(folder, kind), **options)
    trainer = Trainer(plan, network, CountingData(decoder=kind != "bert"))
    trainer.initialise()
    return trainer


def _mean_loss(trainer: Trainer) -> float:
    batches = [trainer.data.train_batch(step, 0) for step in range(500, 504)]
    with torch.no_grad():
        sums = [
            float(summed_loss(trainer.network, stitch.id, batch, _PLAIN, _CPU)) / count_labels(batch)
            for stitch in trainer.plan.stitches
            for batch in batches
        ]
    return sum(sums) / len(sums)


@pytest.mark.parametrize("kind", ["llama", "qwen3", "bert"])
@pytest.mark.parametrize("method", ["esta", "snnet", "lora"])
def test_language_models_learn(kind: str, method: str, tmp_path: Path) -> None:
    trainer = _trainer(tmp_path, kind, method={"name": method}, training={"steps": 150})
    if method == "lora":  # it has the whole anchors only
        object.__setattr__(trainer.plan, "stitches", trainer.plan.stitches[:2])
    before = _mean_loss(trainer)
    while not trainer.done:
        assert math.isfinite(trainer.run_step().loss)
    assert _mean_loss(trainer) < 0.9 * before


@pytest.mark.parametrize("kind", ["llama", "bert"])
def test_a_stopped_run_goes_on_bit_for_bit(kind: str, tmp_path: Path) -> None:
    options = {"training": {"steps": 8, "activation_checkpointing": True}}
    whole, stopped, resumed = (_trainer(tmp_path / name, kind, **options) for name in "abc")
    for _ in range(4):
        stopped.run_step()
    resumed.load_state(*stopped.state())
    while not whole.done:
        whole.run_step()
    while not resumed.done:
        resumed.run_step()
    expected, got = whole.state(), resumed.state()
    assert expected[1] == got[1] and expected[0].keys() == got[0].keys()
    assert all(torch.equal(tensor, got[0][name]) for name, tensor in expected[0].items())


def test_tied_weights_are_trained_once_where_everything_trains(tmp_path: Path) -> None:
    folders = save_text_anchors(tmp_path, tie_word_embeddings=True)
    plan, network = text_network(folders, method={"name": "snnet"}, training={"steps": 2})
    batch = CountingData(decoder=True).train_batch(0, 0)
    for stitch in (0, len(plan.stitches) - 1):
        found = stitch_gradients(network, stitch, [batch], _PLAIN, _CPU)
        assert len({id(parameter) for parameter in found.parameters}) == len(found.parameters)
    Trainer(plan, network, CountingData(decoder=True)).run_step()
    for number in (0, 1):
        anchor = network.anchor(number)
        assert anchor.own_head().weight is anchor.body.embed_tokens.weight

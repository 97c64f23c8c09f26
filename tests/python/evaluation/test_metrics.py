"""Metrics against scikit-learn."""

from __future__ import annotations

import pytest
import torch
from esta_engine.evaluation.metrics import METRICS, measure
from esta_engine.seeding import generator
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, log_loss
from torch import Tensor


def draw(examples: int, classes: int, seed: int) -> tuple[Tensor, Tensor]:
    rng = generator(seed, "metrics")
    return torch.randn(examples, classes, generator=rng), torch.randint(classes, (examples,), generator=rng)


@given(st.integers(1, 40), st.integers(2, 6), st.integers(0, 999))
def test_metrics_agree_with_scikit_learn(examples: int, classes: int, seed: int) -> None:
    logits, labels = draw(examples, classes, seed)
    predictions, found = logits.argmax(dim=1).numpy(), measure(logits, labels)
    present = sorted(set(labels.tolist()) | set(predictions.tolist()))
    macro = f1_score(labels.numpy(), predictions, average="macro", labels=present, zero_division=0)
    probabilities = logits.double().softmax(dim=1).numpy()
    assert set(found) == set(METRICS)
    assert found["accuracy"] == pytest.approx(accuracy_score(labels.numpy(), predictions))
    assert found["macro-f1"] == pytest.approx(macro)
    assert found["loss"] == pytest.approx(log_loss(labels.numpy(), probabilities, labels=range(classes)))


@given(st.integers(2, 30), st.integers(0, 99))
def test_metrics_do_not_depend_on_the_order_of_examples(examples: int, seed: int) -> None:
    logits, labels = draw(examples, 4, seed)
    order = torch.randperm(examples, generator=generator(seed, "order"))
    assert measure(logits[order], labels[order]) == pytest.approx(measure(logits, labels))
    assert measure(logits, labels) == measure(logits, labels)

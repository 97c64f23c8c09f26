"""The closed-form classifier that heads may start from."""

from __future__ import annotations

import math

import pytest
import torch
from esta_engine.nn import ridge_classifier
from esta_engine.nn.ridge_classifier import fit_classifier
from torch import Tensor
from torch.nn import functional as F


def _clouds(examples: int, width: int, classes: int = 3, spread: float = 1.0) -> tuple[Tensor, Tensor]:
    """Gaussian clouds about a centre for each class, off the origin."""
    rng = torch.Generator().manual_seed(examples + width)
    labels = torch.arange(examples) % classes
    centres = torch.randn(classes, width, generator=rng) + 5
    return centres[labels] + spread * torch.randn(examples, width, generator=rng), labels


def _one_out(features: Tensor, labels: Tensor, classes: int, ridge: float) -> Tensor:
    """Outputs for each example of the damped least squares that are fitted to all the others, one by one."""
    scatter = (features - features.mean(0)).T @ (features - features.mean(0))
    damping = ridge * torch.linalg.eigvalsh(scatter)[-1] * torch.eye(features.shape[1])
    unseen = []
    for number in range(len(features)):
        kept = torch.arange(len(features)) != number
        x, y = features[kept], F.one_hot(labels[kept], classes).double()
        # The centre of all, whose bias is fitted along: a bordered system.
        rows = torch.cat([x - features.mean(0), torch.ones(len(x), 1)], dim=1)
        normal = rows.T @ rows
        normal[:-1, :-1] += damping
        solution = torch.linalg.solve(normal, rows.T @ y)
        unseen.append(torch.cat([features[number] - features.mean(0), torch.ones(1)]) @ solution)
    return torch.stack(unseen)


def test_the_choice_is_that_of_fitting_without_each_example(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = _clouds(24, 5, spread=2.0)
    features = features.double()
    ridges, scales = [1e-4, 1e-2, 1.0], [1.0, 2.0, 4.0, 8.0]
    monkeypatch.setattr(ridge_classifier, "_RIDGES", ridges)
    monkeypatch.setattr(ridge_classifier, "_SCALES", scales)
    torch.set_default_dtype(torch.float64)
    try:
        losses = {
            (ridge, scale): float(F.cross_entropy(scale * _one_out(features, labels, 3, ridge), labels))
            for ridge in ridges
            for scale in scales
        }
    finally:
        torch.set_default_dtype(torch.float32)
    ridge, scale = min(losses, key=losses.__getitem__)
    # Without the last factor, of which the test below tells.
    monkeypatch.setattr(ridge_classifier, "_largest_factor", lambda logits, labels, loss: 1.0)
    weight, bias = fit_classifier(features, labels, 3)
    centred = features - features.mean(0)
    scatter = centred.T @ centred
    damped = scatter + ridge * torch.linalg.eigvalsh(scatter)[-1] * torch.eye(5, dtype=torch.float64)
    targets = F.one_hot(labels, 3).double()
    expected = scale * torch.linalg.solve(damped, centred.T @ (targets - targets.mean(0)))
    torch.testing.assert_close(weight, expected.T)
    torch.testing.assert_close(features @ weight.T + bias, centred @ expected + scale * targets.mean(0))


@pytest.mark.parametrize(("examples", "width", "spread"), [(60, 8, 1.5), (20, 200, 3.0)])
def test_it_tells_unseen_examples_and_is_not_too_sure(examples: int, width: int, spread: float) -> None:
    features, labels = _clouds(2 * examples, width, spread=spread)
    fitted, rest = slice(0, examples), slice(examples, None)
    weight, bias = fit_classifier(features[fitted], labels[fitted], 3)
    logits = features[rest].double() @ weight.T + bias
    loss = F.cross_entropy(logits, labels[rest])
    assert float((logits.argmax(1) == labels[rest]).double().mean()) > 0.6
    assert float(loss) < float(torch.tensor(3.0).log())


@pytest.mark.parametrize(("examples", "width"), [(24, 5), (60, 40), (20, 200)])
def test_it_is_no_surer_of_its_own_examples_than_the_others_were_of_each(
    monkeypatch: pytest.MonkeyPatch, examples: int, width: int
) -> None:
    features, labels = _clouds(examples, width, spread=2.0)
    monkeypatch.setattr(ridge_classifier, "_RIDGES", [1e-2])
    monkeypatch.setattr(ridge_classifier, "_SCALES", [4.0])
    weight, bias = fit_classifier(features, labels, 3)
    logits = features.double() @ weight.T + bias
    torch.set_default_dtype(torch.float64)
    try:
        unseen = 4.0 * _one_out(features.double(), labels, 3, 1e-2)
    finally:
        torch.set_default_dtype(torch.float32)
    found, wanted = F.cross_entropy(logits, labels), F.cross_entropy(unseen, labels)
    assert float(found) == pytest.approx(min(float(wanted), math.log(3)), abs=1e-9)


def test_the_factor_is_one_where_nothing_is_to_be_taken_back() -> None:
    logits, labels = torch.tensor([[2.0, 0.0], [0.0, 1.0]]).double(), torch.tensor([0, 1])
    seen = float(F.cross_entropy(logits, labels))
    assert ridge_classifier._largest_factor(logits, labels, seen) == 1
    assert ridge_classifier._largest_factor(logits, labels, 1.0) == 0
    factor = ridge_classifier._largest_factor(logits, labels, 0.5)
    assert float(F.cross_entropy(factor * logits, labels)) == pytest.approx(0.5, abs=1e-9)


def test_what_features_are_measured_in_and_from_where_does_not_matter() -> None:
    features, labels = _clouds(40, 6)
    weight, bias = fit_classifier(features.double(), labels, 3)
    moved = 1000 * features.double() + 50
    again, shift = fit_classifier(moved, labels, 3)
    torch.testing.assert_close(
        moved @ again.T + shift, features.double() @ weight.T + bias, rtol=1e-6, atol=1e-6
    )


def test_the_same_examples_give_the_same_bits() -> None:
    features, labels = _clouds(30, 50)
    first, second = (fit_classifier(features, labels, 3) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert torch.equal(one, other)


def test_odd_data_give_finite_weights() -> None:
    for features, labels in [
        (torch.ones(5, 4), torch.tensor([0, 1, 0, 1, 1])),  # nothing to tell classes by
        (torch.randn(2, 7), torch.tensor([2, 2])),  # one class only
        (torch.eye(6), torch.arange(6) % 3),
    ]:
        weight, bias = fit_classifier(features, labels, 4)
        assert weight.isfinite().all() and bias.isfinite().all()
        assert not weight[3].any() and bias[3] == 0  # a class without an example
    with pytest.raises(ValueError, match="got 1 example"):
        fit_classifier(torch.ones(1, 3), torch.tensor([0]), 2)

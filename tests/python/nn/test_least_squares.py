"""Least squares against torch.linalg.lstsq, and where lstsq gives up."""

from __future__ import annotations

import pytest
import torch
from esta_engine.nn.least_squares import CrossMoments, Moments, Solver, solve
from esta_engine.seeding import generator
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor


def _rows(seed: int, n: int, p: int, q: int, mean: float = 0.0) -> tuple[Tensor, Tensor]:
    rng = generator(seed, "rows")
    x = torch.randn(n, p, generator=rng, dtype=torch.float64) + mean
    y = x @ torch.randn(p, q, generator=rng, dtype=torch.float64)
    return x, y + torch.randn(n, q, generator=rng, dtype=torch.float64) - 3


def _reference(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    with_one = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    solution = torch.linalg.lstsq(with_one, y).solution
    return solution[:-1].T, solution[-1]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 8), st.floats(-100, 100))
def test_equals_lstsq(seed: int, p: int, q: int, mean: float) -> None:
    x, y = _rows(seed, 4 * p + 8, p, q, mean)
    weight, bias = solve(x, y)
    expected_weight, expected_bias = _reference(x, y)
    torch.testing.assert_close(weight, expected_weight, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(bias, expected_bias, rtol=1e-8, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_batches_do_not_matter(seed: int, size: int) -> None:
    x, y = _rows(seed, 60, 5, 3, mean=7.0)
    x_moments, y_moments, cross = Moments(), Moments(), CrossMoments()
    for part_x, part_y in zip(x.split(size), y.split(size), strict=True):
        cross.add(x_moments.add(part_x), y_moments.add(part_y))
    weight, bias = Solver(x_moments, 1e-6).solve(y_moments, cross)
    whole_weight, whole_bias = solve(x, y, 1e-6)
    torch.testing.assert_close(weight, whole_weight, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(bias, whole_bias, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("ridge", [0.0, 1e-6])
def test_rank_deficient_rows_give_the_smallest_finite_solution(ridge: float) -> None:
    x, _ = _rows(1, 50, 4, 1)
    doubled = torch.cat([x, x, torch.zeros(50, 2, dtype=torch.float64)], dim=1)  # rank 4 of 10 columns
    y = x @ torch.ones(4, 2, dtype=torch.float64) + 5
    weight, bias = solve(doubled, y, ridge)
    torch.testing.assert_close(doubled @ weight.T + bias, y, rtol=1e-4, atol=1e-4)
    half = torch.full((2, 8), 0.5, dtype=torch.float64)  # the smallest solution shares between the copies
    torch.testing.assert_close(weight[:, :8], half, rtol=1e-4, atol=1e-4)
    assert weight[:, 8:].abs().max() == 0


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_fewer_rows_than_columns_fit_exactly(rows: int) -> None:
    x, y = _rows(2, rows, 9, 3)
    weight, bias = solve(x, y)
    assert torch.isfinite(weight).all()
    torch.testing.assert_close(x @ weight.T + bias, y, rtol=1e-8, atol=1e-8)


def test_a_large_mean_costs_no_digits() -> None:
    """Uncentred normal equations lose all of them here: 1e8 squared is beyond float64's 16 digits."""
    x, y = _rows(3, 80, 6, 2)
    weight, _ = solve(x, y)
    shifted, _ = solve(x + 1e8, y)
    torch.testing.assert_close(shifted, weight, rtol=1e-5, atol=1e-5)


def test_ridge_shrinks_and_leaves_the_bias_alone() -> None:
    x, y = _rows(4, 80, 6, 2)
    plain, _ = solve(x, y)
    shrunk, bias = solve(x, y, ridge=1e9)
    assert shrunk.norm() < 1e-6 * plain.norm()
    torch.testing.assert_close(bias, y.mean(dim=0), rtol=1e-6, atol=1e-6)


def test_float32_rows_are_summed_in_float64() -> None:
    x, y = _rows(5, 200, 8, 3)
    weight, bias = solve(x.float(), y.float())
    assert weight.dtype == bias.dtype == torch.float64
    expected, _ = _reference(x.float().double(), y.float().double())
    torch.testing.assert_close(weight, expected, rtol=1e-9, atol=1e-9)


def test_twice_the_same_bits() -> None:
    x, y = _rows(6, 100, 8, 3)
    assert all(torch.equal(a, b) for a, b in zip(solve(x, y, 1e-6), solve(x, y, 1e-6), strict=True))

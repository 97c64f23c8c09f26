"""Codes of 8 and 4 bits: a reference in plain loops, bounds on the error, the same codes each time."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from esta_engine.nn.codes import decode, encode, encodes
from esta_engine.seeding import generator
from hypothesis import given, settings
from hypothesis import strategies as st
from pico import CODES
from runs import python_output
from torch import Tensor

#: Of QLoRA's paper (arXiv 2305.14314, appendix E).
NF4_VALUES = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023,
    1.0,
)  # fmt: skip


def matrix(outputs: int, inputs: int, seed: int) -> Tensor:
    return torch.randn(outputs, inputs, generator=generator(seed, "codes"))


def nearest(weight: Tensor, precision: str) -> Tensor:
    """What the codes are to stand for, weight by weight."""
    flat = weight.flatten().tolist()
    size = weight.shape[1] if precision == "int8" else 64
    levels = [code / 127 for code in range(-127, 128)] if precision == "int8" else NF4_VALUES
    found = []
    for start in range(0, len(flat), size):
        part = flat[start : start + size]
        largest = max(abs(value) for value in part)
        found += [largest * min(levels, key=lambda level: abs(value - largest * level)) for value in part]
    return torch.tensor(found).view(weight.shape)


@pytest.mark.parametrize("precision", CODES)
@settings(deadline=None, max_examples=20)
@given(outputs=st.integers(1, 5), pairs=st.integers(1, 80), seed=st.integers(0, 9))
def test_a_weight_is_the_nearest_level_of_its_row_or_block(
    precision: str, outputs: int, pairs: int, seed: int
) -> None:
    weight = matrix(outputs, 2 * pairs, seed)
    codes, scales = encode(weight, precision)
    decoded = decode(codes, scales)
    error, least = (decoded - weight).abs(), (nearest(weight, precision) - weight).abs()
    assert (error <= least + 1e-5).all()


@pytest.mark.parametrize("precision", CODES)
def test_in_float64_the_matrix_is_the_one_of_fp32(precision: str) -> None:
    codes, scales = encode(matrix(6, 64, 1), precision)
    exact = decode(codes, scales.double(), torch.float64)
    assert exact.dtype == torch.float64
    torch.testing.assert_close(exact.float(), decode(codes, scales))


@pytest.mark.parametrize("precision", CODES)
def test_codes_take_the_bytes_that_the_planner_counts(precision: str) -> None:
    weight = matrix(96, 128, 0)
    codes, scales = encode(weight, precision)
    held = sum(tensor.numel() * tensor.element_size() for tensor in (codes, scales))
    assert held == (96 * 128 + 4 * 96 if precision == "int8" else 96 * 128 // 2 + 96 * 128 // 16)


@pytest.mark.parametrize("precision", CODES)
def test_codes_and_what_they_stand_for_are_the_same_each_time(precision: str) -> None:
    first, again = (encode(matrix(8, 64, 3), precision) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    wide, half = decode(*first), decode(*first, torch.bfloat16)
    assert torch.equal(wide, decode(*again))
    assert half.dtype == torch.bfloat16
    assert torch.allclose(half.float(), wide, rtol=2**-7, atol=1e-6)


def test_rows_of_zeros_and_of_extremes_stay_what_they_are() -> None:
    weight = torch.tensor([[0.0, 0.0], [1e-30, -1e-30], [3e38, 0.0], [1e-42, 0.0]])
    decoded = decode(*encode(weight, "int8"))
    assert torch.isfinite(decoded).all()
    assert torch.equal(decoded[0], weight[0])
    assert torch.allclose(decoded[1:3], weight[1:3], rtol=1e-6, atol=0)


def test_a_row_that_would_be_cut_in_the_middle_of_a_byte_has_no_codes() -> None:
    assert [encodes(matrix(2, 3, 0), precision) for precision in ("bf16", "int8", "nf4")] == [
        False,
        True,
        False,
    ]


def test_without_bitsandbytes_the_command_that_installs_it_is_told() -> None:
    code = (
        "from importlib import util\n"
        "original = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'bitsandbytes' else original(name, *rest)\n"
        "from esta_engine.nn.codes import require_codes\n"
        "from esta_engine.errors import EngineError\n"
        "require_codes('int8')\n"
        "try:\n"
        "    require_codes('nf4')\n"
        "except EngineError as error:\n"
        "    print(error.code, error.message, error.hint, sep='|')\n"
    )
    kind, message, hint = python_output(code).strip().split("|")
    assert kind == "environment"
    assert message.startswith("training.frozen_precision: nf4 needs the Python package bitsandbytes")
    requirements = Path(hint.rpartition(" ")[2])
    assert "bitsandbytes==" in requirements.read_text(encoding="utf-8")

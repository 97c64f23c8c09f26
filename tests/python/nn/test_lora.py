"""LoRA on one linear: equal at the start, the formula, merging, keys."""

from __future__ import annotations

import pytest
import torch
from esta_engine.nn.lora import LoraLinear, lora_linear, merging_pays
from esta_engine.nn.stitching_layer import StitchingLayer
from esta_engine.seeding import generator
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn


def _linear(bias: bool = True) -> nn.Linear:
    linear = nn.Linear(12, 7, bias=bias)
    with torch.no_grad():
        linear.weight.copy_(torch.randn(7, 12, generator=generator(0, "w")))
    return linear


def _x() -> torch.Tensor:
    return torch.randn(3, 5, 12, generator=generator(0, "x"))


def _trained(module: LoraLinear | StitchingLayer) -> None:
    with torch.no_grad():
        assert module.lora_b is not None
        module.lora_b.copy_(torch.randn(module.lora_b.shape, generator=generator(0, "b")))


def test_starts_equal_to_the_plain_linear() -> None:
    linear = _linear()
    assert torch.equal(LoraLinear(linear, 4, 8, generator(0, "a"))(_x()), linear(_x()))


def test_computes_the_formula() -> None:
    linear = _linear()
    lora = LoraLinear(linear, 4, 8, generator(0, "a"))
    _trained(lora)
    expected = linear(_x()) + (8 / 4) * _x() @ lora.lora_a.T @ lora.lora_b.T
    torch.testing.assert_close(lora(_x()), expected)


def test_merged_weight_computes_the_same() -> None:
    for bias in (True, False):
        lora = LoraLinear(_linear(bias), 4, 8, generator(0, "a"))
        _trained(lora)
        merged = nn.functional.linear(_x(), lora.merged_weight(), lora.bias)
        torch.testing.assert_close(lora(_x()), merged)


@given(
    rows=st.integers(1, 40),
    sizes=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    rank=st.integers(1, 8),
    bias=st.booleans(),
)
@settings(deadline=None)
def test_both_forms_give_the_same_with_the_same_gradients(
    rows: int, sizes: tuple[int, int], rank: int, bias: bool
) -> None:
    rng = generator(0, "both")
    (out_features, in_features), scale = sizes, 1.5

    def made(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=rng, dtype=torch.float64)

    x, b = made(rows, in_features), made(out_features, rank)
    a, weight = made(rank, in_features), made(out_features, in_features)
    offset = made(out_features) if bias else None
    trained = [tensor.requires_grad_() for tensor in (x, a, b)]
    upstream = made(rows, out_features)
    expected = x @ (weight + scale * b @ a).T + (0 if offset is None else offset)
    wanted = torch.autograd.grad(expected, trained, upstream)
    for pays in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("esta_engine.nn.lora.merging_pays", lambda *_, pays=pays: pays)
            found = lora_linear(x, weight, offset, a, b, scale)
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(torch.autograd.grad(found, trained, upstream), wanted)


def test_narrow_updates_are_merged_and_what_would_be_lost_or_fill_the_memory_is_not() -> None:
    assert merging_pays(1600, 96, 96, 8, training=True)  # tiny-vit
    assert not merging_pays(1024, 384, 384, 8, training=True)  # MiniLM
    assert merging_pays(1024, 384, 384, 8, training=False)
    assert not merging_pays(1, 384, 384, 8, training=False)  # a token at a time
    assert not merging_pays(512, 4096, 4096, 256, training=True)  # 64 MB a linear


def test_with_autocast_a_small_update_survives() -> None:
    linear = _linear(bias=False)
    with torch.no_grad():
        linear.weight.fill_(1)  # to which bfloat16 can add nothing below 1/256
    lora = LoraLinear(linear, 4, 8, generator(0, "a"))
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        lora.lora_b.fill_(1e-3)
        x = torch.zeros(32, 12)
        x[:, 0], x[:, 1] = 1, -1  # W x is 0, so that what is left is the update
        found = lora(x).float()
    update = 2 * (lora.lora_b.detach() @ (lora.lora_a.detach()[:, 0] - lora.lora_a.detach()[:, 1]))
    torch.testing.assert_close(found, update.expand(32, 7), rtol=0.02, atol=1e-6)


def test_keeps_the_checkpoints_keys_and_tensors() -> None:
    linear = _linear()
    lora = LoraLinear(linear, 4, 8, generator(0, "a"))
    assert set(lora.state_dict()) == {"weight", "bias", "lora_a", "lora_b"}
    assert lora.weight is linear.weight


def test_the_seed_decides_a_alone() -> None:
    first, second = (LoraLinear(_linear(), 4, 8, generator(seed, "a")) for seed in (1, 2))
    again = LoraLinear(_linear(), 4, 8, generator(1, "a"))
    assert torch.equal(first.lora_a, again.lora_a)
    assert not torch.equal(first.lora_a, second.lora_a)


def test_stitching_layer_trains_only_lora_in_estas_form_and_all_in_snnets() -> None:
    esta = StitchingLayer(12, 7, generator(0, "s"), lora_rank=3)
    snnet = StitchingLayer(12, 7, generator(0, "s"), lora_rank=None)
    assert {n for n, p in esta.named_parameters() if p.requires_grad} == {"lora_a", "lora_b"}
    assert {n for n, p in snnet.named_parameters() if p.requires_grad} == {"weight", "bias"}


def test_stitching_layer_computes_its_formula_and_merges() -> None:
    layer = StitchingLayer(12, 7, generator(0, "s"), lora_rank=3, lora_alpha=6)
    layer.set_solution(torch.randn(7, 12, dtype=torch.float64), torch.randn(7, dtype=torch.float64))
    _trained(layer)
    bias = torch.randn(7)
    merged = layer.merged_weight()
    torch.testing.assert_close(layer(_x(), bias), _x() @ merged.T + bias)
    torch.testing.assert_close(layer(_x()), _x() @ merged.T + layer.bias)
    assert layer.lora_a is not None and layer.lora_b is not None
    torch.testing.assert_close(merged, layer.weight + 2 * layer.lora_b @ layer.lora_a)

"""Every architecture, block by block, against the `transformers` model's logits: no bit may differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.anchors.load import load_anchor
from pico import CLASSES, images, randomised, save_model, vit_model

_SMALL = {
    "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "image_size": 12, "patch_size": 4,
}  # fmt: skip


def _deit() -> Any:
    from transformers import DeiTConfig, DeiTForImageClassification

    return DeiTForImageClassification(DeiTConfig(**_SMALL, intermediate_size=32, num_labels=CLASSES))


def _dinov2(**extra: Any) -> Any:
    from transformers import Dinov2Config, Dinov2ForImageClassification

    return Dinov2ForImageClassification(Dinov2Config(**_SMALL, num_labels=CLASSES, **extra))


def _registers() -> Any:
    from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersForImageClassification

    config = Dinov2WithRegistersConfig(**_SMALL, num_register_tokens=2, num_labels=CLASSES)
    return Dinov2WithRegistersForImageClassification(config)


#: name -> (model, tokens of a 12 x 12 image, size of what the head sees)
MODELS = {
    "vit": (lambda: vit_model(16, 3), 10, 16),
    "vit-without-qkv-bias": (lambda: vit_model(16, 3, qkv_bias=False), 10, 16),
    "deit-distilled": (_deit, 11, 16),
    "dinov2": (_dinov2, 10, 32),
    "dinov2-swiglu": (lambda: _dinov2(use_swiglu_ffn=True), 10, 32),
    "dinov2-registers": (_registers, 12, 32),
}


@pytest.mark.parametrize("kind", MODELS)
def test_block_by_block_equals_the_model(kind: str, tmp_path: Path) -> None:
    make, tokens, feature_size = MODELS[kind]
    model = randomised(make(), seed=5)
    anchor = load_anchor("a", save_model(model, tmp_path / "a"))
    with torch.no_grad():
        hidden = anchor.embed(images(4))
        assert hidden.shape == (4, tokens, 16)
        context = anchor.make_context(images(4), hidden)
        for index in range(anchor.depth):
            hidden = anchor.run_block(index, hidden, context)
        features = anchor.features(hidden)
        assert features.shape == (4, feature_size)
        assert torch.equal(anchor.own_head()(features), model(**images(4)).logits)
    assert (anchor.tokens, anchor.feature_size, anchor.width, anchor.depth) == (tokens, feature_size, 16, 3)


@pytest.mark.parametrize("kind", MODELS)
def test_biases_given_to_a_block_act_as_if_they_were_its_own(kind: str, tmp_path: Path) -> None:
    model = randomised(MODELS[kind][0](), seed=5)
    anchor = load_anchor("a", save_model(model, tmp_path / "a"))
    hidden = torch.randn(2, 7, 16)
    own = dict(zip((name for name, _ in anchor.bias_sites(1)), anchor.bias_values(1), strict=True))
    with torch.no_grad():
        plain = anchor.run_block(1, hidden, None)
        torch.testing.assert_close(anchor.run_block(1, hidden, None, own), plain)
        for name, size in anchor.bias_sites(1):
            moved = {**own, name: own[name] + torch.linspace(-1, 1, size)}
            changed = anchor.run_block(1, hidden, None, moved)
            # A key's bias shifts all of a query's scores alike, which softmax takes out again.
            assert torch.allclose(changed, plain, atol=1e-4) == ("k_proj" in name)
        assert torch.equal(anchor.run_block(1, hidden, None), plain)


def test_every_linear_of_a_block_may_carry_a_bias(tmp_path: Path) -> None:
    for kind, (make, _, _) in MODELS.items():
        anchor = load_anchor("a", save_model(make(), tmp_path / kind))
        sites = {name.removesuffix(".bias") for name, _ in anchor.bias_sites(0)}
        linears = {n for n, m in anchor.blocks[0].named_modules() if isinstance(m, torch.nn.Linear)}
        assert sites == linears


def test_mean_pooling_leaves_the_special_tokens_out(tmp_path: Path) -> None:
    anchor = load_anchor("a", save_model(vit_model(16, 2), tmp_path / "a"), pooling="mean")
    hidden = torch.randn(3, 10, 16)
    moved = hidden.clone()
    moved[:, 0] += 1
    assert torch.equal(anchor.features(hidden), anchor.features(moved))
    expected = anchor.model.vit.layernorm(hidden)[:, 1:].mean(dim=1)
    assert torch.equal(anchor.features(hidden), expected)


def test_dinov2_interpolates_positions_to_another_input_size(tmp_path: Path) -> None:
    model = randomised(_dinov2(), seed=5)
    anchor = load_anchor("a", save_model(model, tmp_path / "a"))
    with torch.no_grad():
        hidden = anchor.embed(images(2, side=20))
        assert hidden.shape == (2, 26, 16)
        for index in range(anchor.depth):
            hidden = anchor.run_block(index, hidden, None)
        assert torch.equal(anchor.own_head()(anchor.features(hidden)), model(**images(2, side=20)).logits)


def test_dropout_in_a_checkpoint_is_never_active(tmp_path: Path) -> None:
    model = vit_model(16, 2, hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5)
    anchor = load_anchor("a", save_model(model, tmp_path / "a")).train()
    assert torch.equal(anchor.embed(images(2)), anchor.embed(images(2)))
    hidden = torch.randn(2, 10, 16)
    assert torch.equal(anchor.run_block(0, hidden, None), anchor.run_block(0, hidden, None))

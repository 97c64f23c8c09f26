"""Frozen weights in bfloat16: what is rounded, what is not, and arithmetic that does not notice."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation.trainer import Trainer
from esta_engine.anchors.load import load_anchor
from esta_engine.deployment.merge import merged_anchor
from esta_engine.errors import EngineError
from esta_engine.nn.frozen import kept_linear
from esta_engine.seeding import generator
from hypothesis import given, settings
from hypothesis import strategies as st
from pico import images, perturb, save_model, vit_model
from pico_text import CountingData, make_text_plan, save_text_anchors, text_model, text_network, texts

BF16 = {"frozen_precision": "bf16"}


def rounded(model: Any) -> Any:
    """A copy whose linears and embeddings have weights that bfloat16 can hold, in float32."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, (torch.nn.Linear, torch.nn.Embedding)):
            module.weight.data = module.weight.data.bfloat16().float()
    return model


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 5))
def test_the_product_and_its_gradient_are_those_of_the_widened_weight(
    rows: int, inputs: int, outputs: int, biased: bool, seed: int
) -> None:
    rng = generator(seed, "frozen")
    x = torch.randn(2, rows, inputs, generator=rng, requires_grad=True)
    weight = torch.randn(outputs, inputs, generator=rng).bfloat16()
    bias = torch.randn(outputs, generator=rng) if biased else None
    got, expected = kept_linear(x, weight, bias), torch.nn.functional.linear(x, weight.float(), bias)
    assert got.dtype == torch.float32
    assert torch.allclose(got, expected, atol=1e-5)
    (gradient,) = torch.autograd.grad(got.square().sum(), x)
    (wanted,) = torch.autograd.grad(expected.square().sum(), x)
    assert torch.allclose(gradient, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["llama", "qwen3", "bert"])
def test_an_anchor_is_the_model_whose_matrices_were_rounded(tmp_path: Path, kind: str) -> None:
    model = text_model(kind, 32, 2)
    model.save_pretrained(tmp_path)
    options: dict[str, Any] = {"pooling": "pooler"} if kind == "bert" else {}
    anchor = load_anchor("a", tmp_path, precision="bf16", **options)
    kept = {name: parameter.dtype for name, parameter in anchor.model.named_parameters()}
    for name, dtype in kept.items():
        wide = "norm" in name.lower() or name.endswith("bias")
        assert dtype == (torch.float32 if wide else torch.bfloat16), name
    inputs = texts()
    with torch.no_grad():
        expected = rounded(model).eval()(**inputs).logits
        hidden = anchor.embed(inputs)
        assert hidden.dtype == torch.float32
        context = anchor.make_context(inputs, hidden)
        for index in range(anchor.depth):
            hidden = anchor.run_block(index, hidden, context)
        head = anchor.own_head()
        assert head is not None
        assert (head(anchor.features(hidden, inputs)) - expected).abs().max() < 1e-5


def test_image_anchors_keep_patches_and_positions(tmp_path: Path) -> None:
    anchor = load_anchor("a", save_model(vit_model(16, 2), tmp_path / "a"), precision="bf16")
    kept = {name for name, p in anchor.model.named_parameters() if p.dtype == torch.bfloat16}
    assert len(kept) == 2 * 6 + 1  # the linears of two blocks, and the head
    assert anchor.embed(images(2)).dtype == torch.float32


@pytest.mark.parametrize("sites", ["all", "after-stitch"])
def test_tied_embeddings_stay_tied(tmp_path: Path, sites: str) -> None:
    folders = save_text_anchors(tmp_path, "llama", tie_word_embeddings=True)
    _, network = text_network(folders, training=BF16, method={"stitch_bias": {"sites": sites}})
    for anchor in network.anchors:
        assert anchor.own_head().weight is anchor.embedding_modules()[0].weight
    assert all(p.dtype == torch.float32 for p in network.parameters() if p.requires_grad)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_training_steps_are_those_on_rounded_anchors(
    tmp_path: Path, precision: str, checkpointing: bool
) -> None:
    """The same losses, to rounding, as with anchors that were rounded before and are kept in float32."""
    training = {"precision": precision, "activation_checkpointing": checkpointing, "steps": 6}
    folders = save_text_anchors(tmp_path, "llama")
    losses = []
    for frozen in ("bf16", "fp32"):
        plan, network = text_network(folders, training={**training, "frozen_precision": frozen})
        trainer = Trainer(plan, network, CountingData(decoder=True))
        trainer.initialise()
        losses.append([trainer.run_step().loss for _ in range(6)])
        for folder in folders:  # round what the second run loads
            model = rounded(type(network.anchors[0].model).from_pretrained(folder))
            model.save_pretrained(folder)
    tolerance = 2e-2 if precision == "bf16" else 1e-3
    assert torch.allclose(torch.tensor(losses[0]), torch.tensor(losses[1]), rtol=tolerance)


def test_merged_weights_are_float32_and_lose_nothing_of_lora(tmp_path: Path) -> None:
    _, network = text_network(save_text_anchors(tmp_path, "llama"), training=BF16)
    perturb(network, [0])
    inputs = texts()
    with torch.no_grad():
        expected = network(inputs, 0)
        model = merged_anchor(network, 0)
        assert {p.dtype for p in model.parameters()} == {torch.float32}
        assert (model(**inputs).logits - expected).abs().max() < 1e-4


def test_a_bfloat16_file_is_mapped_not_copied(tmp_path: Path) -> None:
    model = text_model("llama", 32, 2).bfloat16()
    model.save_pretrained(tmp_path)
    anchor = load_anchor("a", tmp_path, precision="bf16")
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("the system does not tell what is mapped")
    mapped = [line.split() for line in maps.read_text().splitlines() if str(tmp_path) in line]
    ranges = [tuple(int(end, 16) for end in line[0].split("-")) for line in mapped]
    for block in anchor.blocks:
        place = block.self_attn.q_proj.weight.data_ptr()
        assert any(start <= place < end for start, end in ranges)
    assert (anchor.blocks[0].self_attn.q_proj.weight == model.model.layers[0].self_attn.q_proj.weight).all()


@pytest.mark.parametrize("name", ["snnet", "full"])
def test_weights_that_train_are_not_rounded(tmp_path: Path, name: str) -> None:
    from pico import SNNET

    method: dict[str, Any] = dict(SNNET) if name == "snnet" else {"name": "full", "stitches": [0]}
    with pytest.raises(EngineError, match=r"frozen_precision: got bf16, but \w+ tunes"):
        make_text_plan(save_text_anchors(tmp_path, "llama"), training=BF16, method=method)

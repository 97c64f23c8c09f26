"""Frozen weights in less memory: what is rounded, what is not, and arithmetic that does not notice."""

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
from esta_engine.nn.codes import decode, encode
from esta_engine.nn.frozen import kept_linear
from esta_engine.seeding import generator
from hypothesis import given, settings
from hypothesis import strategies as st
from pico import CODES, images, perturb, save_model, vit_model
from pico_text import CountingData, make_text_plan, save_text_anchors, text_model, text_network, texts

BF16 = {"frozen_precision": "bf16"}


def rounded(model: Any, precision: str = "bf16") -> Any:
    """A copy in float32 whose linears and embeddings have the weights that `precision` keeps of them."""
    model = copy.deepcopy(model)
    for name, module in model.named_modules():
        if not isinstance(module, (torch.nn.Linear, torch.nn.Embedding)):
            continue
        if precision != "bf16" and (".layers." in name or ".layer." in name):
            module.weight.data = decode(*encode(module.weight.data, precision))
        else:
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


@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize("precision", CODES)
def test_so_are_the_product_and_its_gradient_of_codes(precision: str, autocast: bool) -> None:
    rng = generator(0, "frozen")
    x = torch.randn(2, 3, 16, generator=rng, requires_grad=True)
    codes, scales = encode(torch.randn(6, 16, generator=rng), precision)
    bias = torch.randn(6, generator=rng)
    found = []
    for weight, factors in ((codes, scales), (decode(codes, scales), None)):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            product = kept_linear(x, weight, bias, factors)
        assert product.dtype == (torch.bfloat16 if autocast else torch.float32)
        found.append((product.float(), *torch.autograd.grad(product.float().square().sum(), x)))
    tolerance = 2e-2 if autocast else 1e-6
    for got, wanted in zip(*found, strict=True):
        assert (got - wanted).abs().max() <= tolerance * wanted.abs().max()


def expected_dtype(name: str, precision: str) -> torch.dtype:
    if "norm" in name.lower() or name.endswith(("bias", "scales")):
        return torch.float32
    coded = {"int8": torch.int8, "nf4": torch.uint8}
    in_block = ".layers." in name or ".layer." in name
    return coded.get(precision, torch.bfloat16) if in_block else torch.bfloat16


@pytest.mark.parametrize("kind", ["llama", "qwen3", "bert"])
@pytest.mark.parametrize("precision", ["bf16", *CODES])
def test_an_anchor_is_the_model_whose_matrices_were_rounded(
    tmp_path: Path, kind: str, precision: str
) -> None:
    model = text_model(kind, 32, 2)
    model.save_pretrained(tmp_path)
    options: dict[str, Any] = {"pooling": "pooler"} if kind == "bert" else {}
    anchor = load_anchor("a", tmp_path, precision=precision, **options)
    for name, parameter in anchor.model.named_parameters():
        assert parameter.dtype == expected_dtype(name, precision), name
        assert not parameter.requires_grad
    inputs = texts()
    with torch.no_grad():
        expected = rounded(model, precision).eval()(**inputs).logits
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


@pytest.mark.parametrize("precision", CODES)
def test_codes_take_the_bytes_that_the_planner_counts(tmp_path: Path, precision: str) -> None:
    """Of a decoder 64 wide: norms are few, and everything else is as `weights_bytes` has it."""
    anchor = load_anchor("a", save_text_anchors(tmp_path, "llama", (64,), 2)[0], precision=precision)
    weights = 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128)  # half as many key-value heads
    rows = 2 * (2 * 64 + 2 * 32 + 2 * 128 + 64)
    norms, tables = (2 * 2 + 1) * 64, 2 * 41 * 64
    coded = weights + 4 * rows if precision == "int8" else weights // 2 + weights // 16
    held = sum(p.numel() * p.element_size() for p in anchor.model.parameters())
    assert held == coded + 2 * tables + 4 * norms


@pytest.mark.parametrize("sites", ["all", "after-stitch"])
def test_tied_embeddings_stay_tied(tmp_path: Path, sites: str) -> None:
    folders = save_text_anchors(tmp_path, "llama", tie_word_embeddings=True)
    _, network = text_network(folders, training=BF16, method={"stitch_bias": {"sites": sites}})
    for anchor in network.anchors:
        assert anchor.own_head().weight is anchor.embedding_modules()[0].weight
    assert all(p.dtype == torch.float32 for p in network.parameters() if p.requires_grad)


@pytest.mark.parametrize("frozen", ["bf16", *CODES])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_training_steps_are_those_on_rounded_anchors(
    tmp_path: Path, precision: str, checkpointing: bool, frozen: str
) -> None:
    """The same losses, to rounding, as with anchors that were rounded before and are kept in float32."""
    training = {"precision": precision, "activation_checkpointing": checkpointing, "steps": 6}
    folders = save_text_anchors(tmp_path, "llama")
    losses = []
    for kept in (frozen, "fp32"):
        plan, network = text_network(folders, training={**training, "frozen_precision": kept})
        trainer = Trainer(plan, network, CountingData(decoder=True))
        trainer.initialise()
        losses.append([trainer.run_step().loss for _ in range(6)])
        for folder in folders:  # round what the second run loads
            model = rounded(type(network.anchors[0].model).from_pretrained(folder), frozen)
            model.save_pretrained(folder)
    tolerance = 2e-2 if precision == "bf16" else 1e-3
    assert torch.allclose(torch.tensor(losses[0]), torch.tensor(losses[1]), rtol=tolerance)


@pytest.mark.parametrize("frozen", ["bf16", *CODES])
def test_merged_weights_are_float32_and_lose_nothing_of_lora(tmp_path: Path, frozen: str) -> None:
    training = {"frozen_precision": frozen}
    _, network = text_network(save_text_anchors(tmp_path, "llama"), training=training)
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

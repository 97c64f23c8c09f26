"""Language models block by block against `transformers`' own logits: no bit may differ, padded or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.anchors.load import load_anchor, load_anchors
from esta_engine.errors import EngineError
from esta_engine.plan import make_plan
from pico import perturb
from pico_text import (
    TOKENIZER,
    make_text_plan,
    raw_text_plan,
    save_text_anchors,
    text_model,
    text_network,
    texts,
)
from safetensors.torch import load_file, save_file

#: name -> (kind, settings of its configuration)
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", {}),
    "llama-tied-with-biases": (
        "llama",
        {"tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True},
    ),
    "mistral": ("mistral", {"sliding_window": None}),
    "mistral-window": ("mistral", {"sliding_window": 3}),
    "qwen2": ("qwen2", {}),
    "qwen2-window": ("qwen2", {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1}),
    "qwen3": ("qwen3", {}),
    "bert": ("bert", {}),
    "roberta": ("roberta", {}),
}
DECODERS = [name for name in MODELS if name not in ("bert", "roberta")]


def _load(name: str, folder: Path) -> tuple[Any, Any]:
    """(adapter, the library's model)."""
    kind, settings = MODELS[name]
    model = text_model(kind, 16, 3, seed=7, **settings)
    model.save_pretrained(folder)
    return load_anchor("a", folder), model


@pytest.mark.parametrize("padding", ["none", "right", "left"])
@pytest.mark.parametrize("name", MODELS)
def test_block_by_block_equals_the_model(name: str, padding: str, tmp_path: Path) -> None:
    anchor, model = _load(name, tmp_path)
    inputs = texts(padding=padding)
    with torch.no_grad():
        hidden = anchor.embed(inputs)
        context = anchor.make_context(inputs, hidden)
        for index in range(anchor.depth):
            hidden = anchor.run_block(index, hidden, context)
        logits = anchor.own_head()(anchor.features(hidden, inputs))
        assert torch.equal(logits, model(**inputs).logits)
        assert torch.isfinite(logits).all()


@pytest.mark.parametrize("name", MODELS)
def test_every_linear_may_carry_a_bias_whether_it_had_one_or_not(name: str, tmp_path: Path) -> None:
    anchor, _ = _load(name, tmp_path)
    block = anchor.blocks[1]
    sites = {site.removesuffix(".bias") for site, _ in anchor.bias_sites(1)}
    assert sites == {n for n, m in block.named_modules() if isinstance(m, torch.nn.Linear)}
    inputs = texts()
    with torch.no_grad():
        hidden = anchor.embed(inputs)
        context = anchor.make_context(inputs, hidden)
        plain = anchor.run_block(1, hidden, context)
        own = dict(zip((n for n, _ in anchor.bias_sites(1)), anchor.bias_values(1), strict=True))
        torch.testing.assert_close(anchor.run_block(1, hidden, context, own), plain)
        for site, size in anchor.bias_sites(1):
            moved = {**own, site: own[site] + torch.linspace(-1, 1, size)}
            changed = anchor.run_block(1, hidden, context, moved)
            # An encoder's key bias shifts a query's scores alike; rotary embeddings and norms undo that.
            assert torch.allclose(changed, plain, atol=1e-4) == site.endswith("self.key.bias")


def test_masked_mean_pooling_does_not_see_padding(tmp_path: Path) -> None:
    text_model("bert", 16, 2).save_pretrained(tmp_path)
    anchor = load_anchor("a", tmp_path, pooling="mean")
    inputs, hidden = texts(), torch.randn(4, 9, 16)
    pooled = anchor.features(hidden, inputs)
    for row in range(4):
        torch.testing.assert_close(pooled[row], hidden[row, : 9 - row].mean(dim=0))
    moved = hidden + 5 * (inputs["attention_mask"] == 0)[:, :, None]
    assert torch.equal(anchor.features(moved, inputs), pooled)


def test_a_missing_pooler_is_refused_only_where_it_is_used(tmp_path: Path) -> None:
    text_model("bert", 16, 2).save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    kept = {k: v for k, v in load_file(file).items() if "pooler" not in k and "classifier" not in k}
    save_file(kept, file, {"format": "pt"})
    assert load_anchor("a", tmp_path, pooling="mean").feature_size == 16
    with pytest.raises(EngineError, match=r"lack 2 tensors: bert\.pooler") as caught:
        load_anchor("a", tmp_path, pooling="pooler")
    assert caught.value.hint is not None and "family.pooling" in caught.value.hint


@pytest.mark.parametrize("name", DECODERS)
def test_a_route_over_two_widths_generates_with_cache_as_without(name: str, tmp_path: Path) -> None:
    kind, settings = MODELS[name]
    folders = save_text_anchors(tmp_path, kind, **settings)
    plan, network = text_network(folders, method={"stitch_bias": {"sites": "all"}})
    ids = [stitch.id for stitch in plan.stitches]
    perturb(network, ids)
    network.double()
    every = texts(padding="none")
    with torch.no_grad():
        for stitch in ids:
            whole = network({"input_ids": every["input_ids"]}, stitch)
            caches, parts = network.make_caches(stitch), []
            for start, end in ((0, 4), (4, 5), (5, 6), (6, 9)):
                parts.append(network({"input_ids": every["input_ids"][:, start:end]}, stitch, caches))
            assert (torch.cat(parts, dim=1) - whole).abs().max() < 1e-12


def test_a_route_is_what_its_parts_are_by_hand(tmp_path: Path) -> None:
    plan, network = text_network(save_text_anchors(tmp_path))
    inputs, stitch = texts(padding="left"), plan.stitches[-1]
    front, end = (network.anchor(part.anchor) for part in stitch.route)
    with torch.no_grad():
        hidden = front.embed(inputs)
        for index in range(stitch.route[0].end):
            hidden = front.run_block(index, hidden, front.make_context(inputs, hidden))
        hidden = network.stitching_layers[stitch.stitching_layers[0]](hidden)
        for index in range(stitch.route[1].start, end.depth):
            hidden = end.run_block(index, hidden, end.make_context(inputs, hidden))
        assert torch.equal(network(inputs, stitch.id), end.model.lm_head(end.model.model.norm(hidden)))


@pytest.mark.parametrize("tied", [True, False])
def test_a_language_models_own_head_stays_out_of_the_adapter(tied: bool, tmp_path: Path) -> None:
    from esta_engine.nn.tensors import adapter_tensors

    _, network = text_network(save_text_anchors(tmp_path, tie_word_embeddings=tied))
    network.biases.create(0)
    assert not any("head" in name for name in adapter_tensors(network))
    trained = [p for p in network.parameters() if p.requires_grad]
    heads = [p for head in network.heads for p in head.parameters()]
    assert trained and heads and not any(p is head for p in trained for head in heads)


def test_tokenizers_that_differ_are_refused_with_the_first_difference(tmp_path: Path) -> None:
    folders = save_text_anchors(tmp_path)
    for folder in folders:
        (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    assert len(load_anchors(make_text_plan(folders))) == 2
    other = json.loads(json.dumps(TOKENIZER))
    other["model"]["vocab"] |= {"w3": 4, "w4": 3}
    (folders[1] / "tokenizer.json").write_text(json.dumps(other))
    with pytest.raises(EngineError, match=r"tokenizers: tokenizer\.json: model: vocab: w3 is 3 and 4"):
        load_anchors(make_text_plan(folders))


def test_vocabularies_that_differ_are_refused(tmp_path: Path) -> None:
    folders = [*save_text_anchors(tmp_path / "a", widths=(16,)), tmp_path / "b"]
    text_model("llama", 32, 3, vocab_size=43).save_pretrained(folders[1])
    with pytest.raises(EngineError, match="vocabulary_size is 43, the plan says 41"):
        load_anchors(make_text_plan(folders))


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    raw = raw_text_plan(save_text_anchors(tmp_path, "bert"))
    raw["family"]["kind"] = "llama"
    with pytest.raises(EngineError, match="model_type is 'bert', a llama family has llama, mistral"):
        load_anchors(make_plan(raw))


def test_sequences_longer_than_the_positions_are_refused(tmp_path: Path) -> None:
    folders = save_text_anchors(tmp_path, "roberta")
    with pytest.raises(EngineError, match="positions for 63 tokens, the plan's sequences have 64"):
        load_anchors(make_text_plan(folders, input_={"sequence_length": 64}))

"""The planner's costs against `transformers` itself.

TypeScript alone computes costs; `tests/contract/costs/transformers.json` holds what it claims of every family
of the catalog and of every option of the inline families. Here the named class is built on the meta device,
so that nothing is allocated: parameters must agree exactly, and so must the matrix products that torch's
FlopCounterMode sees.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch.utils.flop_counter import FlopCounterMode

CLAIMS = json.loads((Path(__file__).parents[2] / "contract" / "costs" / "transformers.json").read_text())
CASES = [
    pytest.param(family, anchor, id=f"{family['name']}/{anchor['name']}")
    for family in CLAIMS
    for anchor in family["anchors"]
]


def make_config(family: dict[str, Any], anchor: dict[str, Any]) -> transformers.PretrainedConfig:
    """The configuration of the class that the planner names, with the planner's shape."""
    common = {
        "hidden_size": anchor["width"],
        "num_hidden_layers": anchor["depth"],
        "num_attention_heads": anchor["heads"],
        "num_labels": family["classes"],
    }
    return {"vit": vit, "dinov2": dinov2, "bert": bert, "llama": llama}[family["kind"]](
        family, anchor, common
    )


def vit(
    family: dict[str, Any], anchor: dict[str, Any], common: dict[str, Any]
) -> transformers.PretrainedConfig:
    shape = family["input"]
    distilled = shape["distillation_token"]
    return (transformers.DeiTConfig if distilled else transformers.ViTConfig)(
        **common,
        intermediate_size=anchor["mlp_width"],
        image_size=shape["image_size"],
        patch_size=shape["patch_size"],
        num_channels=shape["channels"],
        qkv_bias=shape["qkv_bias"],
    )


def dinov2(
    family: dict[str, Any], anchor: dict[str, Any], common: dict[str, Any]
) -> transformers.PretrainedConfig:
    shape = family["input"]
    swiglu = anchor["extra"]["swiglu"]
    registers = {"num_register_tokens": shape["registers"]} if shape["registers"] else {}
    return (transformers.Dinov2WithRegistersConfig if registers else transformers.Dinov2Config)(
        **common,
        **registers,
        # SwiGLU's inner width follows from the ratio 4 by the model's own rule.
        mlp_ratio=4 if swiglu else anchor["mlp_width"] // anchor["width"],
        use_swiglu_ffn=swiglu,
        image_size=shape["position_grid"] * shape["patch_size"],
        patch_size=shape["patch_size"],
        num_channels=shape["channels"],
        qkv_bias=shape["qkv_bias"],
    )


def bert(
    family: dict[str, Any], anchor: dict[str, Any], common: dict[str, Any]
) -> transformers.PretrainedConfig:
    shape = family["input"]
    return transformers.BertConfig(
        **common,
        intermediate_size=anchor["mlp_width"],
        vocab_size=shape["vocabulary_size"],
        max_position_embeddings=shape["max_positions"],
        type_vocab_size=shape["type_vocabulary_size"],
    )


def llama(
    family: dict[str, Any], anchor: dict[str, Any], common: dict[str, Any]
) -> transformers.PretrainedConfig:
    shape, extra = family["input"], anchor["extra"]
    del common["num_labels"]
    kind = family["transformers_class"]
    config = {
        "LlamaForCausalLM": transformers.LlamaConfig,
        "Qwen2ForCausalLM": transformers.Qwen2Config,
        "Qwen3ForCausalLM": transformers.Qwen3Config,
    }[kind]
    biases = {"attention_bias": shape["qkv_bias"]} if kind != "Qwen2ForCausalLM" else {}
    if kind == "LlamaForCausalLM":
        biases["mlp_bias"] = shape["mlp_bias"]
    return config(
        **common,
        **biases,
        intermediate_size=anchor["mlp_width"],
        num_key_value_heads=extra["kv_heads"],
        head_dim=extra["head_dim"],
        tie_word_embeddings=extra["tie_embeddings"],
        vocab_size=shape["vocabulary_size"],
        max_position_embeddings=shape["max_positions"],
    )


def make_inputs(family: dict[str, Any]) -> dict[str, torch.Tensor]:
    """One image, or one text of the claimed length, without values."""
    shape = family["input"]
    if "image_size" in shape:
        side = shape["image_size"]
        return {"pixel_values": torch.empty(1, shape["channels"], side, side, device="meta")}
    ids = torch.empty(1, family["tokens"], dtype=torch.long, device="meta")
    # Decoders look into a missing mask's positions, encoders into a given mask: meta tensors have no values.
    return {"input_ids": ids} if family["kind"] == "bert" else {"input_ids": ids, "attention_mask": ids}


@pytest.mark.parametrize(("family", "anchor"), CASES)
def test_costs_are_those_of_transformers(family: dict[str, Any], anchor: dict[str, Any]) -> None:
    config = make_config(family, anchor)
    config._attn_implementation = "eager"  # Attention as two visible matrix products.
    with torch.device("meta"):
        model = getattr(transformers, family["transformers_class"])(config).eval()
    # Tied embeddings are one parameter; parameters() lists it once.
    assert sum(parameter.numel() for parameter in model.parameters()) == anchor["params"]

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(**make_inputs(family))
    assert counter.get_total_flops() == 2 * anchor["matmul_macs"]

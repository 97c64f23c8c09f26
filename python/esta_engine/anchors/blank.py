"""Anchors of a plan's shapes on the meta device: no weights, no memory, whatever the size.

The model type is the plainest that has the plan's shapes; where several have them (Mistral is LLaMA's shape)
they agree in every tensor.
"""

from __future__ import annotations

from typing import Any

import torch

from ..plan import Plan, PlanAnchor
from . import adapter_class
from .base import Anchor
from .load import CLASSES, POOLED, pooling_of


def blank_anchors(plan: Plan) -> list[Anchor]:
    """One an anchor of the plan, frozen."""
    return [_blank_anchor(plan, anchor) for anchor in plan.anchors]


def _blank_anchor(plan: Plan, planned: PlanAnchor) -> Anchor:
    import transformers

    kind = plan.family.kind
    config = _CONFIGS[kind](plan, planned)
    # Fused attention looks at a mask's values, of which there are none here.
    config._attn_implementation = "eager"
    with torch.device("meta"):
        model = getattr(transformers, CLASSES[kind]).from_config(config)
    pooling = pooling_of(plan)
    extra: dict[str, Any] = {}
    if pooling is not None and config.model_type in POOLED:
        extra["pooling"] = pooling
    return adapter_class(config.model_type)(planned.name, model, **extra).requires_grad_(False)


def _common(plan: Plan, planned: PlanAnchor) -> dict[str, Any]:
    return {
        "hidden_size": planned.width,
        "num_hidden_layers": planned.depth,
        "num_attention_heads": planned.heads,
    }


def _image(plan: Plan, planned: PlanAnchor) -> dict[str, Any]:
    shared = plan.family.input
    return {
        **_common(plan, planned),
        "num_labels": plan.family.classes,
        "patch_size": shared["patch_size"],
        "num_channels": shared.get("channels", 3),
        "qkv_bias": shared.get("qkv_bias", True),
    }


def _vit(plan: Plan, planned: PlanAnchor) -> Any:
    import transformers

    shared = plan.family.input
    distilled = shared.get("distillation_token", False)
    config: Any = transformers.DeiTConfig if distilled else transformers.ViTConfig
    return config(
        **_image(plan, planned), intermediate_size=planned.mlp_width, image_size=shared["image_size"]
    )


def _dinov2(plan: Plan, planned: PlanAnchor) -> Any:
    import transformers

    shared, swiglu = plan.family.input, bool(planned.extra.get("swiglu", False))
    registers = int(shared.get("registers", 0))
    grid = shared.get("position_grid", shared["image_size"] // shared["patch_size"])
    settings = {
        **_image(plan, planned),
        # SwiGLU's inner width follows from the ratio 4 by the model's own rule.
        "mlp_ratio": 4 if swiglu else planned.mlp_width // planned.width,
        "use_swiglu_ffn": swiglu,
        "image_size": grid * shared["patch_size"],
    }
    if registers:
        return transformers.Dinov2WithRegistersConfig(**settings, num_register_tokens=registers)
    return transformers.Dinov2Config(**settings)


def _bert(plan: Plan, planned: PlanAnchor) -> Any:
    import transformers

    shared = plan.family.input
    settings: dict[str, Any] = {
        **_common(plan, planned),
        "num_labels": plan.family.classes,
        "intermediate_size": planned.mlp_width,
        "vocab_size": shared["vocabulary_size"],
        "max_position_embeddings": shared["max_positions"],
        "type_vocab_size": shared["type_vocabulary_size"],
    }
    return transformers.BertConfig(**settings)


def _llama(plan: Plan, planned: PlanAnchor) -> Any:
    import transformers

    shared, extra = plan.family.input, planned.extra
    settings: dict[str, Any] = {
        **_common(plan, planned),
        "intermediate_size": planned.mlp_width,
        "num_key_value_heads": extra.get("kv_heads", planned.heads),
        "head_dim": extra.get("head_dim", planned.width // planned.heads),
        "tie_word_embeddings": bool(extra.get("tie_embeddings", False)),
        "vocab_size": shared["vocabulary_size"],
        "max_position_embeddings": shared["max_positions"],
    }
    biased = bool(shared.get("qkv_bias", False))
    if shared.get("qk_norm", False):
        return transformers.Qwen3Config(**settings, attention_bias=biased)
    if biased and not shared.get("output_bias", False):
        return transformers.Qwen2Config(**settings)
    return transformers.LlamaConfig(
        **settings, attention_bias=biased, mlp_bias=bool(shared.get("mlp_bias", False))
    )


_CONFIGS = {"vit": _vit, "dinov2": _dinov2, "bert": _bert, "llama": _llama}

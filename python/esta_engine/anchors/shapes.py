"""Holding a model's config.json, or a GGUF file's header, against the plan, before its weights are read.

The plan's costs were computed from its shapes, so a model of another shape is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..gguf import is_gguf, read_gguf_config
from ..plan import Plan, PlanAnchor
from . import ADAPTERS, KINDS

_PLAN_HINT = "The plan was made for other shapes: plan again, with this model's config.json."


def read_settings(place: Path) -> dict[str, Any]:
    """What the `config.json` of a model folder says, or the header of a GGUF file under the same names.

    Raises EngineError("weights"), and ("environment") where a package is missing that reads GGUF files.
    """
    if not is_gguf(place):
        return read_json(place / "config.json")
    settings: dict[str, Any] = read_gguf_config(place).to_dict()
    return settings


def check_shapes(plan: Plan, planned: PlanAnchor, place: Path, config: dict[str, Any]) -> None:
    """Hold a model's settings against the plan; all differences are named together."""
    shared = plan.family.input
    width = config.get("hidden_size")
    mlp_width = config.get("intermediate_size")
    if "mlp_ratio" in config and width is not None:  # DINOv2 states the ratio, and SwiGLU cuts it by a third
        mlp_width = None if _swiglu(config) else int(width * config["mlp_ratio"])
    found = {
        "width": (width, planned.width),
        "depth": (config.get("num_hidden_layers"), planned.depth),
        "heads": (config.get("num_attention_heads"), planned.heads),
        "mlp_width": (mlp_width, planned.mlp_width),
        "patch_size": (config.get("patch_size"), shared.get("patch_size")),
        "image_size": (config.get("image_size"), _stored_image_size(shared)),
        "channels": (config.get("num_channels"), shared.get("channels")),
        "qkv_bias": (config.get("qkv_bias"), shared.get("qkv_bias")),
        "vocabulary_size": (config.get("vocab_size"), shared.get("vocabulary_size")),
        "type_vocabulary_size": (config.get("type_vocab_size"), shared.get("type_vocabulary_size")),
        "kv_heads": (config.get("num_key_value_heads"), planned.extra.get("kv_heads")),
        "head_dim": (config.get("head_dim"), planned.extra.get("head_dim")),
        "tie_embeddings": (config.get("tie_word_embeddings"), planned.extra.get("tie_embeddings")),
    }
    model_type, types = config.get("model_type"), KINDS.get(plan.family.kind, ())
    wrong = [
        f"{name} is {got}, the plan says {want}"
        for name, (got, want) in found.items()
        if got is not None and want is not None and got != want
    ]
    if model_type in ADAPTERS and model_type not in types:
        wrong.insert(0, f"model_type is {model_type!r}, a {plan.family.kind} family has {', '.join(types)}")
    tokens = _tokens(config, shared)
    if tokens is not None and tokens != plan.family.tokens:
        wrong.append(f"its inputs make {tokens} tokens, the plan says {plan.family.tokens}")
    most, longest = config.get("max_position_embeddings"), shared.get("sequence_length")
    if model_type == "roberta" and most is not None:
        most -= 1 + int(config.get("pad_token_id", 1))  # positions start behind the padding's
    if most is not None and longest is not None and longest > most:
        wrong.append(f"it has positions for {most} tokens, the plan's sequences have {longest}")
    if wrong:
        raise EngineError("weights", f"anchor {planned.name} ({place}): {'; '.join(wrong)}", _PLAN_HINT)


def _swiglu(config: dict[str, Any]) -> bool:
    return bool(config.get("use_swiglu_ffn"))


def _stored_image_size(shared: dict[str, Any]) -> Any:
    """The size that positions are stored for, which DINOv2's inputs may differ from."""
    if "position_grid" in shared and "patch_size" in shared:
        return shared["position_grid"] * shared["patch_size"]
    return shared.get("image_size")


def _tokens(config: dict[str, Any], shared: dict[str, Any]) -> int | None:
    side, patch = shared.get("image_size", config.get("image_size")), config.get("patch_size")
    if not isinstance(side, int) or not isinstance(patch, int):
        return None
    special = 1 + (config.get("model_type") == "deit") + int(config.get("num_register_tokens") or 0)
    return int((side // patch) ** 2) + special


def read_json(file: Path) -> dict[str, Any]:
    """Raises EngineError("weights") where the file is missing or not a JSON object."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError(
            "weights", f"cannot read {file}: {error}", "The model folder is incomplete."
        ) from None
    if not isinstance(content, dict):
        raise EngineError("weights", f"{file} is not a JSON object", "The model folder is damaged.")
    return content

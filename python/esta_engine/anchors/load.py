"""Loading a plan's anchors: files found, shapes held against the plan, weights complete, inputs alike.

The plan's costs were computed from its shapes, so a model of another shape is refused before its weights are
read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..plan import Plan, PlanAnchor
from . import KINDS, adapter_class
from .base import Anchor
from .sources import PACKAGE_ROOT, resolve_folder, weight_files, weights_sha256

#: What of preprocessor_config.json changes the tensors that a model sees.
_PREPROCESSING = (
    "size", "do_resize", "resample", "do_center_crop", "crop_size", "do_rescale", "rescale_factor",
    "do_normalize", "image_mean", "image_std", "do_convert_rgb",
)  # fmt: skip
_PLAN_HINT = "The plan was made for other shapes: plan again, with this model's config.json."


def load_anchors(plan: Plan, *, root: Path = PACKAGE_ROOT, allow_download: bool = False) -> list[Anchor]:
    """The plan's anchors, float32, on the CPU, frozen. Raises EngineError("weights" or "environment")."""
    if plan.family.kind not in KINDS:
        raise EngineError(
            "plan",
            f"the engine cannot run {plan.family.kind} families yet, only {', '.join(KINDS)}",
            "Such a family can be planned, not adapted.",
        )
    folders = [_folder_of(anchor, root, allow_download) for anchor in plan.anchors]
    check_preprocessing(folders)
    return [_load(plan, anchor, folder) for anchor, folder in zip(plan.anchors, folders, strict=True)]


def load_anchor(
    name: str, folder: Path, *, classes: int | None = None, pooling: str = "class-token"
) -> Anchor:
    """One anchor from a folder in Hugging Face layout, whatever its shapes. Raises EngineError("weights").

    Weights that the files lack are an error, save for the head: a backbone's file has none.
    """
    config = read_json(folder / "config.json")
    model_type = config.get("model_type")
    known = sorted({kind for kinds in KINDS.values() for kind in kinds})
    if model_type not in known:
        raise EngineError(
            "weights",
            f"{folder}: model_type is {model_type!r}, allowed: {', '.join(known)}",
            "Use another model.",
        )
    weight_files(folder)
    model, missing = _load_model(folder, classes)
    missing = sorted(key for key in missing if not key.startswith("classifier."))
    if missing:
        raise EngineError(
            "weights",
            f"{folder}: the weight files lack {len(missing)} tensors: {_some(missing)}",
            "The files are incomplete or belong to another model; fetch or save them again.",
        )
    extra = {"pooling": pooling} if model_type in KINDS["vit"] else {}
    anchor = adapter_class(model_type)(name, model, folder, weights_sha256(folder), **extra)
    return anchor.requires_grad_(False)


def _load_model(folder: Path, classes: int | None) -> tuple[Any, Iterable[str]]:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForImageClassification

    arguments: dict[str, Any] = {} if classes is None else {"num_labels": classes}
    try:
        # A missing head, which transformers would report on stderr, is replaced anyway.
        with quiet_transformers():
            model, report = AutoModelForImageClassification.from_pretrained(
                folder,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
                **arguments,
            )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EngineError("weights", f"{folder}: cannot load the model: {reason}", None) from error
    return model, report["missing_keys"]


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """No reports and no progress bars of `transformers` on stderr."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _folder_of(anchor: PlanAnchor, root: Path, allow_download: bool) -> Path:
    if anchor.weights is None:
        raise EngineError(
            "weights",
            f"the plan names no weights for anchor {anchor.name}",
            "Give the anchor `weights`: a folder in Hugging Face layout or a hub id; a run needs them.",
        )
    return resolve_folder(anchor.weights, root=root, allow_download=allow_download)


def _load(plan: Plan, planned: PlanAnchor, folder: Path) -> Anchor:
    check_shapes(plan, planned, folder)
    return load_anchor(planned.name, folder, pooling=str(plan.family.input.get("pooling", "class-token")))


def check_shapes(plan: Plan, planned: PlanAnchor, folder: Path) -> None:
    """Hold a model's config.json against the plan; all differences are named together."""
    config, shared = read_json(folder / "config.json"), plan.family.input
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
    }
    wrong = [
        f"{name} is {got}, the plan says {want}"
        for name, (got, want) in found.items()
        if got is not None and want is not None and got != want
    ]
    tokens = _tokens(config, shared)
    if tokens is not None and tokens != plan.family.tokens:
        wrong.append(f"its inputs make {tokens} tokens, the plan says {plan.family.tokens}")
    if wrong:
        raise EngineError("weights", f"anchor {planned.name} ({folder}): {'; '.join(wrong)}", _PLAN_HINT)


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


def check_preprocessing(folders: list[Path]) -> None:
    """All anchors must see the same tensors. Raises EngineError("weights") naming what differs and where.

    A folder without preprocessor_config.json says nothing, and disagrees with none.
    """
    first: tuple[Path, dict[str, Any]] | None = None
    for folder in folders:
        file = folder / "preprocessor_config.json"
        if not file.is_file():
            continue
        settings = {key: read_json(file).get(key) for key in _PREPROCESSING}
        if first is None:
            first = (folder, settings)
            continue
        other = first[1]
        differing = [
            f"{key} {other[key]} and {settings[key]}"
            for key in _PREPROCESSING
            if None not in (other[key], settings[key]) and other[key] != settings[key]
        ]
        if differing:
            raise EngineError(
                "weights",
                f"{first[0]} and {folder} preprocess images differently: {'; '.join(differing)}",
                "Stitched anchors see the same input: choose models with the same preprocessing.",
            )


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


def _some(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")

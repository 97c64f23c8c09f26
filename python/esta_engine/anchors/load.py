"""Loading a plan's anchors: files found, shapes held against the plan, weights complete, inputs alike.

The plan's costs were computed from its shapes, so a model of another shape is refused before its weights are
read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..gguf import is_gguf, pretrained_arguments, read_gguf_config
from ..nn.codes import require_codes
from ..nn.frozen import keep_frozen
from ..plan import Plan, PlanAnchor
from ..terms import TEXT_KINDS
from . import KINDS, adapter_class
from .base import Anchor
from .shapes import check_shapes, read_json, read_settings
from .sources import PACKAGE_ROOT, resolve_weights, weight_files, weights_sha256
from .tokenizers import check_tokenizers

#: What of preprocessor_config.json changes the tensors that a model sees.
_PREPROCESSING = (
    "size", "do_resize", "resample", "do_center_crop", "crop_size", "do_rescale", "rescale_factor",
    "do_normalize", "image_mean", "image_std", "do_convert_rgb",
)  # fmt: skip
#: The library's class that an architecture's weights are loaded into.
CLASSES = {
    "vit": "AutoModelForImageClassification",
    "dinov2": "AutoModelForImageClassification",
    "bert": "AutoModelForSequenceClassification",
    "llama": "AutoModelForCausalLM",
}


def load_anchors(plan: Plan, *, root: Path = PACKAGE_ROOT, allow_download: bool = False) -> list[Anchor]:
    """The plan's anchors, on the CPU, frozen, in float32 or their matrices in less, as the plan says.

    Weights that a safetensors file holds in that type already are mapped from it, not copied. Raises
    EngineError("weights" or "environment").
    """
    if plan.family.kind not in KINDS:
        raise EngineError(
            "plan",
            f"the engine cannot run {plan.family.kind} families yet, only {', '.join(KINDS)}",
            "Such a family can be planned, not adapted.",
        )
    places = [_place_of(anchor, root, allow_download) for anchor in plan.anchors]
    (check_tokenizers if plan.family.kind in TEXT_KINDS else check_preprocessing)(places)
    return [_load(plan, anchor, place) for anchor, place in zip(plan.anchors, places, strict=True)]


def load_anchor(
    name: str,
    place: Path,
    *,
    classes: int | None = None,
    pooling: str | None = None,
    precision: str = "fp32",
) -> Anchor:
    """One anchor from a folder in Hugging Face layout or a GGUF file, whatever its shapes.

    Raises EngineError("weights"), and ("environment") where a package is missing that reads GGUF files.

    `pooling`: of adapters that know several, else their own. Weights that the files lack are an error, save
    for the head and a pooler that is not used: a backbone's file has none.
    """
    require_codes(precision)
    config = read_settings(place)
    model_type = config.get("model_type")
    known = sorted({kind for kinds in KINDS.values() for kind in kinds})
    if model_type not in known:
        raise EngineError(
            "weights",
            f"{place}: model_type is {model_type!r}, allowed: {', '.join(known)}",
            "Use another model.",
        )
    if not is_gguf(place):
        weight_files(place)
    kind = next(kind for kind, types in KINDS.items() if model_type in types)
    model, lacking = _load_model(place, kind, classes, precision)
    missing = sorted(key for key in lacking if not _replaced(key, kind, pooling))
    if missing:
        pooler = kind == "bert" and all("pooler" in key or "dense" in key for key in missing)
        raise EngineError(
            "weights",
            f"{place}: the weight files lack {len(missing)} tensors: {_some(missing)}",
            "The model was saved without its pooler: set family.pooling to mean or class-token."
            if pooler
            else "The files are incomplete or belong to another model; fetch or save them again.",
        )
    extra = {"pooling": pooling} if pooling is not None and model_type in POOLED else {}
    anchor = adapter_class(model_type)(name, model, place, weights_sha256(place), **extra)
    anchor.requires_grad_(False)
    if precision != "fp32":
        keep_frozen(anchor, precision)
    return anchor


#: Model types whose adapters are told how to pool; DINOv2 pools in one way, decoders not at all.
POOLED = (*KINDS["vit"], *KINDS["bert"])


def _replaced(key: str, kind: str, pooling: str | None) -> bool:
    """Whether a tensor that the files lack is not used: a task's head takes its place, or nothing reads
    it.
    """
    if kind == "llama":
        return False  # a tied head is not reported
    if kind == "bert" and pooling in (None, "pooler") and ".dense." in key:
        return False  # RoBERTa's pooler is part of its head
    return key.startswith("classifier.") or (kind == "bert" and "pooler" in key and pooling != "pooler")


def _load_model(place: Path, kind: str, classes: int | None, precision: str) -> tuple[Any, Iterable[str]]:
    import torch
    import transformers
    from safetensors import SafetensorError

    source, arguments = pretrained_arguments(place)
    settings: dict[str, Any] = dict(arguments) if classes is None else {**arguments, "num_labels": classes}
    if is_gguf(place):
        settings["config"] = read_gguf_config(place)
    try:
        # A missing head, which transformers would report on stderr, is replaced anyway.
        with quiet_transformers():
            model, report = getattr(transformers, CLASSES[kind]).from_pretrained(
                source,
                # As the file has it, where it may stay so: the weights are then mapped, not copied.
                dtype="auto" if precision != "fp32" and not is_gguf(place) else torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
                **settings,
            )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EngineError("weights", f"{place}: cannot load the model: {reason}", None) from error
    if is_gguf(place):
        _forget_quantisation(model)
    return model, report["missing_keys"]


def _forget_quantisation(model: Any) -> None:
    """What came out of a GGUF file is a plain model, but `transformers` goes on to call it quantised, and
    will not save it.
    """
    for owner, name in ((model.config, "quantization_config"), (model, "hf_quantizer")):
        if hasattr(owner, name):
            delattr(owner, name)
    model.is_quantized = False


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


def _place_of(anchor: PlanAnchor, root: Path, allow_download: bool) -> Path:
    if anchor.weights is None:
        raise EngineError(
            "weights",
            f"the plan names no weights for anchor {anchor.name}",
            "Give the anchor `weights`: a folder in Hugging Face layout, a GGUF file or a hub id.",
        )
    return resolve_weights(anchor.weights, root=root, allow_download=allow_download)


def _load(plan: Plan, planned: PlanAnchor, place: Path) -> Anchor:
    check_shapes(plan, planned, place, read_settings(place))
    precision = plan.config["training"]["frozen_precision"]
    return load_anchor(planned.name, place, pooling=pooling_of(plan), precision=precision)


def pooling_of(plan: Plan) -> str | None:
    """As the family says; an encoder pools with its pooler where it has one, and nothing else is said."""
    shared = plan.family.input
    if plan.family.kind == "bert":
        return str(shared.get("pooling") or ("pooler" if shared.get("pooler", True) else "class-token"))
    pooling = shared.get("pooling")
    return None if pooling is None else str(pooling)


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


def _some(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")

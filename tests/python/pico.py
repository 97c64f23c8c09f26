"""Pico models and plans for tests: real `transformers` models with random weights, real files, tiny shapes.

    folders = save_anchors(tmp_path, widths=(16, 32), depth=3)
    plan = make_pico_plan(folders, method={"name": "esta", ...})

The plan holds paired routes (`pico_plan`).
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.plan import Plan, make_plan
from esta_engine.seeding import generator
from esta_engine.terms import ALONE_METHODS
from pico_plan import paired, plan_anchor, plan_intervals, plan_stitches
from torch import Tensor

IMAGE_SIZE, PATCH_SIZE, HEADS = 12, 4, 2
#: Frozen precisions that keep codes; 4 bits where the package for them is.
CODES = (
    "int8",
    pytest.param(
        "nf4",
        marks=pytest.mark.skipif(
            find_spec("bitsandbytes") is None, reason="no bitsandbytes: pip install -r requirements-nf4.txt"
        ),
    ),
)
CLASSES = 5

ESTA: dict[str, Any] = {
    "name": "esta",
    "lora": {
        "rank": 4, "alpha": 8, "targets": ["query", "key", "value", "output"], "learning_rate": 1e-2,
        "stitching_rank": 8, "stitching_learning_rate": 1e-2,
    },
    "stitch_bias": {"sites": "after-stitch", "shared": False, "learning_rate": 1e-3},
    "head": {"learning_rate": 1e-2},
    "initialisation": {
        "method": "least-squares", "samples": 40, "ridge": 1e-6,
        "matching": {"steps": 20, "learning_rate": 1e-3},
        "heads": "random", "head_samples": 40,
    },
    "anchors_first": {"share": 0, "refit": True},
    "importance": {"score": "snip", "momentum": 0.9, "samples": 32},
    "sampling": {
        "strategy": "importance", "temperature": 1, "floor": 0.3, "anchor_share": 0.1,
        "anchor_cost_exponent": 0, "warmup_draws": 1,
    },
    "stitches_per_step": 1,
    "distillation": {"teacher": "none", "weight": 0.5, "temperature": 2},
}  # fmt: skip
LORA: dict[str, Any] = {
    "name": "lora",
    "lora": ESTA["lora"],
    "bias": {"train": True, "learning_rate": 1e-3},
    "head": {"learning_rate": 1e-2},
    "initialisation": ESTA["initialisation"],
}
SNNET: dict[str, Any] = {
    "name": "snnet",
    "learning_rate": 1e-3,
    "head": {"learning_rate": 1e-2},
    "initialisation": ESTA["initialisation"],
}
SNNETV2: dict[str, Any] = {
    **SNNET, "name": "snnetv2", "stitching": {"rank": 64, "alpha": 64, "learning_rate": 1e-3},
}  # fmt: skip
FULL: dict[str, Any] = {**SNNET, "name": "full"}
LINEAR_PROBE: dict[str, Any] = {
    "name": "linear-probe", "head": {"learning_rate": 1e-2}, "initialisation": ESTA["initialisation"],
}  # fmt: skip
METHODS: dict[str, dict[str, Any]] = {
    method["name"]: method for method in (ESTA, SNNET, SNNETV2, LORA, FULL, LINEAR_PROBE)
}
TRAINING: dict[str, Any] = {
    "steps": 12,
    "batch_size": 8,
    "accumulation": 1,
    "optimizer": {"name": "adamw", "weight_decay": 0, "momentum": 0.9, "second_momentum": 0.999},
    "schedule": "cosine",
    "warmup_steps": 2,
    "clip_norm": 1,
    "label_smoothing": 0,
    "precision": "fp32",
    "frozen_precision": "fp32",
    "off_route_blocks": "device",
    "activation_checkpointing": False,
    "checkpoint_every": 4,
    "seeds": {"initialisation": 0, "data": 0, "sampling": 0},
}


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with `changes` put over it, section by section; None takes `steps` and `epochs` out."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return {key: value for key, value in result.items() if value is not None or key == "clip_norm"}


def vit_model(width: int, depth: int, *, seed: int = 0, classes: int = CLASSES, **config: Any) -> Any:
    """A ViTForImageClassification of 12 x 12 pixels, patch 4 (10 tokens), random weights and biases."""
    from transformers import ViTConfig, ViTForImageClassification

    settings = {"image_size": IMAGE_SIZE, "patch_size": PATCH_SIZE, "num_attention_heads": HEADS, **config}
    settings = {"intermediate_size": 2 * width, "hidden_size": width, "num_hidden_layers": depth} | settings
    return randomised(ViTForImageClassification(ViTConfig(num_labels=classes, **settings)), seed)


def randomised(model: Any, seed: int) -> Any:
    """Every parameter redrawn from a seed, biases and norms included, so that no term is zero by accident."""
    rng = generator(seed, "pico")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=rng)
            is_gain = ("norm" in name.lower() and name.endswith("weight")) or "lambda1" in name
            parameter.copy_(1 + 0.1 * noise if is_gain else 0.2 * noise)
    return model.eval()


def save_model(model: Any, folder: Path, **preprocessing: Any) -> Path:
    """Save in Hugging Face layout, with a preprocessor_config.json."""
    from transformers import ViTImageProcessor

    model.save_pretrained(folder)
    side = model.config.image_size
    settings = {"size": {"height": side, "width": side}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    ViTImageProcessor(**{**settings, **preprocessing}).save_pretrained(folder)
    return folder


def save_anchors(folder: Path, widths: tuple[int, ...] = (16, 32), depth: int = 3) -> list[Path]:
    """One pico ViT folder a width."""
    return [
        save_model(vit_model(width, depth, seed=number), folder / f"pico-{width}")
        for number, width in enumerate(widths)
    ]


def make_pico_plan(
    folders: list[Path],
    *,
    method: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    classes: int = CLASSES,
    task: dict[str, Any] | None = None,
    intervals: int = 3,
) -> Plan:
    """A checked plan over saved pico models; `method` and `training` are put over the defaults."""
    return make_plan(raw_pico_plan(folders, method, training, classes, task, intervals))


def raw_pico_plan(
    folders: list[Path],
    method: dict[str, Any] | None,
    training: dict[str, Any] | None,
    classes: int,
    task: dict[str, Any] | None,
    intervals: int,
) -> dict[str, Any]:
    """The same as JSON."""
    configs = [json.loads((folder / "config.json").read_text()) for folder in folders]
    method_defaults = METHODS[(method or ESTA).get("name", "esta")]
    if method_defaults["name"] in ALONE_METHODS:
        method_defaults = {**method_defaults, "stitches": list(range(len(folders)))}
    first = configs[0]
    anchors = [plan_anchor(number, folder, configs[number]) for number, folder in enumerate(folders)]
    layers, routes = paired(anchors)
    stitches = plan_stitches(anchors, routes)
    bounds = plan_intervals(stitches, intervals)
    space = {"rule": "paired", "kernel": 2, "stride": 1, "nearest": True, "longest_chain": 2}
    space["keep_costlier_than_dearest_anchor"] = True
    family_input = {key: first[name] for key, name in _FAMILY_INPUT.items() if name in first}
    registers = first.get("num_register_tokens", 0)
    special = 1 + (first["model_type"] == "deit") + registers
    side = family_input["image_size"] // family_input["patch_size"]
    kind = "dinov2" if first["model_type"].startswith("dinov2") else "vit"
    resolved: dict[str, Any] = {
        "version": 1,
        "family": [str(folder) for folder in folders],
        "method": merged(method_defaults, method or {}),
        "training": merged(TRAINING, training or {}),
        "deployment": {"axis": "macs", "intervals": intervals, "per_interval": 1},
        "run": {"device": "cpu", "workers": 0},
    }
    if task is not None:
        resolved["task"] = task
    return {
        "schema_version": 1,
        "config": resolved,
        "family": {
            "name": "pico", "kind": kind, "tokens": side**2 + special, "input": family_input,
            "classes": classes,
        },
        "space": space,
        "anchors": anchors,
        "stitching_layers": layers,
        "stitches": stitches,
        "intervals": bounds,
        "dropped": {"costlier_than_dearest_anchor": 0, "identical": 0},
        "memory": dict.fromkeys(_MEMORY, 0),
        "totals": {
            "anchors": len(anchors), "stitches": len(stitches), "stitching_layers": len(layers),
            "steps": resolved["training"].get("steps"),
        },
    }  # fmt: skip


_FAMILY_INPUT = {
    "image_size": "image_size",
    "patch_size": "patch_size",
    "channels": "num_channels",
    "qkv_bias": "qkv_bias",
}
_MEMORY = (
    "weights_bytes", "trainable_bytes", "gradient_bytes", "optimizer_bytes", "activation_bytes",
    "training_bytes", "inference_bytes",
)  # fmt: skip


def images(count: int, *, side: int = IMAGE_SIZE, seed: int = 0) -> dict[str, Tensor]:
    """Random inputs for a pico network."""
    return {"pixel_values": torch.randn(count, 3, side, side, generator=generator(seed, "images"))}


def pico_network(folders: list[Path], **plan_options: Any) -> tuple[Plan, Any]:
    """(plan, network) over saved pico models; options are those of `make_pico_plan`."""
    from esta_engine.adaptation.methods import make_network
    from esta_engine.anchors.load import load_anchors

    plan = make_pico_plan(folders, **plan_options)
    return plan, make_network(plan, load_anchors(plan))


def perturb(network: Any, stitches: list[int], seed: int = 0) -> None:
    """Move LoRA, heads, stitching layers and the biases of `stitches` away from their start."""
    rng = generator(seed, "perturb")
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=rng))
        for layer in network.stitching_layers:
            layer.bias.add_(0.1 * torch.randn(layer.bias.shape, generator=rng))
        for stitch in stitches:
            own = network.biases.create(stitch)
            if own is not None:
                own.copy_(0.1 * torch.randn(own.shape, generator=rng))


class PicoBatch:
    """Inputs and labels, as the engine's `Batch` has them."""

    def __init__(self, inputs: dict[str, Tensor], labels: Tensor) -> None:
        self.inputs = inputs
        self.labels = labels


class PicoData:
    """A learnable task without files: which of five images, under noise, an example was made from."""

    train_size = 40

    def __init__(self, batch_size: int = 8, classes: int = CLASSES, noise: float = 0.5) -> None:
        self.batch_size, self.classes, self.noise = batch_size, classes, noise
        self.prototypes = images(classes, seed=1234)["pixel_values"]

    def train_batch(self, step: int, part: int) -> PicoBatch:
        return self._batch(self.batch_size, generator(0, "pico-batch", step, part))

    def initialisation_batches(self, samples: int) -> list[PicoBatch]:
        batch = self._batch(samples, generator(0, "pico-initialisation"))
        parts = torch.arange(samples).split(16)
        return [PicoBatch({"pixel_values": batch.inputs["pixel_values"][p]}, batch.labels[p]) for p in parts]

    def _batch(self, size: int, rng: torch.Generator) -> PicoBatch:
        labels = torch.randint(self.classes, (size,), generator=rng)
        pixels = self.prototypes[labels]
        pixels = pixels + self.noise * torch.randn(pixels.shape, generator=rng)
        return PicoBatch({"pixel_values": pixels}, labels)

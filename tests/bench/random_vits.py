"""ViTs of random weights for the benchmarks: no file is read, and no training was had."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from esta_engine.anchors.vit import VitAnchor
from pico import randomised


class Shape(NamedTuple):
    """Of a family: `widths` of its anchors, small ones first; pixels of an image's and a patch's side."""

    widths: tuple[int, ...]
    depth: int
    image: int
    patch: int
    head_width: int


TINY_VIT = Shape((16, 24, 96), 6, 28, 7, 8)


def make_vits(shape: Shape, folder: Path) -> tuple[list[VitAnchor], list[Path]]:
    """(frozen anchors, folders of their configurations, from which a pico plan is made)."""
    from transformers import ViTConfig, ViTForImageClassification

    anchors, folders = [], []
    for width in shape.widths:
        settings: dict[str, Any] = {
            "hidden_size": width, "num_hidden_layers": shape.depth, "intermediate_size": 4 * width,
            "num_attention_heads": width // shape.head_width, "image_size": shape.image,
            "patch_size": shape.patch,
        }  # fmt: skip
        config = ViTConfig(**settings)
        folders.append(folder / f"vit-{width}")
        config.save_pretrained(folders[-1])
        model = randomised(ViTForImageClassification(config), seed=width)
        anchors.append(VitAnchor(folders[-1].name, model).requires_grad_(False))
    return anchors, folders

"""Augmentation of pixel tensors by configuration; every draw comes from the generator that is passed in.

Everything but the noise acts on unnormalised pixels, where zero is black: what a shift or a rotation
uncovers, and what is erased, is black whatever the anchors' normalisation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def augment(
    pixels: Tensor, settings: Mapping[str, Any], mean: Tensor, std: Tensor, draw: torch.Generator
) -> Tensor:
    """pixels (B, C, H, W), normalised by mean and std (C,) -> the same shape; `pixels` is left as it was.

    `settings` is `task.augmentation`. The number of draws does not depend on the settings' values, so turning
    one augmentation off leaves the draws of the others alone.
    """
    if not any(settings.values()):
        return pixels
    uniform = torch.rand(len(pixels), 9, generator=draw)  # (B, one draw a decision)
    scale, offset = std.view(-1, 1, 1), mean.view(-1, 1, 1)
    images = pixels * scale + offset
    if any(settings[name] for name in ("flip", "shift", "rotation", "scale")):
        images = _transform(images, settings, uniform)
    if settings["brightness"]:
        factor = 1 + settings["brightness"] * (2 * uniform[:, 5] - 1)
        images = images * factor.view(-1, 1, 1, 1)
    if settings["erase"]:
        images = _erase(images, settings["erase"], uniform[:, 6:9])
    images = (images - offset) / scale
    if settings["noise"]:
        images = images + settings["noise"] * torch.randn(images.shape, generator=draw)
    return images


def _transform(images: Tensor, settings: Mapping[str, Any], uniform: Tensor) -> Tensor:
    """Flip, rotate, scale and shift by whole pixels in one bilinear sampling, padded with zeros."""
    height, width = images.shape[-2:]
    flip = torch.where(uniform[:, 0] < settings["flip"], -1.0, 1.0)
    reach = 2 * settings["shift"] + 1
    shift_x = (uniform[:, 1] * reach).floor() - settings["shift"]
    shift_y = (uniform[:, 2] * reach).floor() - settings["shift"]
    angle = math.radians(settings["rotation"]) * (2 * uniform[:, 3] - 1)
    zoom = 1 / (1 + settings["scale"] * (2 * uniform[:, 4] - 1))
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    # affine_grid maps each output pixel to where it comes from, in units of half the image: a square pixel
    # keeps its shape under rotation only if the aspect ratio is taken into account.
    x_row = torch.stack([flip * cosine, -flip * sine * height / width, 2 * shift_x / width], dim=1)
    y_row = torch.stack([sine * width / height, cosine, 2 * shift_y / height], dim=1)
    grid = functional.affine_grid(torch.stack([x_row, y_row], dim=1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _erase(images: Tensor, probability: float, uniform: Tensor) -> Tensor:
    """Black out a square of a quarter of the shorter side, at a random place, in a share of the images."""
    height, width = images.shape[-2:]
    side = max(1, min(height, width) // 4)
    top = (uniform[:, 1] * (height - side + 1)).floor().view(-1, 1, 1)
    left = (uniform[:, 2] * (width - side + 1)).floor().view(-1, 1, 1)
    rows, columns = torch.arange(height).view(1, -1, 1), torch.arange(width).view(1, 1, -1)
    inside = (rows >= top) & (rows < top + side) & (columns >= left) & (columns < left + side)  # (B, H, W)
    chosen = (uniform[:, 0] < probability).view(-1, 1, 1)
    return images.masked_fill((inside & chosen).unsqueeze(1), 0.0)

"""Augmentation against plain references: exact shifts and flips, black where nothing was, the same twice."""

from __future__ import annotations

import itertools

import pytest
import torch
from esta_engine.data.augmentation import augment
from esta_engine.seeding import generator
from runs import NO_AUGMENTATION
from torch import Tensor

MEAN, STD = torch.tensor([0.2, 0.5, 0.4]), torch.tensor([0.3, 0.25, 0.5])


def run(pixels: Tensor, seed: int = 0, **settings: float) -> Tensor:
    return augment(pixels, {**NO_AUGMENTATION, **settings}, MEAN, STD, generator(seed, "test"))


def images(count: int = 8, height: int = 8, width: int = 8) -> Tensor:
    """Normalised from unnormalised pixels between 0.1 and 1, so that black is unmistakable."""
    raw = 0.1 + 0.9 * torch.rand(count, 3, height, width, generator=generator(1, "pixels"))
    return (raw - MEAN.view(3, 1, 1)) / STD.view(3, 1, 1)


def raw(pixels: Tensor) -> Tensor:
    return pixels * STD.view(3, 1, 1) + MEAN.view(3, 1, 1)


def shifted(image: Tensor, right: int, down: int) -> Tensor:
    """A shift by whole pixels, by index."""
    result = torch.zeros_like(image)
    height, width = image.shape[-2:]
    for y, x in itertools.product(range(height), range(width)):
        if 0 <= y - down < height and 0 <= x - right < width:
            result[:, y, x] = image[:, y - down, x - right]
    return result


def test_nothing_asked_nothing_done() -> None:
    pixels = images()
    assert run(pixels) is pixels


def test_shifts_move_by_whole_pixels_and_uncover_black() -> None:
    pixels = images()
    found = []
    for image, result in zip(raw(pixels), raw(run(pixels, shift=2)), strict=True):
        moves = [
            (x, y)
            for x, y in itertools.product(range(-2, 3), repeat=2)
            if torch.allclose(result, shifted(image, x, y), atol=1e-5)
        ]
        assert len(moves) == 1
        found += moves
    assert len(set(found)) > 2


def test_a_flip_mirrors_left_and_right() -> None:
    pixels = images()
    assert torch.allclose(run(pixels, flip=1), pixels.flip(-1), atol=1e-5)
    some = run(pixels, flip=0.5)
    same = [torch.allclose(one, other, atol=1e-5) for one, other in zip(some, pixels, strict=True)]
    assert 0 < sum(same) < len(same)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (12, 24)])
def test_rotation_keeps_shapes_whatever_the_aspect(height: int, width: int) -> None:
    """A centred disc stays a disc under any rotation."""
    y = torch.arange(height).view(-1, 1) - (height - 1) / 2
    x = torch.arange(width).view(1, -1) - (width - 1) / 2
    disc = torch.sigmoid(4 * (4 - (x**2 + y**2).sqrt())).expand(4, 3, height, width)
    pixels = (disc - MEAN.view(3, 1, 1)) / STD.view(3, 1, 1)
    turned = raw(run(pixels, rotation=180))
    assert (turned - disc).abs().max() < 0.2
    assert torch.allclose(turned.sum(), disc.sum(), rtol=0.02)


def test_scaling_changes_the_size_as_told() -> None:
    square = torch.zeros(32, 3, 24, 24)
    square[:, :, 8:16, 8:16] = 1
    pixels = (square - MEAN.view(3, 1, 1)) / STD.view(3, 1, 1)
    areas = raw(run(pixels, scale=0.25)).sum(dim=(1, 2, 3)) / 3
    assert areas.min() > 64 * 0.75**2 - 2 and areas.max() < 64 * 1.25**2 + 2
    assert areas.min() < 55 and areas.max() > 75


def test_erasing_blacks_out_one_square_of_a_quarter_side() -> None:
    erased = raw(run(images(16, 12, 16), erase=1)).abs() < 1e-6
    assert (erased.sum(dim=(1, 2, 3)) == 3 * 3 * 3).all()
    for mask in erased[:, 0]:
        rows, columns = mask.nonzero(as_tuple=True)
        assert rows.max() - rows.min() == 2 and columns.max() - columns.min() == 2
    assert len({tuple(mask.nonzero()[0].tolist()) for mask in erased[:, 0]}) > 2


def test_brightness_scales_unnormalised_pixels() -> None:
    pixels = images()
    ratios = raw(run(pixels, brightness=0.3)) / raw(pixels)
    each = ratios.flatten(1)
    assert (each.max(dim=1).values - each.min(dim=1).values).max() < 1e-4
    assert (each[:, 0] >= 0.7).all() and (each[:, 0] <= 1.3).all() and each[:, 0].std() > 0.05


def test_noise_has_the_deviation_asked_for() -> None:
    pixels = images(64)
    assert abs((run(pixels, noise=0.2) - pixels).std().item() - 0.2) < 0.01


def test_draws_derive_from_the_generator_alone_and_leave_the_input() -> None:
    pixels, settings = images(), {"flip": 0.5, "shift": 1, "rotation": 20, "erase": 0.5, "noise": 0.1}
    before = pixels.clone()
    assert torch.equal(run(pixels, **settings), run(pixels, **settings))
    assert not torch.equal(run(pixels, **settings), run(pixels, seed=1, **settings))
    assert torch.equal(pixels, before)


def test_turning_one_augmentation_off_leaves_the_others_draws() -> None:
    pixels = images()
    both, alone = run(pixels, shift=2, brightness=0.5), run(pixels, shift=2)
    ratios = raw(both) / raw(alone).clamp(min=1e-3)
    assert (raw(both)[raw(alone) < 1e-6].abs() < 1e-6).all()
    assert (ratios.amax(dim=(1, 2, 3)) < 1.51).all()

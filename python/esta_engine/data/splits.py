"""Deterministic, stratified choices of examples: cutting parts from a whole, and thinning a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..seeding import generator

if TYPE_CHECKING:
    import torch


def cut(labels: Sequence[str], counts: Sequence[int], seed: int) -> list[list[int]]:
    """Cut `len(labels)` examples into `len(counts)` parts of those sizes and a rest, stratified by class.

    Every part has each class in proportion, as near as whole examples allow (largest remainders, ties to
    the class that comes first). Returns ascending indices: one list a part, the rest last. Raises ValueError
    where `counts` sum to more than there is.
    """
    if sum(counts) > len(labels):
        raise ValueError(f"{sum(counts)} examples asked of {len(labels)}")
    left = _shuffled_classes(labels, generator(seed, "cut"))
    parts = []
    for count in counts:
        part: list[int] = []
        for members, taken in zip(left, _apportion([len(members) for members in left], count), strict=True):
            part += members[:taken]
            del members[:taken]
        parts.append(sorted(part))
    return [*parts, sorted(index for members in left for index in members)]


def draw_evenly(labels: Sequence[str], count: int, seed: int, purpose: str) -> list[int]:
    """At most `count` ascending indices, the classes' numbers differing by at most one while all last."""
    members = _shuffled_classes(labels, generator(seed, "draw", purpose))
    rounds = max((len(each) for each in members), default=0)
    order = [each[turn] for turn in range(rounds) for each in members if turn < len(each)]
    return sorted(order[:count])


def _shuffled_classes(labels: Sequence[str], draw: torch.Generator) -> list[list[int]]:
    import torch

    classes: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        classes.setdefault(label, []).append(index)
    shuffled = []
    for name in sorted(classes):
        members = classes[name]
        shuffled.append([members[i] for i in torch.randperm(len(members), generator=draw).tolist()])
    return shuffled


def _apportion(sizes: Sequence[int], count: int) -> list[int]:
    """Whole shares of `count`, in proportion to `sizes` (Hamilton's method, in integers)."""
    total = sum(sizes)
    if total == 0:
        return [0] * len(sizes)
    shares = [size * count // total for size in sizes]
    remainders = sorted(range(len(sizes)), key=lambda i: (-(sizes[i] * count % total), i))
    for index in remainders[: count - sum(shares)]:
        shares[index] += 1
    return shares

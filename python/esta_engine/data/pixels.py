"""The preprocessed images of one part, kept in memory where they fit."""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from torch import Tensor

from .part import Part
from .preprocessing import Preprocessor

#: Most bytes that the images of one part may take; a quarter of the free memory where that is less.
LARGEST_CACHE_BYTES = 2 * 2**30


class Pixels:
    """Pixels of the examples `indices` of `part`, addressed by their position in `indices`."""

    def __init__(self, part: Part, indices: Sequence[int], preprocessor: Preprocessor) -> None:
        self._part, self._indices, self._preprocessor = part, indices, preprocessor
        self._cache: Tensor | None = None
        self._known = torch.zeros(len(indices), dtype=torch.bool)

    def __call__(self, positions: Sequence[int]) -> Tensor:
        """(B, C, H, W) float32. Raises EngineError("data") that names an image which does not decode."""
        if self._cache is None and not self._known.any():
            self._allocate(positions[0])
        if self._cache is None:
            return self._read(positions)
        where = torch.tensor(positions)
        missing = sorted({position for position in positions if not self._known[position]})
        if missing:
            self._cache[missing] = self._read(missing)
            self._known[missing] = True
        return self._cache[where]

    def _allocate(self, position: int) -> None:
        first = self._read([position])[0]
        fits = first.numel() * first.element_size() * len(self._indices) <= _cache_bytes()
        if fits:
            self._cache = torch.empty(len(self._indices), *first.shape)

    def _read(self, positions: Sequence[int]) -> Tensor:
        return self._preprocessor([self._part.image(self._indices[position]) for position in positions])


def _cache_bytes() -> int:
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):  # not told on every system
        return LARGEST_CACHE_BYTES
    return min(LARGEST_CACHE_BYTES, free // 4)

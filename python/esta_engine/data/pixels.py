"""The preprocessed images of one part: kept in memory where they fit, else read again, ahead of their use."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor, Future

import torch
from torch import Tensor

from .part import ImagePart
from .preprocessing import Preprocessor

#: Most bytes that the images of one part may take; a quarter of the free memory where that is less.
LARGEST_CACHE_BYTES = 2 * 2**30


class Pixels:
    """Pixels of the examples `indices` of `part`, addressed by their position in `indices`.

    `pool` reads several images at once (`run.workers`); which ones, and their order, do not depend on it.
    """

    def __init__(
        self,
        part: ImagePart,
        indices: Sequence[int],
        preprocessor: Preprocessor,
        pool: Executor | None = None,
    ) -> None:
        self._part, self._indices, self._preprocessor, self._pool = part, indices, preprocessor, pool
        self._cache: Tensor | None = None
        self._known = torch.zeros(len(indices), dtype=torch.bool)
        self._measured = False
        self._ahead: dict[int, Future[Tensor]] = {}

    def __call__(self, positions: Sequence[int]) -> Tensor:
        """(B, C, H, W) float32. Raises EngineError("data") that names an image which does not decode."""
        if not self._measured:
            self._allocate(positions[0])
        if self._cache is None:
            return torch.stack(self._read(positions))
        missing = sorted({position for position in positions if not self._known[position]})
        if missing:
            self._cache[missing] = torch.stack(self._read(missing))
            self._known[missing] = True
        return self._cache[torch.tensor(positions)]

    def expect(self, positions: Sequence[int]) -> None:
        """Begin to read what will be asked for next, where there is a pool and nothing is kept."""
        if self._pool is not None and self._measured and self._cache is None:
            for position in positions:
                if position not in self._ahead:
                    self._ahead[position] = self._pool.submit(self._read_one, position)

    def _allocate(self, position: int) -> None:
        first = self._read_one(position)
        if first.numel() * first.element_size() * len(self._indices) <= _cache_bytes():
            self._cache = torch.empty(len(self._indices), *first.shape)
        self._measured = True

    def _read(self, positions: Sequence[int]) -> list[Tensor]:
        if self._pool is None:
            return [self._read_one(position) for position in positions]
        ahead, self._ahead = self._ahead, {}  # what was expected and is not asked for now is dropped
        read = {
            position: ahead.get(position) or self._pool.submit(self._read_one, position)
            for position in dict.fromkeys(positions)
        }
        return [read[position].result() for position in positions]

    def _read_one(self, position: int) -> Tensor:
        pixels: Tensor = self._preprocessor([self._part.image(self._indices[position])])[0]
        return pixels


def _cache_bytes() -> int:
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):  # not told on every system
        return LARGEST_CACHE_BYTES
    return min(LARGEST_CACHE_BYTES, free // 4)

"""Pixels are the same however they are kept and whoever reads them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from esta_engine.data import pixels as module
from esta_engine.data.digits import read_digits
from esta_engine.data.pixels import Pixels
from esta_engine.data.preprocessing import load_preprocessor
from hypothesis import given, settings
from hypothesis import strategies as st
from pico import IMAGE_SIZE

INDICES = [5, 900, 3, 17, 1796, 40]
positions = st.lists(st.integers(0, len(INDICES) - 1), min_size=1, max_size=9)


@settings(max_examples=25, deadline=None)
@given(asked=st.lists(positions, min_size=1, max_size=5), expected=positions)
def test_kept_or_read_again_alone_or_in_threads(
    pico_folders: list[Path], asked: list[list[int]], expected: list[int]
) -> None:
    part, preprocessor = read_digits(), load_preprocessor(pico_folders, 3, IMAGE_SIZE)
    reference = preprocessor([part.image(index) for index in INDICES])
    with ThreadPoolExecutor(2) as pool, pytest.MonkeyPatch.context() as patch:
        for largest in (module.LARGEST_CACHE_BYTES, 0):
            patch.setattr(module, "LARGEST_CACHE_BYTES", largest)
            for helper in (None, pool):
                pixels = Pixels(part, INDICES, preprocessor, helper)
                for batch in asked:
                    assert torch.equal(pixels(batch), reference[batch])
                    pixels.expect(expected)

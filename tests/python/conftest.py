"""Shared by all Python tests: one torch thread, pico models, no network."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path[:0] = [str(Path(__file__).parents[2] / "python"), str(Path(__file__).parent)]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def pico_folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of two pico ViTs, 16 and 32 wide, three blocks each."""
    from pico import save_anchors

    return save_anchors(tmp_path_factory.mktemp("pico"))

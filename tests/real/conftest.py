"""Real weights, made once under .cache/real/models by scripts/real_weights.py (`npm run test:real`)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(Path(__file__).parent)]

import real_weights  # noqa: E402  # the scripts are no package

MODELS = real_weights.CACHE / "models"


@pytest.fixture(scope="session")
def minilm() -> tuple[Path, Path]:
    """Folders of MiniLM with 3 and with 6 layers."""
    three, six = real_weights.make_minilm(MODELS)
    return three, six


@pytest.fixture(scope="session")
def smollm2() -> tuple[Path, Path]:
    """GGUF files of SmolLM2-135M-Instruct's first 15 blocks, and of all 30."""
    half, whole = real_weights.make_smollm2(MODELS)
    return half, whole

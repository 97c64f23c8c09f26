"""Randomness: every draw of the engine comes from (seed, purpose, counters), none from a global generator.

A run that is resumed at step s draws what the uninterrupted one would have drawn there, without any
generator's state being stored.
"""

from __future__ import annotations

import hashlib
import json

import torch


def generator(
    seed: int, purpose: str, *counters: int | str, device: torch.device | str = "cpu"
) -> torch.Generator:
    """A fresh generator for one purpose, e.g. `generator(seeds.sampling, "draw", step)`.

    Seeded by SHA-256 of its arguments, so that neighbouring seeds and counters are unrelated.
    """
    text = json.dumps([seed, purpose, *counters])
    digest = hashlib.sha256(text.encode()).digest()
    # 63 bits: what every device's generator takes as a seed.
    return torch.Generator(device=device).manual_seed(int.from_bytes(digest[:8], "big") >> 1)

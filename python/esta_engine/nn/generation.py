"""Generating text with one stitch of a resident network, token by token, with caches of its own.

The network is not changed, and nothing of one answer is left for the next: switching stitches is naming
another.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import EngineError
from .network import StitchedNetwork


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn. `temperature` 0 takes the likeliest; `top_k` 0 and `top_p` 1 leave none
    out.

    `top_p`: the likeliest tokens that together have this probability (nucleus sampling, arXiv 1904.09751).
    """

    max_new_tokens: int = 256
    temperature: float = 0.7
    top_k: int = 0
    top_p: float = 0.95
    seed: int = 0

    def check(self) -> None:
        """Raises EngineError("plan") that names what is out of range."""
        allowed = {
            "max_new_tokens": (self.max_new_tokens >= 1, "1 or more"),
            "temperature": (math.isfinite(self.temperature) and self.temperature >= 0, "0 or more"),
            "top_k": (self.top_k >= 0, "0 or more"),
            "top_p": (0 < self.top_p <= 1, "above 0, at most 1"),
            "seed": (0 <= self.seed < 2**63, "0 or more, below 2^63"),
        }
        for name, (holds, text) in allowed.items():
            if not holds:
                raise EngineError("plan", f"{name}: got {getattr(self, name)}; allowed: {text}")


@torch.no_grad()
def generate(
    network: StitchedNetwork,
    stitch: int,
    prompt: Sequence[int],
    sampling: Sampling,
    stop_tokens: Collection[int] = (),
) -> Iterator[int]:
    """The answer's tokens as they come, without the stop token that ends it.

    The first is never a stop token: an empty answer is no answer. The same arguments give the same tokens.
    Raises EngineError("plan") for an empty prompt, ("numeric") where the logits are not numbers.
    """
    sampling.check()
    if not prompt:
        raise EngineError("plan", "the prompt has no tokens", "Say something.")
    device = network.device
    draw = torch.Generator().manual_seed(sampling.seed)
    caches = network.make_caches(stitch)
    head = network.head_of(stitch)
    stops = torch.tensor(sorted(stop_tokens), dtype=torch.int64)
    tokens = torch.tensor([list(prompt)], device=device)
    for number in range(sampling.max_new_tokens):
        features = network.features({"input_ids": tokens}, stitch, caches)
        logits = head(features[:, -1]).float().cpu()[0]
        if not torch.isfinite(logits).all():
            raise EngineError(
                "numeric",
                f"stitch {stitch} gives logits that are not finite",
                "Ask another stitch; its training may have diverged: see the losses in `esta report RUN`.",
            )
        if number == 0:
            logits[stops] = -math.inf
        token = draw_token(logits, sampling, draw)
        if token in stop_tokens:
            return
        yield token
        tokens = torch.tensor([[token]], device=device)


def draw_token(logits: Tensor, sampling: Sampling, draw: torch.Generator) -> int:
    """One token of the distribution that logits (V,) and `sampling` give."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    probabilities = (logits.double() / sampling.temperature).softmax(dim=0)
    ranked, order = probabilities.sort(descending=True, stable=True)
    if sampling.top_k:
        ranked[sampling.top_k :] = 0
    before = ranked.cumsum(dim=0) - ranked  # the likeliest always stays
    ranked[before >= sampling.top_p] = 0
    return int(order[torch.multinomial(ranked, 1, generator=draw)])

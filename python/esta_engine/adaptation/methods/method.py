"""What a method is, and the parts that methods share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ...anchors.base import Anchor
from ...nn.network import StitchedNetwork
from ...plan import Plan
from ...seeding import generator


@dataclass(frozen=True)
class Method:
    """`rates`: learning rates of `shared`, `head` and `bias` parameters, from the method's configuration.

    `one_by_one`: each anchor is tuned by itself, one after another, `training.steps` each, and nothing is
    stitched. `fits_stitching_layers`: they start from least squares, if the configuration says so.
    """

    name: str
    make_network: Callable[[Plan, Sequence[Anchor]], StitchedNetwork]
    rates: Callable[[Mapping[str, Any]], dict[str, float]]
    one_by_one: bool = False
    fits_stitching_layers: bool = True


def make_heads(plan: Plan, anchors: Sequence[Anchor]) -> list[nn.Linear]:
    """A new head for the task on each anchor: small random weights (standard deviation 0.02), zero bias.

    Language models keep their own, tied to the embeddings or not; whether it trains is the method's to say.
    """
    heads: list[nn.Linear] = []
    for number, anchor in enumerate(anchors):
        own = anchor.own_head() if anchor.keeps_own_head else None
        if own is not None:
            heads.append(own)
            continue
        head = nn.Linear(anchor.feature_size, plan.family.classes)
        rng = initial(plan, "head", number)
        with torch.no_grad():
            head.weight.copy_(0.02 * torch.randn(head.weight.shape, generator=rng))
            head.bias.zero_()
        heads.append(head)
    return heads


def initial(plan: Plan, purpose: str, *counters: int | str) -> torch.Generator:
    """Generator for initial values."""
    return generator(plan.config["training"]["seeds"]["initialisation"], purpose, *counters)

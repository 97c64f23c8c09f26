"""What a method is, and the parts that methods share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ...anchors.base import Anchor
from ...nn.lora import add_lora
from ...nn.network import StitchedNetwork
from ...nn.stitching_layer import StitchingLayer
from ...plan import Plan
from ...plan import StitchingLayer as PlanLayer
from ...seeding import generator


def _plan_layers(plan: Plan) -> Sequence[PlanLayer]:
    return plan.stitching_layers


def _plan_anchors(plan: Plan) -> Sequence[int]:
    return range(len(plan.anchors))


@dataclass(frozen=True)
class Method:
    """`rates`: learning rates of `shared`, `stitching`, `head` and `bias` parameters, from the method's
    configuration.

    `layers`: what the network's stitching layers join, in their order; the plan's unless the method has
    others. `head_owners`: the plan's anchor of each of the network's heads. `sampling`: the strategy of
    methods that leave none to configure.
    """

    name: str
    make_network: Callable[[Plan, Sequence[Anchor]], StitchedNetwork]
    rates: Callable[[Mapping[str, Any]], dict[str, float]]
    layers: Callable[[Plan], Sequence[PlanLayer]] = _plan_layers
    head_owners: Callable[[Plan], Sequence[int]] = _plan_anchors
    sampling: str = "uniform"


def make_heads(
    plan: Plan, anchors: Sequence[Anchor], numbers: Sequence[int] | None = None
) -> list[nn.Linear]:
    """A new head for the task on each anchor: small random weights (standard deviation 0.02), zero bias.

    Language models keep their own, tied to the embeddings or not; whether it trains is the method's to say.
    `numbers`: which of the plan's anchors each is, if they are not those in order; it seeds the values.
    """
    heads: list[nn.Linear] = []
    for number, anchor in zip(range(len(anchors)) if numbers is None else numbers, anchors, strict=True):
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


def put_lora(
    plan: Plan, anchor: Anchor, number: int, lora: Mapping[str, Any], blocks: Sequence[int] | None = None
) -> None:
    """LoRA as `lora` of the configuration says, on `blocks` of anchor `number` of the plan."""

    def rng(block: int, target: str) -> torch.Generator:
        return initial(plan, "lora", number, block, target)

    add_lora(anchor, lora["targets"], lora["rank"], lora["alpha"], rng, blocks)


def make_layers(
    plan: Plan, layers: Sequence[PlanLayer], lora_rank: int | None, lora_alpha: float = 1.0
) -> list[StitchingLayer]:
    """Stitching layers with a random start, that of the plan's layer of the same id; `lora_rank` None: plain
    and trained.
    """
    return [
        StitchingLayer(
            layer.in_width, layer.out_width, initial(plan, "stitching-layer", layer.id), lora_rank, lora_alpha
        )
        for layer in layers
    ]


def tune_weights(anchor: Anchor) -> None:
    """Let every weight of the anchor train, but for a pre-trained head that the task replaces."""
    for module in (*anchor.embedding_modules(), anchor.blocks, *anchor.final_modules()):
        module.requires_grad_(True)
    if anchor.keeps_own_head:
        anchor.own_head().requires_grad_(True)  # type: ignore[union-attr]  # it is there where it is kept


def initial(plan: Plan, purpose: str, *counters: int | str) -> torch.Generator:
    """Generator for initial values."""
    return generator(plan.config["training"]["seeds"]["initialisation"], purpose, *counters)

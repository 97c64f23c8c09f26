"""SN-Net (arXiv 2302.06586): every weight of anchors, stitching layers and heads is tuned; one stitch a step,
drawn uniformly. Unlike the published code, the final norm acts on every route, and the routes are the plan's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...anchors.base import Anchor
from ...nn.network import StitchedNetwork
from ...nn.stitching_layer import StitchingLayer
from ...plan import Plan
from .method import Method, initial, make_heads


def make_snnet_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    for anchor in anchors:
        for module in (*anchor.embedding_modules(), anchor.blocks, *anchor.final_modules()):
            module.requires_grad_(True)
        if anchor.keeps_own_head:
            anchor.own_head().requires_grad_(True)  # type: ignore[union-attr]  # it is there where it is kept
    layers = [
        StitchingLayer(layer.in_width, layer.out_width, initial(plan, "stitching-layer", layer.id), None)
        for layer in plan.stitching_layers
    ]
    return StitchedNetwork(
        anchors,
        plan.stitches,
        layers,
        make_heads(plan, anchors),
        activation_checkpointing=plan.config["training"]["activation_checkpointing"],
    )


def _rates(method: Mapping[str, Any]) -> dict[str, float]:
    rate = method["learning_rate"]
    return {"shared": rate, "head": method["head"]["learning_rate"], "bias": rate}


SNNET = Method("snnet", make_snnet_network, _rates)

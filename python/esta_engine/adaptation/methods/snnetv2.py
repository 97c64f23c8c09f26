"""SN-Netv2 (arXiv 2307.00154): anchors and heads tuned; a stitching layer's least-squares weight frozen, with
LoRA (rank 64 for classification) and its bias trained; one stitch a step, from a cost group that is drawn
uniformly. The stitch space is the plan's, so that methods can be compared on one space.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...anchors.base import Anchor
from ...nn.network import StitchedNetwork
from ...nn.stitching_layer import StitchingLayer
from ...plan import Plan
from .method import Method, initial, make_heads, tune_weights


def make_snnetv2_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    for anchor in anchors:
        tune_weights(anchor)
    lora = plan.config["method"]["stitching"]
    layers = []
    for planned in plan.stitching_layers:
        rng = initial(plan, "stitching-layer", planned.id)
        # A rank above the smaller width could express no more.
        rank = min(lora["rank"], planned.in_width, planned.out_width)
        layer = StitchingLayer(
            planned.in_width, planned.out_width, rng, rank, rank * lora["alpha"] / lora["rank"]
        )
        layer.bias.requires_grad_(True)
        layers.append(layer)
    return StitchedNetwork(
        anchors,
        plan.stitches,
        layers,
        make_heads(plan, anchors),
        activation_checkpointing=plan.config["training"]["activation_checkpointing"],
    )


def _rates(method: Mapping[str, Any]) -> dict[str, float]:
    rate = method["learning_rate"]
    stitching = method["stitching"]["learning_rate"]
    return {"shared": rate, "stitching": stitching, "head": method["head"]["learning_rate"], "bias": rate}


SNNETV2 = Method("snnetv2", make_snnetv2_network, _rates, sampling="cost-group")

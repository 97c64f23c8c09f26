"""SN-Net (arXiv 2302.06586): every weight of anchors, stitching layers and heads is tuned; one stitch a step,
drawn uniformly. Unlike the published code, the final norm acts on every route, and the routes are the plan's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...anchors.base import Anchor
from ...nn.network import StitchedNetwork
from ...plan import Plan
from .method import Method, make_heads, make_layers, tune_weights


def make_snnet_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    for anchor in anchors:
        tune_weights(anchor)
    return StitchedNetwork(
        anchors,
        plan.stitches,
        make_layers(plan, plan.stitching_layers, None),
        make_heads(plan, anchors),
        activation_checkpointing=plan.config["training"]["activation_checkpointing"],
    )


def _rates(method: Mapping[str, Any]) -> dict[str, float]:
    rate = method["learning_rate"]
    return {"shared": rate, "stitching": rate, "head": method["head"]["learning_rate"], "bias": rate}


SNNET = Method("snnet", make_snnet_network, _rates)

"""LoRA (arXiv 2106.09685) on each anchor, or each of some stitches, alone: the baseline that a palette has to
be worth more than.

The same adaptation as ESTA's (LoRA on attention and on stitching layers, biases along the route, a head), but
each stitch has its own `training.steps`, the same batches, and shares nothing. Its palette is what was tuned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...anchors.base import Anchor
from ...nn.network import StitchedNetwork
from ...plan import Plan
from .alone import Copy, head_owners, make_alone_network, own_layers, separate
from .method import Method, make_layers, put_lora


def make_lora_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    """Only the tuned stitches can be run on it."""
    lora, bias = plan.config["method"]["lora"], plan.config["method"]["bias"]
    parts = separate(plan)

    def adapt(anchor: Anchor, part: Copy) -> None:
        put_lora(plan, anchor, part.anchor, lora, part.blocks)

    layers = make_layers(plan, parts.layers, lora["stitching_rank"], lora["alpha"])
    sites = "all" if bias["train"] else "none"
    return make_alone_network(plan, anchors, parts, layers, lambda anchor, part: (), adapt, sites)


def _rates(method: Mapping[str, Any]) -> dict[str, float]:
    return {
        "shared": method["lora"]["learning_rate"],
        "stitching": method["lora"]["stitching_learning_rate"],
        "head": method["head"]["learning_rate"],
        "bias": method["bias"]["learning_rate"],
    }


LORA = Method("lora", make_lora_network, _rates, layers=own_layers, head_owners=head_owners)

"""ESTA (arXiv 2311.17352): parameter-efficient stitch fine-tuning.

Frozen anchors; LoRA in self-attention and in the stitching layers, shared by all stitches; biases of its own
for each stitch; heads trained, one an anchor, shared by all routes that end in it. LoRA's ranks, where
exactly the biases sit and how the heads start are our choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...anchors.base import Anchor
from ...nn.network import StitchedNetwork
from ...plan import Plan
from .method import Method, make_heads, make_layers, put_lora


def make_esta_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    lora = plan.config["method"]["lora"]
    for number, anchor in enumerate(anchors):
        anchor.requires_grad_(False)
        put_lora(plan, anchor, number, lora)
    return StitchedNetwork(
        anchors,
        plan.stitches,
        make_layers(plan, plan.stitching_layers, lora["stitching_rank"], lora["alpha"]),
        make_heads(plan, anchors),
        bias_sites=plan.config["method"]["stitch_bias"]["sites"],
        shared_biases=plan.config["method"]["stitch_bias"]["shared"],
        activation_checkpointing=plan.config["training"]["activation_checkpointing"],
    )


def _rates(method: Mapping[str, Any]) -> dict[str, float]:
    return {
        "shared": method["lora"]["learning_rate"],
        "stitching": method["lora"]["stitching_learning_rate"],
        "head": method["head"]["learning_rate"],
        "bias": method["stitch_bias"]["learning_rate"],
    }


ESTA = Method("esta", make_esta_network, _rates)

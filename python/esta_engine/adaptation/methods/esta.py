"""ESTA (arXiv 2311.17352): parameter-efficient stitch fine-tuning.

Frozen anchors; LoRA in self-attention and in the stitching layers, shared by all stitches; biases of its own
for each stitch; heads trained, one an anchor, shared by all routes that end in it. LoRA's ranks, where
exactly the biases sit and how the heads start are our choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...anchors.base import Anchor
from ...nn.lora import add_lora
from ...nn.network import StitchedNetwork
from ...nn.stitching_layer import StitchingLayer
from ...plan import Plan
from .method import Method, initial, make_heads


def make_esta_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    lora = plan.config["method"]["lora"]
    for number, anchor in enumerate(anchors):
        anchor.requires_grad_(False)

        def rng(block: int, target: str, number: int = number) -> Any:
            return initial(plan, "lora", number, block, target)

        add_lora(anchor, lora["targets"], lora["rank"], lora["alpha"], rng)
    layers = [
        StitchingLayer(
            layer.in_width,
            layer.out_width,
            initial(plan, "stitching-layer", layer.id),
            lora["stitching_rank"],
            lora["alpha"],
        )
        for layer in plan.stitching_layers
    ]
    return StitchedNetwork(
        anchors,
        plan.stitches,
        layers,
        make_heads(plan, anchors),
        bias_sites=plan.config["method"]["stitch_bias"]["sites"],
        activation_checkpointing=plan.config["training"]["activation_checkpointing"],
    )


def _rates(method: Mapping[str, Any]) -> dict[str, float]:
    return {
        "shared": method["lora"]["learning_rate"],
        "head": method["head"]["learning_rate"],
        "bias": method["stitch_bias"]["learning_rate"],
    }


ESTA = Method("esta", make_esta_network, _rates)

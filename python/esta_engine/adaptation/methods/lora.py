"""LoRA (arXiv 2106.09685) on each anchor alone: the baseline that a palette has to be worth more than.

The same adaptation as ESTA's of a whole anchor (LoRA on attention, all biases, a head), but each anchor has
its own `training.steps`, the same batches, and shares nothing. Its palette is the anchors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...anchors.base import Anchor
from ...nn.lora import add_lora
from ...nn.network import StitchedNetwork
from ...plan import Plan
from .method import Method, initial, make_heads


def make_lora_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    """Only the plan's whole anchors can be run on it."""
    lora, bias = plan.config["method"]["lora"], plan.config["method"]["bias"]
    for number, anchor in enumerate(anchors):
        anchor.requires_grad_(False)

        def rng(block: int, target: str, number: int = number) -> Any:
            return initial(plan, "lora", number, block, target)

        add_lora(anchor, lora["targets"], lora["rank"], lora["alpha"], rng)
    return StitchedNetwork(
        anchors,
        plan.stitches[: len(anchors)],
        [],
        make_heads(plan, anchors),
        bias_sites="all" if bias["train"] else "none",
        activation_checkpointing=plan.config["training"]["activation_checkpointing"],
    )


def _rates(method: Mapping[str, Any]) -> dict[str, float]:
    return {
        "shared": method["lora"]["learning_rate"],
        "head": method["head"]["learning_rate"],
        "bias": method["bias"]["learning_rate"],
    }


LORA = Method("lora", make_lora_network, _rates, one_by_one=True, fits_stitching_layers=False)

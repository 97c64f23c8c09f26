"""Full tuning of each anchor, or each of some stitches, alone: what one does who has memory for it.

Every weight on the route is tuned, stitching layers and head included, `training.steps` for each stitch on
the same batches; nothing is shared. Its palette is what was tuned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...anchors.base import Anchor
from ...nn.network import StitchedNetwork
from ...plan import Plan
from .alone import head_owners, make_alone_network, own_layers, separate, trained_weights
from .method import Method, make_layers


def make_full_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    """Only the tuned stitches can be run on it."""
    parts = separate(plan)
    return make_alone_network(plan, anchors, parts, make_layers(plan, parts.layers, None), trained_weights)


def _rates(method: Mapping[str, Any]) -> dict[str, float]:
    rate = method["learning_rate"]
    return {"shared": rate, "stitching": rate, "head": method["head"]["learning_rate"], "bias": rate}


FULL = Method("full", make_full_network, _rates, layers=own_layers, head_owners=head_owners)

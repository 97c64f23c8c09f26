"""A linear probe of each anchor, or each of some stitches: frozen features, a head trained by the step like
any other method's.

Gradient steps rather than a closed form, and features computed anew rather than kept: augmented inputs differ
in every step, and so it sees the same batches as the methods that it stands beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...anchors.base import Anchor
from ...nn.network import StitchedNetwork
from ...plan import Plan
from .alone import head_owners, make_alone_network, own_layers, separate
from .method import Method, make_layers


def make_probe_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    """Only the tuned stitches can be run on it."""
    parts = separate(plan)
    layers = make_layers(plan, parts.layers, None)
    for layer in layers:
        layer.requires_grad_(False)
    return make_alone_network(plan, anchors, parts, layers, lambda anchor, part: ())


def _rates(method: Mapping[str, Any]) -> dict[str, float]:
    rate = method["head"]["learning_rate"]
    return {"shared": rate, "stitching": rate, "head": rate, "bias": rate}


LINEAR_PROBE = Method("linear-probe", make_probe_network, _rates, layers=own_layers, head_owners=head_owners)

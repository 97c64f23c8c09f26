"""Methods of adaptation, one file each: which parts of the network train, how it starts, what it draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .esta import ESTA
from .full import FULL
from .linear_probe import LINEAR_PROBE
from .lora import LORA
from .method import Method
from .snnet import SNNET
from .snnetv2 import SNNETV2

if TYPE_CHECKING:
    from ...anchors.base import Anchor
    from ...nn.network import StitchedNetwork
    from ...plan import Plan

METHODS: dict[str, Method] = {
    method.name: method for method in (ESTA, SNNET, SNNETV2, LORA, FULL, LINEAR_PROBE)
}


def make_network(plan: Plan, anchors: Sequence[Anchor]) -> StitchedNetwork:
    """The network that the plan's method trains, on the anchors' device. Takes the anchors over and changes
    them.

    The same plan and anchors give the same tensors. Stitching layers start random here; `Trainer.initialise`
    fits them, `load_adapter_tensors` puts stored ones back.
    """
    network = METHODS[plan.method].make_network(plan, anchors)
    network.parks = plan.config["training"]["off_route_blocks"] == "cpu"
    return network.place_on(next(anchors[0].parameters()).device)

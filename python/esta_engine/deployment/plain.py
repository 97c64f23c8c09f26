"""A stitch as the network that would be deployed, in memory: what an export writes, without the files."""

from __future__ import annotations

from typing import Any

from ..nn.network import StitchedNetwork
from ..plan import Plan
from .export import WRITERS


def plain_network(plan: Plan, network: StitchedNetwork, stitch: int) -> Any:
    """The merged network of one stitch, of the class that estakit's exports of stitches bring along.

    Whole anchors too are of that class, so that what stitches take can be compared with what anchors take.
    """
    writer = WRITERS[plan.family.kind]
    model_class = writer.stitch_class(plan)
    classes = [str(number) for number in range(plan.family.classes)]
    settings = writer.stitch_settings(plan, network, stitch, classes)
    model = model_class(model_class.config_class(**settings))
    model.load_state_dict(writer.stitch_tensors(plan, network, stitch))
    return model.requires_grad_(False).eval()

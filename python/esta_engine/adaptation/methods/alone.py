"""Stitches tuned one by one: each has anchors, stitching layers and heads of its own, shared with no other.

Where only whole anchors are tuned, they are so in place. Else each stitch works on copies: what trains is
copied, what stays frozen is shared, so that a copy takes little memory. A stitch's result does not depend on
which others are tuned.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from torch import nn

from ...anchors.base import Anchor
from ...nn.network import StitchedNetwork
from ...nn.stitching_layer import StitchingLayer
from ...plan import Plan, Segment, Stitch
from ...plan import StitchingLayer as PlanLayer
from .method import make_heads


@dataclass(frozen=True)
class Copy:
    """One anchor of the network: which of the plan's it is, and the segment of a stitch's route that it
    serves. `stitch` None: nobody's, it stays as it was loaded.
    """

    anchor: int
    stitch: int | None
    position: int
    blocks: range
    last: bool


@dataclass(frozen=True)
class Separated:
    """The plan's stitches over parts of their own: `stitches[s]` has ids of `copies` and of `layers`."""

    stitches: tuple[Stitch, ...]
    layers: tuple[PlanLayer, ...]
    copies: tuple[Copy, ...]

    @property
    def owners(self) -> list[int]:
        """The plan's anchor of each of `copies`, and so of each head."""
        return [part.anchor for part in self.copies]


def separate(plan: Plan) -> Separated:
    """Routes of the tuned stitches, rewritten; the other stitches are left as they are, and cannot be run."""
    tuned = plan.alone or ()
    in_place = all(plan.stitches[number].is_anchor for number in tuned)
    stitches, layers = list(plan.stitches), list[PlanLayer]()
    copies = [
        # The ids of whole anchors are those of the anchors.
        Copy(anchor.id, anchor.id if in_place and anchor.id in tuned else None, 0, range(anchor.depth), True)
        for anchor in plan.anchors
    ]
    for number in () if in_place else tuned:
        stitch = plan.stitches[number]
        route, own = [], []
        for position, part in enumerate(stitch.route):
            last = position == len(stitch.route) - 1
            copies.append(Copy(part.anchor, number, position, range(part.start, part.end), last))
            route.append(Segment(len(copies) - 1, part.start, part.end))
        for position, layer in enumerate(stitch.stitching_layers):
            before, after = route[position], route[position + 1]
            own.append(len(layers))
            # Fitted on this stitch's own point alone: better for it than the mean over a shared layer's.
            layers.append(
                replace(
                    plan.stitching_layers[layer],
                    front_anchor=before.anchor,
                    end_anchor=after.anchor,
                    points=((before.end - 1, after.start),),
                )
            )
        stitches[number] = replace(stitch, route=tuple(route), stitching_layers=tuple(own))
    return Separated(tuple(stitches), tuple(layers), tuple(copies))


def own_layers(plan: Plan) -> Sequence[PlanLayer]:
    """What the network's stitching layers join; anchors are numbered as in the network."""
    return separate(plan).layers


def head_owners(plan: Plan) -> Sequence[int]:
    """The plan's anchor of each head."""
    return separate(plan).owners


def make_alone_network(
    plan: Plan,
    anchors: Sequence[Anchor],
    parts: Separated,
    layers: Sequence[StitchingLayer],
    trains: Callable[[Anchor, Copy], Sequence[nn.Module]],
    adapt: Callable[[Anchor, Copy], None] = lambda anchor, part: None,
    bias_sites: str = "none",
) -> StitchedNetwork:
    """`trains` names the modules of an anchor whose weights a copy tunes; `adapt` puts adapters on a copy.

    The anchors are taken over and changed.
    """
    for anchor in anchors:
        anchor.requires_grad_(False)
    network_anchors = list(anchors)
    network_anchors += [_copy(anchors[part.anchor], part, trains) for part in parts.copies[len(anchors) :]]
    heads = make_heads(plan, network_anchors, parts.owners)
    for part, anchor, head in zip(parts.copies, network_anchors, heads, strict=True):
        head.requires_grad_(part.stitch is not None and part.last and not anchor.keeps_own_head)
        if part.stitch is not None:
            for module in trains(anchor, part):
                module.requires_grad_(True)
            adapt(anchor, part)
    return StitchedNetwork(
        network_anchors,
        parts.stitches,
        layers,
        heads,
        bias_sites=bias_sites,
        activation_checkpointing=plan.config["training"]["activation_checkpointing"],
    )


def _copy(anchor: Anchor, part: Copy, trains: Callable[[Anchor, Copy], Sequence[nn.Module]]) -> Anchor:
    """The anchor again, under a name of its own; it shares every weight that it does not train."""
    own = {id(parameter) for module in trains(anchor, part) for parameter in module.parameters()}
    kept = [*anchor.parameters(), *anchor.buffers()]
    copied = copy.deepcopy(anchor, {id(tensor): tensor for tensor in kept if id(tensor) not in own})
    copied.name = f"{anchor.name}@{part.stitch}.{part.position}"
    return copied


def trained_weights(anchor: Anchor, part: Copy) -> Sequence[nn.Module]:
    """Everything on the copy's segment of the route."""
    modules: list[nn.Module] = [anchor.blocks[index] for index in part.blocks]
    if part.position == 0:
        modules += anchor.embedding_modules()
    if part.last:
        modules += anchor.final_modules()
        own = anchor.own_head() if anchor.keeps_own_head else None
        modules += [] if own is None else [own]
    return modules

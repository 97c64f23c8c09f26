"""Running many stitches over one batch: what several routes begin with is computed once.

A route is a chain of operations (embed, block, block, ..., stitching layer, block, ...). Two stitches share
an operation's result where they agree on it and on everything before it; where a stitch has biases of its
own, from there on nothing is shared. So routes form a tree, which is walked depth first, one hidden state a
level.
Each operation is the very one that `StitchedNetwork.features` runs, on the same tensors: results are equal to
the bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor

from .biases import RouteBiases
from .network import StitchedNetwork


class _Operation(NamedTuple):
    """`embed` the inputs into anchor `number`; run its block `target`; or pass stitching layer `number` into
    anchor `target`. `owner`: the stitch whose own biases act here, if any.
    """

    kind: str
    number: int
    target: int
    owner: int | None


@dataclass
class _Node:
    """`stitch`: one of those whose route passes here; `position` and `offset`: where on it this is."""

    operation: _Operation
    stitch: int
    position: int
    offset: int
    children: dict[_Operation, _Node] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)


class PrefixTree:
    """The routes of `stitches`, their common beginnings merged. Made for the biases that exist now."""

    def __init__(self, network: StitchedNetwork, stitches: Iterable[int]) -> None:
        self.network = network
        self.roots: dict[_Operation, _Node] = {}
        for stitch in stitches:
            level, node = self.roots, None
            for operation, position, offset in self._operations(stitch):
                node = level.setdefault(operation, _Node(operation, stitch, position, offset))
                level = node.children
            assert node is not None
            node.ends.append(stitch)

    def stitches(self) -> Iterator[int]:
        """In order of the walk: what begins alike stands together."""
        waiting = list(reversed(self.roots.values()))
        while waiting:
            node = waiting.pop()
            yield from node.ends
            waiting += reversed(node.children.values())

    def features(self, inputs: Mapping[str, Tensor]) -> Iterator[tuple[int, Tensor]]:
        """(stitch, what its head sees) of every stitch, in order of the walk."""
        for node in self.roots.values():
            yield from self._walk(node, None, None, inputs, None)

    def _walk(
        self,
        node: _Node,
        hidden: Tensor | None,
        context: Any,
        inputs: Mapping[str, Tensor],
        known: tuple[int, RouteBiases] | None,
    ) -> Iterator[tuple[int, Tensor]]:
        """`known`: the biases of the stitch that the node above was run for."""
        network, (kind, number, target, _) = self.network, node.operation
        if known is None or known[0] != node.stitch:
            known = node.stitch, network.biases.effective(node.stitch)
        biases = known[1]
        if kind == "block":
            assert hidden is not None
            network.bring(node.stitch)
            own = biases.blocks[node.position][node.offset]
            hidden = network.anchor(number).run_block(target, hidden, context, own)
        else:
            if kind == "embed":
                anchor = network.anchor(number)
                hidden = anchor.embed(inputs)
            else:
                anchor = network.anchor(target)
                hidden = network.stitching_layers[number](hidden, biases.layers[node.position])
            context = anchor.make_context(inputs, hidden)
        for stitch in node.ends:
            yield stitch, network.anchor(number).features(hidden, inputs)
        for child in node.children.values():
            yield from self._walk(child, hidden, context, inputs, known)

    def _operations(self, stitch: int) -> Iterator[tuple[_Operation, int, int]]:
        definition = self.network.stitches[stitch]
        covered = self.network.biases.covered(stitch)
        for position, (part, (on_layer, on_blocks)) in enumerate(zip(definition.route, covered, strict=True)):
            if position == 0:
                yield _Operation("embed", part.anchor, 0, None), 0, 0
            else:
                layer = definition.stitching_layers[position - 1]
                owner = stitch if on_layer else None
                yield _Operation("layer", layer, part.anchor, owner), position, 0
            owner = stitch if on_blocks else None
            for offset, index in enumerate(range(part.start, part.end)):
                yield _Operation("block", part.anchor, index, owner), position, offset

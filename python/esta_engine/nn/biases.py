"""The biases that each stitch has of its own (ESTA, arXiv 2311.17352: stitch-specific biases), and those that
all stitches share where they are asked for.

A stitch has one flat parameter, zero at the start, that is added to the biases along its route. It is created
when the stitch is first drawn: a stitch never drawn costs nothing, and no optimizer can move what belongs to
another one. Layout, in order of the route: for every junction the stitching layer's bias, then for every
block the sites that its anchor names. Shared biases are one flat parameter a block, since a step trains those
of its route only, and the stitching layers' own biases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ..anchors.base import Anchor
from ..plan import Stitch
from .stitching_layer import StitchingLayer


@dataclass
class RouteBiases:
    """Biases that act on one route, for one call.

    `layers[i]` is the bias of the stitching layer before segment i (None: the layer's own);
    `blocks[i]` the biases of each block of segment i by name (empty: the anchor's own).
    """

    layers: list[Tensor | None]
    blocks: list[list[dict[str, Tensor]]] = field(default_factory=list)


@dataclass(frozen=True)
class _Layout:
    """`covered[i]`: which parts of segment i the stitch has biases for: (stitching layer, blocks)."""

    covered: tuple[tuple[bool, bool], ...]
    sizes: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.sizes)


class StitchBiases(nn.Module):
    """Every stitch's own biases. `sites`: all, after-stitch, stitching-layer or none.

    With `after-stitch` a stitch has biases from its first junction on, and a whole anchor, which has none, in
    all its blocks. With `stitching-layer` a whole anchor has no biases of its own. `shared`: all sites carry
    biases besides that train on every route that passes them.
    """

    def __init__(
        self,
        stitches: Sequence[Stitch],
        anchors: Sequence[Anchor],
        stitching_layers: Sequence[StitchingLayer],
        sites: str,
        shared: bool = False,
    ) -> None:
        super().__init__()
        self.stitches = stitches
        self.sites = sites
        self.parameters_by_stitch = nn.ParameterDict()
        # Not submodules: the network owns them, and biases only read them.
        self._layers = tuple(stitching_layers)
        self._site_names = [[anchor.bias_sites(i) for i in range(anchor.depth)] for anchor in anchors]
        self._layouts: dict[int, _Layout] = {}
        for number, anchor in enumerate(anchors):
            values = [value for i in range(anchor.depth) for value in anchor.bias_values(i)]
            self.register_buffer(f"base_{number}", torch.cat(values), persistent=False)
        block_sizes = [[sum(size for _, size in block) for block in sites] for sites in self._site_names]
        # Where block i of an anchor starts in its flat base.
        self._offsets = [_offsets(sizes) for sizes in block_sizes]
        #: Of every block of every anchor; empty where none are shared.
        self.shared = nn.ModuleList()
        if shared:
            for sizes in block_sizes:
                self.shared.append(nn.ParameterList(nn.Parameter(torch.zeros(size)) for size in sizes))
            for layer in self._layers:
                layer.bias.requires_grad_(True)

    def layout(self, stitch: int) -> _Layout:
        """The parts of one stitch's flat parameter."""
        if stitch not in self._layouts:
            self._layouts[stitch] = self._make_layout(self.stitches[stitch])
        return self._layouts[stitch]

    def parameter(self, stitch: int) -> nn.Parameter | None:
        """The stitch's flat parameter; None while it was never created, or has no sites."""
        return self.parameters_by_stitch.get(str(stitch))

    def covered(self, stitch: int) -> Sequence[tuple[bool, bool]]:
        """For each segment: whether its own biases act on (the stitching layer before it, its blocks)."""
        if self.parameter(stitch) is None:
            return [(False, False)] * len(self.stitches[stitch].route)
        return self.layout(stitch).covered

    def create(self, stitch: int) -> nn.Parameter | None:
        """The stitch's flat parameter, created (zero) where it does not exist; None: it has no sites."""
        found = self.parameter(stitch)
        size = self.layout(stitch).total
        if found is not None or size == 0:
            return found
        device = self.get_buffer("base_0").device
        parameter = nn.Parameter(torch.zeros(size, device=device))
        self.parameters_by_stitch[str(stitch)] = parameter
        return parameter

    def created(self) -> list[int]:
        """Stitches whose parameter exists, ascending."""
        return sorted(int(key) for key in self.parameters_by_stitch)

    def effective(self, stitch: int) -> RouteBiases:
        """The anchors' biases, the shared and the stitch's own, added up along its route.

        One sum and one split, whatever the depth, unless there are shared ones.
        """
        if self.shared:
            return self._with_shared(stitch)
        route = self.stitches[stitch].route
        own = self.parameter(stitch)
        if own is None:
            return RouteBiases([None] * len(route), [[{}] * (part.end - part.start) for part in route])
        layout = self.layout(stitch)
        parts = iter((self._base(stitch, layout) + own).split(layout.sizes))
        biases = RouteBiases([])
        for part, (on_layer, on_blocks) in zip(route, layout.covered, strict=True):
            biases.layers.append(next(parts) if on_layer else None)
            names = self._site_names[part.anchor]
            biases.blocks.append(
                [{name: next(parts) for name, _ in names[i]} for i in range(part.start, part.end)]
                if on_blocks
                else [{}] * (part.end - part.start)
            )
        return biases

    def shared_block(self, anchor: int, index: int) -> dict[str, Tensor]:
        """The anchor's biases plus the shared ones in one block; empty where none are shared."""
        return self._split(anchor, index, self._shared_sum(anchor, index)) if self.shared else {}

    def shared_of(self, anchor: int, index: int) -> nn.Parameter | None:
        """The shared biases of one block, if there are any."""
        if not self.shared:
            return None
        blocks = self.shared[anchor]
        assert isinstance(blocks, nn.ParameterList)
        parameter: nn.Parameter = blocks[index]
        return parameter

    def _with_shared(self, stitch: int) -> RouteBiases:
        definition, own = self.stitches[stitch], self.parameter(stitch)
        parts: Iterator[Tensor] = iter(() if own is None else own.split(self.layout(stitch).sizes))
        biases = RouteBiases([])
        for position, (part, (on_layer, on_blocks)) in enumerate(
            zip(definition.route, self.covered(stitch), strict=True)
        ):
            layer = None
            if on_layer:
                layer = self._layers[definition.stitching_layers[position - 1]].bias + next(parts)
            biases.layers.append(layer)
            blocks = []
            for index in range(part.start, part.end):
                total = self._shared_sum(part.anchor, index)
                if on_blocks:
                    total = total + torch.cat([next(parts) for _ in self._site_names[part.anchor][index]])
                blocks.append(self._split(part.anchor, index, total))
            biases.blocks.append(blocks)
        return biases

    def _shared_sum(self, anchor: int, index: int) -> Tensor:
        offsets = self._offsets[anchor]
        base = self.get_buffer(f"base_{anchor}")[offsets[index] : offsets[index + 1]]
        shared = self.shared_of(anchor, index)
        assert shared is not None
        return base + shared

    def _split(self, anchor: int, index: int, flat: Tensor) -> dict[str, Tensor]:
        names = self._site_names[anchor][index]
        parts = flat.split([size for _, size in names])
        return {name: part for (name, _), part in zip(names, parts, strict=True)}

    def _base(self, stitch: int, layout: _Layout) -> Tensor:
        """The frozen biases in the stitch's layout."""
        definition, pieces = self.stitches[stitch], []
        for position, (part, (on_layer, on_blocks)) in enumerate(
            zip(definition.route, layout.covered, strict=True)
        ):
            if on_layer:
                pieces.append(self._layers[definition.stitching_layers[position - 1]].bias.detach())
            if on_blocks:
                offsets = self._offsets[part.anchor]
                pieces.append(self.get_buffer(f"base_{part.anchor}")[offsets[part.start] : offsets[part.end]])
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces)

    def _make_layout(self, stitch: Stitch) -> _Layout:
        covered, sizes = [], []
        for position, part in enumerate(stitch.route):
            on_layer = position > 0 and self.sites != "none"
            on_blocks = self.sites == "all" or (
                self.sites == "after-stitch" and (position > 0 or stitch.is_anchor)
            )
            covered.append((on_layer, on_blocks))
            if on_layer:
                sizes.append(len(self._layers[stitch.stitching_layers[position - 1]].bias))
            if on_blocks:
                blocks = self._site_names[part.anchor][part.start : part.end]
                sizes.extend(size for block in blocks for _, size in block)
        return _Layout(tuple(covered), tuple(sizes))


def _offsets(sizes: list[int]) -> list[int]:
    offsets = [0]
    for size in sizes:
        offsets.append(offsets[-1] + size)
    return offsets

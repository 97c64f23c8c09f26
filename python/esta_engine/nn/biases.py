"""The biases that each stitch has of its own (ESTA, arXiv 2311.17352: stitch-specific biases).

A stitch has one flat parameter, zero at the start, that is added to the frozen biases along its route. It is
created when the stitch is first drawn: a stitch never drawn costs nothing, and no optimizer can move what
belongs to another one. Layout, in order of the route: for every junction the stitching layer's bias, then for
every block the sites that its anchor names.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    all its blocks. With `stitching-layer` a whole anchor has no biases of its own.
    """

    def __init__(
        self,
        stitches: Sequence[Stitch],
        anchors: Sequence[Anchor],
        stitching_layers: Sequence[StitchingLayer],
        sites: str,
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
        # Where block i of an anchor starts in its flat base.
        self._offsets = [
            _offsets([sum(size for _, size in block) for block in sites]) for sites in self._site_names
        ]

    def layout(self, stitch: int) -> _Layout:
        """The parts of one stitch's flat parameter."""
        if stitch not in self._layouts:
            self._layouts[stitch] = self._make_layout(self.stitches[stitch])
        return self._layouts[stitch]

    def parameter(self, stitch: int) -> nn.Parameter | None:
        """The stitch's flat parameter; None while it was never created, or has no sites."""
        return self.parameters_by_stitch.get(str(stitch))

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
        """Frozen biases plus the stitch's own, along its route. One sum and one split, whatever the depth."""
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

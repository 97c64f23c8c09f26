"""The stitched network: frozen or tuned anchors, stitching layers, heads and each stitch's biases.

The route is an argument: `network(inputs, stitch)`. Nothing about it outlives the call, and what activation
checkpointing computes again sees the same route and the same biases, because both are arguments of the block
function that it repeats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..anchors.base import Anchor
from ..plan import Stitch
from .biases import StitchBiases
from .parking import Parking, frozen_tensors
from .stitching_layer import StitchingLayer


class StitchedNetwork(nn.Module):
    """All stitches of a plan over one set of anchors.

    `heads[a]` maps features of anchor a (B, F) to logits (B, C), and serves every route that ends in a;
    language models keep their own head, which maps every token's features (B, N, F) to logits (B, N, V). What
    trains is what requires a gradient; `activation_checkpointing` keeps one tensor a block instead of all.
    """

    def __init__(
        self,
        anchors: Sequence[Anchor],
        stitches: Sequence[Stitch],
        stitching_layers: Sequence[StitchingLayer],
        heads: Sequence[nn.Linear],
        *,
        bias_sites: str = "none",
        shared_biases: bool = False,
        activation_checkpointing: bool = False,
    ) -> None:
        super().__init__()
        self.stitches = tuple(stitches)
        self.anchors = nn.ModuleList(anchors)
        self.stitching_layers = nn.ModuleList(stitching_layers)
        self.heads = nn.ModuleList(heads)
        self.biases = StitchBiases(self.stitches, anchors, stitching_layers, bias_sites, shared_biases)
        self.activation_checkpointing = activation_checkpointing
        #: Whether frozen blocks wait on the CPU while no route uses them, where the network is elsewhere.
        self.parks = False
        self.parking: Parking | None = None
        self._lent: dict[tuple[str, int], tuple[Tensor, ...]] = {}
        self._parts: dict[tuple[str, int, int], list[nn.Parameter]] = {}

    def forward(
        self, inputs: Mapping[str, Tensor], stitch: int, caches: Sequence[Any] | None = None
    ) -> Tensor:
        """Logits of one stitch, (B, C), or (B, N, V) of a language model."""
        logits: Tensor = self.head_of(stitch)(self.features(inputs, stitch, caches))
        return logits

    def features(
        self, inputs: Mapping[str, Tensor], stitch: int, caches: Sequence[Any] | None = None
    ) -> Tensor:
        """What the stitch's head sees, (B, F) or (B, N, F).

        `caches`: of `make_caches(stitch)`; the inputs then follow the tokens that were given with them
        before.
        """
        self.bring(stitch)
        definition, biases = self.stitches[stitch], self.biases.effective(stitch)
        first = self.anchor(definition.route[0].anchor)
        hidden = first.embed(inputs)
        for position, part in enumerate(definition.route):
            if position > 0:
                layer = self.stitching_layers[definition.stitching_layers[position - 1]]
                hidden = layer(hidden, biases.layers[position])
            anchor = self.anchor(part.anchor)
            context = anchor.make_context(inputs, hidden, None if caches is None else caches[position])
            hidden = self._run_segment(anchor, part.start, hidden, context, biases.blocks[position])
        return self.anchor(definition.route[-1].anchor).features(hidden, inputs)

    def make_caches(self, stitch: int) -> list[Any]:
        """Empty caches of keys and values, one a segment of the route, for generation with one stitch."""
        return [self.anchor(part.anchor).make_cache(part.start) for part in self.stitches[stitch].route]

    @property
    def device(self) -> torch.device:
        """Where inputs go: that of all that does not wait elsewhere."""
        return self.biases.get_buffer("base_0").device

    def place_on(self, device: torch.device, parking: Parking | None = None) -> StitchedNetwork:
        """Move the network to `device`, in place; where it `parks`, frozen blocks stay on the CPU.

        `parking`: of a network that this one shares the blocks' tensors with.
        """
        if self.parking is not None:
            self.parking.lend(())
        if parking is None and self.parks and device.type != "cpu":
            parking = Parking(device)
        self.parking = parking
        if parking is None:
            return self.to(device)
        blocks = [self.anchor(number).blocks for number in range(len(self.anchors))]
        stay = {id(tensor) for tensor in frozen_tensors(blocks)}
        for tensor in (*self.parameters(), *self.buffers()):
            if id(tensor) not in stay:
                tensor.data = tensor.data.to(device)
        return self

    def bring(self, stitch: int) -> None:
        """Have the blocks of the stitch's route on the device, if blocks wait elsewhere."""
        if self.parking is None:
            return
        if ("stitch", stitch) not in self._lent:
            route = self.stitches[stitch].route
            blocks = [self.anchor(part.anchor).blocks[part.start : part.end] for part in route]
            self._lent["stitch", stitch] = frozen_tensors(blocks)
        self.parking.lend(self._lent["stitch", stitch])

    def anchor(self, index: int) -> Anchor:
        anchor: Any = self.anchors[index]
        return anchor  # type: ignore[no-any-return]

    def head_of(self, stitch: int) -> nn.Module:
        """The head of the route's last anchor."""
        return self.heads[self.stitches[stitch].route[-1].anchor]

    def route_parameters(self, stitch: int) -> list[nn.Parameter]:
        """What trains on the stitch's route and is shared with other stitches, without the head."""
        definition = self.stitches[stitch]
        route = definition.route
        parameters = list(self._trainable("embedding", route[0].anchor))
        for position, part in enumerate(route):
            if position > 0:
                parameters += self._trainable("layer", definition.stitching_layers[position - 1])
            for index in range(part.start, part.end):
                parameters += self._trainable("block", part.anchor, index)
        return parameters + self._trainable("final", route[-1].anchor)

    def head_parameters(self, stitch: int) -> list[nn.Parameter]:
        return self._trainable("head", self.stitches[stitch].route[-1].anchor)

    def run_block(self, anchor: int, index: int, hidden: Tensor, context: Any) -> Tensor:
        """(B, N, D) -> (B, N, D) through one block as every stitch has it, without biases of its own."""
        if self.parking is not None:
            if ("anchor", anchor) not in self._lent:
                self._lent["anchor", anchor] = frozen_tensors(self.anchor(anchor).blocks)
            self.parking.lend(self._lent["anchor", anchor])
        return self.anchor(anchor).run_block(index, hidden, context, self.biases.shared_block(anchor, index))

    def _run_segment(
        self, anchor: Anchor, start: int, hidden: Tensor, context: Any, biases: list[dict[str, Tensor]]
    ) -> Tensor:
        """Through as many blocks from `start` on as there are biases."""
        repeat = self.activation_checkpointing and torch.is_grad_enabled()
        for index, own in enumerate(biases, start):
            if repeat:
                # No dropout anywhere, so there is no generator's state to restore.
                hidden = checkpoint(
                    anchor.run_block,
                    index,
                    hidden,
                    context,
                    own,
                    use_reentrant=False,
                    preserve_rng_state=False,
                )
            else:
                hidden = anchor.run_block(index, hidden, context, own)
        return hidden

    def _trainable(self, kind: str, number: int, index: int = 0) -> list[nn.Parameter]:
        """Parameters of one part that require a gradient; which they are is settled at the first call."""
        key = (kind, number, index)
        if key not in self._parts:
            modules = self._modules_of(kind, number, index)
            self._parts[key] = [p for module in modules for p in module.parameters() if p.requires_grad]
            shared = self.biases.shared_of(number, index) if kind == "block" else None
            self._parts[key] += [] if shared is None else [shared]
        return self._parts[key]

    def _modules_of(self, kind: str, number: int, index: int) -> tuple[nn.Module, ...]:
        if kind == "layer":
            return (self.stitching_layers[number],)
        if kind == "head":
            return (self.heads[number],)
        anchor = self.anchor(number)
        if kind == "embedding":
            return anchor.embedding_modules()
        return anchor.final_modules() if kind == "final" else (anchor.blocks[index],)

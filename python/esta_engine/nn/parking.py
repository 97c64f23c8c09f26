"""Blocks off the route: their frozen weights wait on the CPU, and are on the device while a route uses them.

Frozen weights never change, so that nothing is copied back: a weight that leaves the device gets the tensor
again that it was loaded as, which may be mapped from its file, and the device's copy is dropped. What trains
(LoRA, biases, stitching layers, heads) stays on the device, beside the optimizer's state, and so do
embeddings, final norms and everything else outside the blocks.

A weight must not leave between a forward pass and its backward pass. So weights move when a route begins, and
the engine takes each stitch's gradients before it begins the next route.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Parking:
    """Keeps frozen tensors in their place and lends them to `device`; networks share it with the tensors."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._present: dict[int, Tensor] = {}
        #: The tensors themselves too, so that no other can have their ids.
        self._places: dict[int, tuple[Tensor, Tensor]] = {}
        self._last: object = None

    def lend(self, tensors: tuple[Tensor, ...]) -> None:
        """Have exactly these on the device: first the others leave, so that both are never there together."""
        if tensors is self._last:
            return
        wanted = {id(tensor): tensor for tensor in tensors}
        for key in [key for key in self._present if key not in wanted]:
            self._send(self._present.pop(key), self._places[key][1])
        for key, tensor in wanted.items():
            if key not in self._present:
                _, place = self._places.setdefault(key, (tensor, tensor.data))
                self._fetch(tensor, place)
                self._present[key] = tensor
        self._last = tensors

    def _fetch(self, tensor: Tensor, place: Tensor) -> None:
        """In the tensor's own stead, so that everything that holds it goes on."""
        tensor.data = place.to(self.device)

    def _send(self, tensor: Tensor, place: Tensor) -> None:
        tensor.data = place


def frozen_tensors(modules: Iterable[nn.Module]) -> tuple[Tensor, ...]:
    """Parameters that do not train, and buffers, each once."""
    found: dict[int, Tensor] = {}
    for module in modules:
        for tensor in (*module.parameters(), *module.buffers()):
            if not tensor.requires_grad:
                found[id(tensor)] = tensor
    return tuple(found.values())

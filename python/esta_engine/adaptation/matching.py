"""Stitching layers by feature matching: each stitch point's route is to give, before the head, the features
that its end anchor gives (as the VFM Stitch Tree matches the target's penultimate features, CVPR 2026).

From least squares on, a few steps of Adam on weight and bias of each layer, on the samples in turn; no label
is read. The squared error is divided by the features' mean square, so that one learning rate serves; padding,
which means nothing, is left out. A layer that several points share learns from them in turn. The features of
one batch are in memory at a time: of a language model those of all samples would not fit. Steps and rate are
our choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import EngineError
from ..nn.network import StitchedNetwork
from ..nn.stitching_layer import StitchingLayer as Layer
from ..plan import StitchingLayer
from .data import TrainingBatch


def match_features(
    network: StitchedNetwork,
    layers: Sequence[StitchingLayer],
    batches: Sequence[TrainingBatch],
    settings: Mapping[str, Any],
    device: torch.device,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Change weight and bias of the network's stitching layers, which `layers` describe in their order.

    `settings`: `initialisation.matching`. `check` runs before each step, and ends it by raising. Raises
    EngineError("numeric").
    """
    for number, layer in enumerate(layers):
        module = network.stitching_layers[number]
        assert isinstance(module, Layer)
        weight, bias = (t.detach().clone().requires_grad_(True) for t in (module.weight, module.bias))
        optimizer = torch.optim.Adam([weight, bias], lr=settings["learning_rate"])
        samples = _samples(network, layer.end_anchor, batches, len(layer.points), device)
        for step in range(settings["steps"]):
            check()
            front, landing = layer.points[step % len(layer.points)]
            inputs, target = next(samples)
            hidden = _front(network, layer.front_anchor, front, inputs)
            hidden = torch.nn.functional.linear(hidden, weight, bias)
            got = _tail(network, layer.end_anchor, landing, hidden, inputs)
            loss = (got - target).square().mean() / target.square().mean()
            weight.grad, bias.grad = torch.autograd.grad(loss, [weight, bias])
            optimizer.step()
        if not (torch.isfinite(weight).all() and torch.isfinite(bias).all()):
            raise EngineError(
                "numeric",
                f"feature matching gives stitching layer {number} numbers that are not finite",
                "Lower initialisation.matching.learning_rate.",
            )
        module.set_solution(weight.detach(), bias.detach())


def _samples(
    network: StitchedNetwork, end: int, batches: Sequence[TrainingBatch], repeats: int, device: torch.device
) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
    """(inputs, features of anchor `end`) of each batch in turn, without end, each so many times in a row."""
    while True:
        for batch in batches:
            inputs = {name: tensor.to(device) for name, tensor in batch.inputs.items()}
            pair = inputs, _features(network, end, inputs)
            for _ in range(repeats):
                yield pair


@torch.no_grad()
def _features(network: StitchedNetwork, number: int, inputs: dict[str, Tensor]) -> Tensor:
    anchor = network.anchor(number)
    return _tail(network, number, 0, anchor.embed(inputs), inputs)


@torch.no_grad()
def _front(network: StitchedNetwork, number: int, last: int, inputs: dict[str, Tensor]) -> Tensor:
    anchor = network.anchor(number)
    hidden = anchor.embed(inputs)
    context = anchor.make_context(inputs, hidden)
    for index in range(last + 1):
        hidden = network.run_block(number, index, hidden, context)
    return hidden


def _tail(
    network: StitchedNetwork, number: int, first: int, hidden: Tensor, inputs: dict[str, Tensor]
) -> Tensor:
    """(B, F), or a language model's (tokens that are no padding, F)."""
    anchor = network.anchor(number)
    context = anchor.make_context(inputs, hidden)
    for index in range(first, anchor.depth):
        hidden = network.run_block(number, index, hidden, context)
    features = anchor.features(hidden, inputs)
    mask = inputs.get("attention_mask")
    return features if features.ndim == 2 or mask is None else features[mask.bool()]

"""One stitch's gradients: what its route trains, the loss, and whether numbers are still finite."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..nn.network import StitchedNetwork
from .data import TrainingBatch


@dataclass(frozen=True)
class StitchGradients:
    """Gradients of one stitch's loss, neither scaled nor clipped.

    The first `adapted` parameters are what adaptation put on the route (LoRA, the stitch's own biases; the
    weights themselves where methods tune those); the head's follow. `norm` is that of all of them.
    """

    stitch: int
    loss: float
    norm: float
    parameters: list[nn.Parameter]
    gradients: list[Tensor]
    adapted: int

    @property
    def finite(self) -> bool:
        return math.isfinite(self.loss) and math.isfinite(self.norm)


def stitch_gradients(
    network: StitchedNetwork,
    stitch: int,
    batches: Sequence[TrainingBatch],
    settings: Mapping[str, Any],
    device: torch.device,
) -> StitchGradients:
    """Of the mean loss over the batches. `settings`: `training` of the configuration.

    Creates the stitch's biases where it has none yet; changes nothing else.
    """
    own = network.biases.create(stitch)
    route = network.route_parameters(stitch)
    parameters = [*route, *([] if own is None else [own]), *network.head_parameters(stitch)]
    adapted = len(parameters) - len(network.head_parameters(stitch))
    gradients: list[Tensor | None] = []
    total = 0.0
    for batch in batches:
        loss = classification_loss(network, stitch, batch, settings, device)
        if len(batches) > 1:
            loss = loss / len(batches)
        new = torch.autograd.grad(loss, parameters, allow_unused=True)
        gradients = [_sum(*pair) for pair in zip(gradients, new, strict=True)] if gradients else list(new)
        total += loss.item()
    # Some weights of a tuned anchor are on no route's way, such as DINOv2's mask token.
    used = [i for i, gradient in enumerate(gradients) if gradient is not None]
    parameters = [parameters[i] for i in used]
    found = [gradient for gradient in gradients if gradient is not None]
    adapted = sum(i < adapted for i in used)
    return StitchGradients(stitch, total, norm_of(found), parameters, found, adapted)


def classification_loss(
    network: StitchedNetwork,
    stitch: int,
    batch: TrainingBatch,
    settings: Mapping[str, Any],
    device: torch.device,
) -> Tensor:
    """Cross entropy, in float32 whatever the precision of the network's own arithmetic."""
    inputs = {name: tensor.to(device) for name, tensor in batch.inputs.items()}
    with _precision(settings["precision"], device):
        logits = network(inputs, stitch)
    labels = batch.labels.to(device)
    return F.cross_entropy(logits.float(), labels, label_smoothing=settings["label_smoothing"])


def norm_of(tensors: list[Tensor]) -> float:
    """Euclidean norm of all of them together."""
    return float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors))))


def _precision(name: str, device: torch.device) -> AbstractContextManager[Any]:
    return nullcontext() if name == "fp32" else torch.autocast(device.type, dtype=torch.bfloat16)


def _sum(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    return b if a is None else a if b is None else a + b

"""One stitch's gradients: of what its route trains, and whether numbers are still finite."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import EngineError
from ..nn.network import StitchedNetwork
from .data import TrainingBatch
from .objective import Distillation, count_labels, summed_loss


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
    distillations: Sequence[Distillation] | None = None,
    *,
    own_biases: bool = True,
) -> StitchGradients:
    """Of the mean loss over all labels of the batches. `settings`: `training` of the configuration.

    `distillations`: one a batch. Creates the stitch's biases where it has none yet, unless `own_biases` is
    False, which leaves them out; changes nothing else. Raises EngineError("data") for batches without a
    label.
    """
    labels = sum(count_labels(batch) for batch in batches)
    if labels == 0:
        raise EngineError(
            "data", "a step's batches have no label to learn from", "Are all answers cut off? See the task."
        )
    own = network.biases.create(stitch) if own_biases else None
    parameters = [*network.route_parameters(stitch), *([] if own is None else [own])]
    adapted, known = len(parameters), {id(parameter) for parameter in parameters}
    # A head that is tied to the embeddings of its own route is there already.
    parameters += [p for p in network.head_parameters(stitch) if id(p) not in known]
    gradients: list[Tensor | None] = []
    total = 0.0
    for number, batch in enumerate(batches):
        teacher = None if distillations is None else distillations[number]
        loss = summed_loss(network, stitch, batch, settings, device, teacher) / labels
        new = torch.autograd.grad(loss, parameters, allow_unused=True)
        gradients = [_sum(*pair) for pair in zip(gradients, new, strict=True)] if gradients else list(new)
        total += loss.item()
    # Some weights of a tuned anchor are on no route's way, such as DINOv2's mask token.
    used = [i for i, gradient in enumerate(gradients) if gradient is not None]
    parameters = [parameters[i] for i in used]
    found = [gradient for gradient in gradients if gradient is not None]
    adapted = sum(i < adapted for i in used)
    return StitchGradients(stitch, total, norm_of(found), parameters, found, adapted)


def norm_of(tensors: list[Tensor]) -> float:
    """Euclidean norm of all of them together."""
    return float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors))))


def mean_gradients(drawn: list[StitchGradients]) -> tuple[list[nn.Parameter], list[Tensor], float]:
    """(parameters, gradients, their norm) of the mean loss over the stitches drawn."""
    if len(drawn) == 1:
        return drawn[0].parameters, drawn[0].gradients, drawn[0].norm
    sums: dict[nn.Parameter, Tensor] = {}
    for found in drawn:
        for parameter, gradient in zip(found.parameters, found.gradients, strict=True):
            sums[parameter] = sums[parameter] + gradient if parameter in sums else gradient
    gradients = [gradient / len(drawn) for gradient in sums.values()]
    return list(sums), gradients, norm_of(gradients)


def _sum(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    return b if a is None else a if b is None else a + b

"""What a step minimises: cross entropy, of a class an example or of the next token wherever there is a label.

Which of the two follows from the labels: (B,) are classes; (B, N) are tokens, aligned with the inputs (token
n is predicted from the tokens before it), and -100 where nothing is to be learned, such as the question
before an answer. A step divides the sum by the number of labels in all its accumulated batches together, so
that long and short answers count alike by token, and accumulating gives what one large batch gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..nn.network import StitchedNetwork
from .data import TrainingBatch

#: A label that is none; the value that `transformers` and torch use.
IGNORED = -100


def count_labels(batch: TrainingBatch) -> int:
    """How many terms the batch's loss sums. The first token of a text cannot be predicted from any other."""
    labels = batch.labels
    return len(labels) if labels.ndim == 1 else int((labels[:, 1:] != IGNORED).sum())


@dataclass(frozen=True)
class Distillation:
    """A teacher's share in the loss (arXiv 1503.02531):
    (1 - weight) CE + weight temperature^2 KL(teacher || student).

    `logits`: the teacher's, a row a term of the loss, as `labelled_logits` gives them.
    """

    logits: Tensor
    weight: float
    temperature: float


def summed_loss(
    network: StitchedNetwork,
    stitch: int,
    batch: TrainingBatch,
    settings: Mapping[str, Any],
    device: torch.device,
    distillation: Distillation | None = None,
) -> Tensor:
    """In nats over `count_labels` terms, in float32 whatever the precision of the network's own arithmetic.

    `settings`: `training` of the configuration.
    """
    logits, labels = labelled_logits(network, stitch, batch, settings["precision"], device)
    smoothing = settings["label_smoothing"]
    loss = F.cross_entropy(logits, labels, reduction="sum", label_smoothing=smoothing)
    if distillation is None:
        return loss
    temperature, weight = distillation.temperature, distillation.weight
    divergence = F.kl_div(
        F.log_softmax(logits / temperature, dim=1),
        F.log_softmax(distillation.logits / temperature, dim=1),
        reduction="sum",
        log_target=True,
    )
    return (1 - weight) * loss + weight * temperature**2 * divergence


def labelled_logits(
    network: StitchedNetwork, stitch: int, batch: TrainingBatch, precision: str, device: torch.device
) -> tuple[Tensor, Tensor]:
    """(logits (terms, C) in float32, labels (terms)) of one stitch."""
    inputs = {name: tensor.to(device) for name, tensor in batch.inputs.items()}
    with arithmetic(precision, device):
        features = network.features(inputs, stitch)
        return read_labelled(network.head_of(stitch), features, batch.labels.to(device))


def read_labelled(head: nn.Module, features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The same from features (B, F) or (B, N, F)."""
    if labels.ndim == 2:
        # A vocabulary is large: the head sees only the tokens whose successor has a label.
        labelled = labels[:, 1:] != IGNORED
        features, labels = features[:, :-1][labelled], labels[:, 1:][labelled]
    return head(features).float(), labels


def arithmetic(name: str, device: torch.device) -> AbstractContextManager[Any]:
    """What a precision of the configuration means for the operations inside."""
    return nullcontext() if name == "fp32" else torch.autocast(device.type, dtype=torch.bfloat16)

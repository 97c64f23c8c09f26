"""What a step minimises: cross entropy, of a class an example or of the next token wherever there is a label.

Which of the two follows from the labels: (B,) are classes; (B, N) are tokens, aligned with the inputs (token
n is predicted from the tokens before it), and -100 where nothing is to be learned, such as the question
before an answer. A step divides the sum by the number of labels in all its accumulated batches together, so
that long and short answers count alike by token, and accumulating gives what one large batch gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..nn.network import StitchedNetwork
from .data import TrainingBatch

#: A label that is none; the value that `transformers` and torch use.
IGNORED = -100


def count_labels(batch: TrainingBatch) -> int:
    """How many terms the batch's loss sums. The first token of a text cannot be predicted from any other."""
    labels = batch.labels
    return len(labels) if labels.ndim == 1 else int((labels[:, 1:] != IGNORED).sum())


def summed_loss(
    network: StitchedNetwork,
    stitch: int,
    batch: TrainingBatch,
    settings: Mapping[str, Any],
    device: torch.device,
) -> Tensor:
    """In nats over `count_labels` terms, in float32 whatever the precision of the network's own arithmetic.

    `settings`: `training` of the configuration.
    """
    inputs = {name: tensor.to(device) for name, tensor in batch.inputs.items()}
    labels = batch.labels.to(device)
    with _precision(settings["precision"], device):
        features = network.features(inputs, stitch)
        if labels.ndim == 2:
            # A vocabulary is large: the head sees only the tokens whose successor has a label.
            labelled = labels[:, 1:] != IGNORED
            features, labels = features[:, :-1][labelled], labels[:, 1:][labelled]
        logits = network.head_of(stitch)(features)
    smoothing = settings["label_smoothing"]
    return F.cross_entropy(logits.float(), labels, reduction="sum", label_smoothing=smoothing)


def _precision(name: str, device: torch.device) -> AbstractContextManager[Any]:
    return nullcontext() if name == "fp32" else torch.autocast(device.type, dtype=torch.bfloat16)

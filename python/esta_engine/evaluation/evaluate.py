"""Running a stitch over a split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ..adaptation.objective import count_labels, summed_loss
from .choices import measure_choices
from .metrics import measure, measure_tokens

if TYPE_CHECKING:
    from ..data.task import TaskData
    from ..nn.network import StitchedNetwork

#: As training settings: what a measure is made in, whatever training was.
_PLAIN = {"precision": "fp32", "label_smoothing": 0.0}


@torch.no_grad()
def evaluate_stitch(
    network: StitchedNetwork, stitch: int, data: TaskData, split: str, device: torch.device
) -> tuple[dict[str, float], int]:
    """(metric -> value, examples) of one stitch on a whole split, in fp32.

    Classification is measured from all logits of the split; language models from the sum of their loss over
    the labelled tokens, since a vocabulary times a split's tokens would fill the memory, and by their
    choices, where the split has some.
    """
    logits, labels = [], []
    summed, tokens, examples = 0.0, 0, 0
    for batch in data.evaluation_batches(split):
        examples += len(batch.labels)
        if batch.labels.ndim == 2:
            summed += float(summed_loss(network, stitch, batch, _PLAIN, device))
            tokens += count_labels(batch)
            continue
        moved = batch.to(device)
        logits.append(network(moved.inputs, stitch).float().cpu())
        labels.append(batch.labels)
    if labels:
        return measure(torch.cat(logits), torch.cat(labels)), examples
    chosen = measure_choices(network, stitch, data, split, device)
    return measure_tokens(summed, tokens) | chosen, examples

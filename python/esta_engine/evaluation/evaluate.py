"""Running a stitch over a split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .metrics import measure

if TYPE_CHECKING:
    from ..data.task import TaskData
    from ..nn.network import StitchedNetwork


@torch.no_grad()
def evaluate_stitch(
    network: StitchedNetwork, stitch: int, data: TaskData, split: str, device: torch.device
) -> tuple[dict[str, float], int]:
    """(metric -> value, examples) of one stitch on a whole split, in fp32."""
    logits, labels = [], []
    for batch in data.evaluation_batches(split):
        moved = batch.to(device)
        logits.append(network(moved.inputs, stitch).float().cpu())
        labels.append(batch.labels)
    every = torch.cat(labels)
    return measure(torch.cat(logits), every), len(every)

"""Running stitches over a split, in fp32, what their routes begin with alike computed once.

Classification is measured from all logits of the split; language models from the sum of their loss over the
labelled tokens, since a vocabulary times a split's tokens would fill the memory, and by their choices, where
the split has some.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from ..adaptation.objective import read_labelled
from ..nn.prefixes import PrefixTree
from .choices import measure_choices
from .metrics import measure, measure_tokens

if TYPE_CHECKING:
    from ..data.task import TaskData
    from ..nn.network import StitchedNetwork

#: Stitches that are measured together: results come this many at a time, and an interruption costs as many.
MOST_TOGETHER = 32
#: Logits kept at once, in numbers; a gigabyte.
MOST_LOGITS = 2**28

#: (metric -> value, examples).
Measured = tuple[dict[str, float], int]


@torch.no_grad()
def evaluate_together(
    network: StitchedNetwork, stitches: Sequence[int], data: TaskData, split: str, device: torch.device
) -> dict[int, Measured]:
    """Stitches, one or several, in one pass over the whole split, each to the bits of its own pass."""
    tree = PrefixTree(network, stitches)
    logits: dict[int, list[Tensor]] = {stitch: [] for stitch in stitches}
    sums = dict.fromkeys(stitches, 0.0)
    labels: list[Tensor] = []
    terms, examples = 0, 0
    for batch in data.evaluation_batches(split):
        inputs = {name: tensor.to(device) for name, tensor in batch.inputs.items()}
        found = batch.labels.to(device)
        examples += len(batch.labels)
        count = 0
        for stitch, features in tree.features(inputs):
            values, wanted = read_labelled(network.head_of(stitch), features, found)
            count = len(wanted)
            if batch.labels.ndim == 1:
                logits[stitch].append(values.cpu())
            else:
                sums[stitch] += float(F.cross_entropy(values, wanted, reduction="sum"))
        terms += count
        if batch.labels.ndim == 1:
            labels.append(batch.labels)
    if labels:
        every = torch.cat(labels)
        return {stitch: (measure(torch.cat(logits[stitch]), every), examples) for stitch in stitches}
    chosen = measure_choices(tree, stitches, data, split, device)
    return {stitch: (measure_tokens(sums[stitch], terms) | chosen[stitch], examples) for stitch in stitches}


def groups_of(
    stitches: Sequence[int], network: StitchedNetwork, data: TaskData, split: str
) -> Iterator[list[int]]:
    """Stitches to measure together: neighbours in the tree of routes, as many as memory holds.

    Of language models, which have no classes, no logits are kept.
    """
    order = list(PrefixTree(network, stitches).stitches())
    logits = len(data.classes) * data.size(split)
    size = max(1, min(MOST_TOGETHER, MOST_LOGITS // max(1, logits)))
    for start in range(0, len(order), size):
        yield order[start : start + size]

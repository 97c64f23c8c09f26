"""Low-rank adaptation of a linear (LoRA, arXiv 2106.09685): y = x W^T + b + (alpha / r) x A^T B^T.

W stays as it was loaded; A (r, in) starts as PyTorch starts a linear, B (out, r) at zero, so that the adapted
linear starts equal to the plain one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .frozen import full_weight, kept_linear

if TYPE_CHECKING:
    from ..anchors.base import Anchor


#: The target of `lora.targets` that stands for all linears of the MLP.
MLP = "mlp"


class LoraLinear(nn.Linear):
    """Takes a linear's place and shares its tensors, so that the checkpoint's keys stay what they were."""

    def __init__(self, linear: nn.Linear, lora_rank: int, lora_alpha: float, rng: torch.Generator) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight = linear.weight
        self.bias = linear.bias
        self.scales: nn.Parameter | None = getattr(linear, "scales", None)  # of a weight kept as codes
        shape, device = (self.out_features, self.in_features), linear.weight.device
        self.lora_a, self.lora_b = make_lora(shape, lora_rank, rng, device)
        self.scale = lora_alpha / lora_rank

    def forward(self, input: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        return lora_linear(
            input, self.weight, self.bias, self.lora_a, self.lora_b, self.scale, scales=self.scales
        )

    def merged_weight(self) -> Tensor:
        """(out, in): the one weight that computes the same; summed in float64, in what LoRA is kept in."""
        update = self.lora_b.detach().double() @ self.lora_a.detach().double()
        return (full_weight(self).double() + self.scale * update).to(self.lora_a.dtype)


def lora_linear(
    inputs: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    lora_a: Tensor,
    lora_b: Tensor,
    scale: float,
    *,
    scales: Tensor | None = None,
) -> Tensor:
    """x (W + scale B A)^T + b, (..., in) -> (..., out): as one product, or B A's beside W's, whichever costs
    less. `scales`: of W kept as codes.
    """
    if scales is None and _adds_exactly(inputs, weight, lora_a):
        rows, (out_features, in_features) = inputs.numel() // inputs.shape[-1], weight.shape
        if merging_pays(rows, out_features, in_features, len(lora_a), torch.is_grad_enabled()):
            return F.linear(inputs, torch.addmm(weight, lora_b, lora_a, alpha=scale), bias)
    kept = kept_linear(inputs, weight, bias, scales)
    low = F.linear(inputs, lora_a * scale)
    return torch.addmm(kept.flatten(0, -2), low.flatten(0, -2), lora_b.T).view(kept.shape)


def _adds_exactly(inputs: Tensor, weight: Tensor, lora_a: Tensor) -> bool:
    """Whether W + B A is as precise as both are; in less than W's precision small updates would be lost."""
    if not weight.dtype == inputs.dtype == lora_a.dtype:
        return False
    # Shapes alone (a dry run) are of no device that autocast knows.
    return inputs.is_meta or not torch.is_autocast_enabled(inputs.device.type)


def merging_pays(rows: int, out_features: int, in_features: int, rank: int, training: bool) -> bool:
    """Whether x (W + B A)^T takes less time than x W^T + x A^T B^T, for `rows` rows of x.

    Training, merging has the weight's own gradient to compute; beside, four more products of all rows with
    matrices `rank` wide, which use a processor badly. The factors are where both took equally long for
    1,000 to 1,600 rows on one x86-64 core (`tests/bench/lora.py`). The merged weight waits for the backward
    pass, so it has to be small beside the activations that do.
    """
    merged, beside = in_features * out_features, rows * (in_features + out_features)
    if training:
        return 4 * merged <= beside and merged * (rows + 3 * rank) <= 14 * rank * beside
    return merged <= 3 * beside


def make_lora(
    shape: tuple[int, int],
    lora_rank: int,
    rng: torch.Generator,
    device: torch.device | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[nn.Parameter, nn.Parameter]:
    """A (r, in), uniform within 1 / sqrt(in), and B (out, r), zero, for a weight of `shape` (out, in)."""
    out_features, in_features = shape
    bound = 1 / math.sqrt(in_features)
    a = (torch.rand(lora_rank, in_features, generator=rng, dtype=dtype) * 2 - 1) * bound
    b = torch.zeros(out_features, lora_rank, dtype=dtype)
    return nn.Parameter(a.to(device)), nn.Parameter(b.to(device))


def add_lora(
    anchor: Anchor,
    targets: Sequence[str],
    lora_rank: int,
    lora_alpha: float,
    rng: Callable[[int, str], torch.Generator],
    blocks: Iterable[int] | None = None,
) -> None:
    """Put LoRA on the named linears of `blocks` (all of them unless given), in place.

    `rng(block, target)` seeds each A, the target as `lora_sites` names it.
    """
    for index in range(anchor.depth) if blocks is None else blocks:
        block = anchor.blocks[index]
        for target, name in lora_sites(anchor, index).items():
            if (MLP if target.startswith(MLP) else target) not in targets:
                continue
            parent_name, _, leaf = name.rpartition(".")
            parent = block.get_submodule(parent_name)
            adapted = LoraLinear(getattr(parent, leaf), lora_rank, lora_alpha, rng(index, target))
            setattr(parent, leaf, adapted)


def lora_sites(anchor: Anchor, index: int) -> dict[str, str]:
    """Every linear of block `index` that may carry LoRA: query, key, value, output, mlp0, mlp1, ... -> its
    dotted name.
    """
    mlp = {f"{MLP}{number}": name for number, name in enumerate(anchor.mlp_linears(index))}
    return {**anchor.attention_linears(index), **mlp}

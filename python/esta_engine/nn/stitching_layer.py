"""The linear map between two anchors' activations at a junction (SN-Net, arXiv 2302.06586, section 3.2).

ESTA's form: the weight found by least squares stays frozen, LoRA trains on top (as in SN-Netv2, arXiv
2307.00154), and the bias that acts is the frozen one plus the stitch's own. SN-Net's form: weight and bias
train, no LoRA.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .lora import lora_linear, make_lora


class StitchingLayer(nn.Module):
    """(..., in_width) -> (..., out_width). `lora_rank` None: a plain linear whose weight and bias train."""

    def __init__(
        self,
        in_width: int,
        out_width: int,
        rng: torch.Generator,
        lora_rank: int | None,
        lora_alpha: float = 1.0,
    ) -> None:
        super().__init__()
        bound = 1 / math.sqrt(in_width)
        weight = (torch.rand(out_width, in_width, generator=rng) * 2 - 1) * bound
        frozen = lora_rank is not None
        self.weight = nn.Parameter(weight, requires_grad=not frozen)
        self.bias = nn.Parameter(torch.zeros(out_width), requires_grad=not frozen)
        self.scale = 0.0
        self.lora_a: nn.Parameter | None = None
        self.lora_b: nn.Parameter | None = None
        if lora_rank is not None:
            self.lora_a, self.lora_b = make_lora((out_width, in_width), lora_rank, rng)
            self.scale = lora_alpha / lora_rank

    def forward(self, hidden: Tensor, bias: Tensor | None = None) -> Tensor:
        """`bias` (out_width) is the whole bias of one stitch; None: the layer's own."""
        bias = self.bias if bias is None else bias
        if self.lora_a is None or self.lora_b is None:
            return F.linear(hidden, self.weight, bias)
        return lora_linear(hidden, self.weight, bias, self.lora_a, self.lora_b, self.scale)

    @torch.no_grad()
    def set_solution(self, weight: Tensor, bias: Tensor) -> None:
        """Start from a least-squares solution: weight (out, in), bias (out)."""
        self.weight.copy_(weight)
        self.bias.copy_(bias)

    def merged_weight(self) -> Tensor:
        """(out, in): the one weight that computes the same; summed in float64."""
        weight = self.weight.detach().double()
        if self.lora_a is not None and self.lora_b is not None:
            weight = weight + self.scale * (self.lora_b.detach().double() @ self.lora_a.detach().double())
        return weight.to(self.weight.dtype)

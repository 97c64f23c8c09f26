"""Frozen weights kept in less memory: in bfloat16, 8 or 4 bits, while arithmetic is in whatever precision the
inputs have.

Only the matrices are rounded (weights of linears, tables of embeddings); norms, biases, convolutions and the
positions of image models are few and stay as they were loaded. Codes (nn/codes.py) are for the linears of
blocks, nearly all of a large model; its embeddings and its head are in bfloat16 then. What trains is never
touched.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .codes import decode, encode, encodes

if TYPE_CHECKING:
    from ..anchors.base import Anchor


def kept_linear(
    inputs: Tensor, weight: Tensor, bias: Tensor | None = None, scales: Tensor | None = None
) -> Tensor:
    """x W^T + b, (..., in) -> (..., out), in x's precision whatever W is kept in. `scales`: of codes.

    Autocast casts for itself, and finds nothing to cast where it computes in what W is kept in.
    """
    if scales is None and weight.dtype == inputs.dtype:
        return F.linear(inputs, weight, bias)
    autocast = torch.is_autocast_enabled(inputs.device.type)
    if scales is None and autocast:
        return F.linear(inputs, weight, bias)
    if autocast:
        inputs = inputs.to(torch.get_autocast_dtype(inputs.device.type))
    product = cast(Tensor, _KeptProduct.apply(inputs, weight, scales))
    return product if bias is None else product + bias.to(product.dtype)


class _KeptProduct(torch.autograd.Function):
    """x W^T with W widened for the product only: what is saved for the backward pass is W as it is kept."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, scales: Tensor | None) -> Tensor:
        ctx.save_for_backward(weight, scales)
        return F.linear(inputs, _numbers(weight, scales, inputs.dtype))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        weight, scales = ctx.saved_tensors
        (gradient,) = gradients
        return gradient @ _numbers(weight, scales, gradient.dtype), None, None


class KeptLinear(nn.Linear):
    """Takes a linear's place and its tensors; the checkpoint's keys stay what they were.

    `scales`: where the weight is codes, which have a type and a shape of their own.
    """

    def __init__(self, linear: nn.Linear, scales: nn.Parameter | None = None) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias, self.scales = linear.weight, linear.bias, scales

    def forward(self, input: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        return kept_linear(input, self.weight, self.bias, self.scales)


class KeptEmbedding(nn.Embedding):
    """Takes an embedding's place and its table; gives float32."""

    def __init__(self, embedding: nn.Embedding) -> None:
        nn.Module.__init__(self)
        self.num_embeddings, self.embedding_dim = embedding.num_embeddings, embedding.embedding_dim
        self.padding_idx, self.max_norm, self.norm_type = embedding.padding_idx, None, 2.0
        self.scale_grad_by_freq, self.sparse = False, False
        self.weight = embedding.weight

    def forward(self, input: Tensor) -> Tensor:
        """Token numbers (...) -> (..., D)."""
        return super().forward(input).float()


def keep_frozen(anchor: Anchor, precision: str) -> None:
    """Keep the anchor's frozen matrices in bfloat16 and everything else of it in float32, in place; with int8
    and nf4 the matrices of its blocks as codes.

    One tensor at a time, so that no second copy of the model is ever in memory; what is in bfloat16 already
    is not copied. Tied weights stay tied.
    """
    coded = {id(linear) for linear in _block_linears(anchor) if encodes(linear.weight, precision)}
    kept: dict[int, nn.Parameter] = {}
    for name, module in list(anchor.model.named_modules()):
        if type(module) not in (nn.Linear, nn.Embedding):
            _keep_in_float32(module)
            continue
        scales = None
        old = cast(nn.Parameter, module.weight)
        if id(module) in coded:
            codes, factors = encode(old, precision)
            module.weight = nn.Parameter(codes, requires_grad=False)
            scales = nn.Parameter(factors, requires_grad=False)
        else:
            if id(old) not in kept:
                kept[id(old)] = nn.Parameter(old.detach().to(torch.bfloat16), requires_grad=False)
            module.weight = kept[id(old)]
        _keep_in_float32(module, but="weight")
        linear = isinstance(module, nn.Linear)
        anchor.model.set_submodule(name, KeptLinear(module, scales) if linear else KeptEmbedding(module))
    anchor.model.config.dtype = torch.float32
    if coded:
        _give_back()


def _give_back() -> None:
    """Hand memory of what only passed through back to the system, where glibc's allocator would keep
    as much as the codes take.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _block_linears(anchor: Anchor) -> list[nn.Linear]:
    """Those that the adapter names: all matrices of the blocks."""
    return [
        cast(nn.Linear, block.get_submodule(name))
        for index, block in enumerate(anchor.blocks)
        for name in (*anchor.attention_linears(index).values(), *anchor.mlp_linears(index))
    ]


def _keep_in_float32(module: nn.Module, but: str = "") -> None:
    """The module's own parameters, not those of modules inside it."""
    for name, parameter in list(module.named_parameters(recurse=False)):
        if name != but and parameter.dtype != torch.float32:
            setattr(module, name, nn.Parameter(parameter.detach().float(), requires_grad=False))


def _numbers(weight: Tensor, scales: Tensor | None, dtype: torch.dtype) -> Tensor:
    """The matrix in `dtype`, whatever it is kept in; itself where that is so already."""
    return weight.to(dtype) if scales is None else decode(weight, scales, dtype)


def widened(tensor: Tensor) -> Tensor:
    """A tensor kept in bfloat16 in float32, others as they are: what is written into plain models."""
    return tensor.float() if tensor.dtype == torch.bfloat16 else tensor


def full_weight(linear: nn.Linear) -> Tensor:
    """(out, in): the same of a linear's weight, also where it is kept as codes; detached, without LoRA."""
    scales = getattr(linear, "scales", None)
    weight = linear.weight.detach()
    return widened(weight) if scales is None else decode(weight, scales.detach())

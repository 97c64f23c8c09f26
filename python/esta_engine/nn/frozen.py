"""Frozen weights kept in half the memory: bfloat16 storage, arithmetic in whatever precision the inputs have.

Only the matrices are rounded (weights of linears, tables of embeddings); norms, biases, positions and
convolutions are few and stay as they were loaded. What trains is never touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from ..anchors.base import Anchor


def kept_linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x W^T + b, (..., in) -> (..., out), in x's precision whatever W is kept in.

    Autocast casts for itself, and finds nothing to cast where it computes in what W is kept in.
    """
    if weight.dtype == inputs.dtype or torch.is_autocast_enabled(inputs.device.type):
        return F.linear(inputs, weight, bias)
    product = cast(Tensor, _KeptProduct.apply(inputs, weight))
    return product if bias is None else product + bias


class _KeptProduct(torch.autograd.Function):
    """x W^T with W widened for the product only: what is saved for the backward pass is W as it is kept."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        return F.linear(inputs, weight.to(inputs.dtype))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (weight,) = ctx.saved_tensors
        (gradient,) = gradients
        return gradient @ weight.to(gradient.dtype), None


class KeptLinear(nn.Linear):
    """Takes a linear's place and its tensors; the checkpoint's keys stay what they were."""

    def __init__(self, linear: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, input: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        return kept_linear(input, self.weight, self.bias)


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


def keep_in_bf16(anchor: Anchor) -> None:
    """Keep the anchor's frozen matrices in bfloat16 and everything else of it in float32, in place.

    One tensor at a time, so that no second copy of the model is ever in memory; what is in bfloat16 already
    is not copied. Tied weights stay tied.
    """
    kept: dict[int, nn.Parameter] = {}
    for name, module in list(anchor.model.named_modules()):
        if type(module) not in (nn.Linear, nn.Embedding):
            _keep_in_float32(module)
            continue
        old = cast(nn.Parameter, module.weight)
        if id(old) not in kept:
            kept[id(old)] = nn.Parameter(old.detach().to(torch.bfloat16), requires_grad=False)
        module.weight = kept[id(old)]
        _keep_in_float32(module, but="weight")
        linear = isinstance(module, nn.Linear)
        anchor.model.set_submodule(name, KeptLinear(module) if linear else KeptEmbedding(module))
    anchor.model.config.dtype = torch.float32


def _keep_in_float32(module: nn.Module, but: str = "") -> None:
    """The module's own parameters, not those of modules inside it."""
    for name, parameter in list(module.named_parameters(recurse=False)):
        if name != but and parameter.dtype != torch.float32:
            setattr(module, name, nn.Parameter(parameter.detach().float(), requires_grad=False))


def widened(tensor: Tensor) -> Tensor:
    """A kept tensor in float32, others as they are: what is written into plain models."""
    return tensor.float() if tensor.dtype == torch.bfloat16 else tensor

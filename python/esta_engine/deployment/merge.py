"""Merging: one stitch's LoRA, biases and stitching layers written into plain weights.

What comes out has no trace of adaptation: W + (alpha / r) B A in place of W, one bias in place of the
anchor's plus the stitch's own. Sums are taken in float64 and rounded once.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..nn.frozen import KeptEmbedding, KeptLinear, full_weight, widened
from ..nn.lora import LoraLinear
from ..nn.network import StitchedNetwork
from ..nn.stitching_layer import StitchingLayer


@dataclass(frozen=True)
class Linear:
    """Plain weights (out, in) and bias (out), None where neither the anchor nor the stitch has one."""

    weight: Tensor
    bias: Tensor | None


@torch.no_grad()
def merged_linears(network: StitchedNetwork, stitch: int) -> list[list[dict[str, Linear]]]:
    """[segment][block of the segment][dotted name inside the block] -> merged linear."""
    network.bring(stitch)
    biases = network.biases.effective(stitch)
    segments = []
    for position, part in enumerate(network.stitches[stitch].route):
        anchor = network.anchor(part.anchor)
        blocks = []
        for index, own in zip(range(part.start, part.end), biases.blocks[position], strict=True):
            names = (*anchor.attention_linears(index).values(), *anchor.mlp_linears(index))
            block = anchor.blocks[index]
            blocks.append(
                {name: _merge(block.get_submodule(name), own.get(f"{name}.bias")) for name in names}
            )
        segments.append(blocks)
    return segments


@torch.no_grad()
def merged_stitching_layers(network: StitchedNetwork, stitch: int) -> list[Linear]:
    """One for each junction, in order of the route."""
    biases = network.biases.effective(stitch)
    merged = []
    for position, number in enumerate(network.stitches[stitch].stitching_layers, start=1):
        layer: Any = network.stitching_layers[number]
        assert isinstance(layer, StitchingLayer)
        own = biases.layers[position]
        merged.append(Linear(layer.merged_weight(), (layer.bias if own is None else own).detach().clone()))
    return merged


@torch.no_grad()
def merged_anchor(network: StitchedNetwork, stitch: int) -> Any | None:
    """A whole anchor as an ordinary `transformers` model with the task's head, on the CPU.

    None where no class of the library computes it: poolings that the library does not know, biases that an
    architecture has no switch for. Raises ValueError for a route of several segments.
    """
    definition = network.stitches[stitch]
    if not definition.is_anchor:
        raise ValueError(f"stitch {stitch} passes through several anchors")
    anchor = network.anchor(definition.route[0].anchor)
    (linears,) = merged_linears(network, stitch)
    biased = {name for name, linear in linears[0].items() if linear.bias is not None}
    config = anchor.plain_config(biased)
    if config is None:
        return None
    plain = copy.deepcopy(anchor)
    for block, merged in zip(plain.blocks, linears, strict=True):
        for name, linear in merged.items():
            _replace(block, name, _plain_linear(linear))
    plain.put_head(copy.deepcopy(network.head_of(stitch)))
    for module in plain.model.modules():
        if isinstance(module, (KeptEmbedding, KeptLinear)):
            module.weight = nn.Parameter(widened(module.weight.detach()), requires_grad=False)
    model = plain.model
    if anchor.keeps_own_head:
        model = _refilled(model, config)
    else:
        model.config = config
    return model.requires_grad_(False).cpu().eval()


def _refilled(model: Any, config: Any) -> Any:
    """The same weights in the class of `config`, which may be another; biases that only it has are zero."""
    from transformers import AutoModelForCausalLM

    refilled: Any = AutoModelForCausalLM.from_config(config)
    state = model.state_dict()
    lacking = {name: tensor for name, tensor in refilled.state_dict().items() if name not in state}
    assert all(name.endswith(".bias") for name in lacking), sorted(lacking)
    refilled.load_state_dict(state | {name: torch.zeros_like(tensor) for name, tensor in lacking.items()})
    return refilled


def _merge(linear: Any, own_bias: Tensor | None) -> Linear:
    own = isinstance(linear, LoraLinear)
    weight = linear.merged_weight() if own else full_weight(linear).clone()
    bias = linear.bias if own_bias is None else own_bias
    return Linear(weight, None if bias is None else bias.detach().clone())


def _plain_linear(linear: Linear) -> nn.Linear:
    out_width, in_width = linear.weight.shape
    plain = nn.Linear(in_width, out_width, bias=linear.bias is not None, device=linear.weight.device)
    plain.weight.copy_(linear.weight)
    if linear.bias is not None:
        plain.bias.copy_(linear.bias)
    return plain


def _replace(module: nn.Module, name: str, new: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(module.get_submodule(parent), leaf, new)

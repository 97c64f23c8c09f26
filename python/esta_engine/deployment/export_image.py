"""Exporting a stitch of image models: plain blocks (`modeling_stitch.py`), the same for every architecture.

Low-rank updates, biases, layer scales and interpolated positions go into the weights of those blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..anchors.base import Anchor, ImageAnchor
from ..data.preprocessing import PREPROCESSOR_FILE, has_preprocessor
from ..nn.network import StitchedNetwork
from ..plan import Plan
from ..seeding import generator
from .labels import label_tables
from .merge import Linear, merged_linears, merged_stitching_layers

COPIED = (PREPROCESSOR_FILE,)
#: Whether a model's folder says how its inputs are made.
has_input_files = has_preprocessor


def auto_class(plan: Plan) -> str:
    """The class of `transformers` that reads what is exported."""
    return "AutoModelForImageClassification"


def sample_inputs(plan: Plan, examples: int) -> dict[str, Tensor]:
    """Random images of the plan's size."""
    side, channels = plan.family.input["image_size"], plan.family.input["channels"]
    return {"pixel_values": torch.randn(examples, channels, side, side, generator=generator(0, "export"))}


def stitch_class(plan: Plan) -> Any:
    """The class of a stitch's model: this package's own, which the exported folder's code is a copy of."""
    from .modeling_stitch import StitchForImageClassification

    return StitchForImageClassification


def stitch_settings(
    plan: Plan, network: StitchedNetwork, stitch: int, classes: Sequence[str]
) -> dict[str, Any]:
    """What `StitchConfig` is made from."""
    id2label, label2id = label_tables(classes)
    first, last = (_image_anchor(network, network.stitches[stitch].route[i].anchor) for i in (0, -1))
    return {
        "image_size": plan.family.input["image_size"],
        "patch_size": plan.family.input["patch_size"],
        "num_channels": plan.family.input["channels"],
        "special_tokens": first.special_tokens,
        "pooling": last.pooling,
        "segments": [
            {**_image_anchor(network, part.anchor).block_settings(), "blocks": part.end - part.start}
            for part in network.stitches[stitch].route
        ],
        "id2label": id2label,
        "label2id": label2id,
    }


@torch.no_grad()
def stitch_tensors(plan: Plan, network: StitchedNetwork, stitch: int) -> dict[str, Tensor]:
    """State of `StitchForImageClassification` for one stitch."""
    route = network.stitches[stitch].route
    first, last = _image_anchor(network, route[0].anchor), network.anchor(route[-1].anchor)
    tensors = dict(first.plain_embedding(plan.family.input["image_size"]))
    for position, blocks in enumerate(merged_linears(network, stitch)):
        part = route[position]
        for number, linears in enumerate(blocks):
            block = _plain_block(_image_anchor(network, part.anchor), part.start + number, linears)
            tensors |= {f"segments.{position}.{number}.{name}": tensor for name, tensor in block.items()}
    for number, layer in enumerate(merged_stitching_layers(network, stitch)):
        tensors |= _named(f"stitching_layers.{number}", layer)
    tensors |= {f"norm.{name}": tensor for name, tensor in last.final_modules()[0].state_dict().items()}
    tensors |= {f"classifier.{name}": tensor for name, tensor in network.head_of(stitch).state_dict().items()}
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _plain_block(anchor: ImageAnchor, index: int, linears: dict[str, Linear]) -> dict[str, Tensor]:
    """State of `Block`: query, key and value in one linear, layer scales in the linears before them."""
    block, names = anchor.blocks[index], anchor.attention_linears(index)
    tensors: dict[str, Tensor] = {}
    for plain, name in zip(("norm1", "norm2"), anchor.norms(index), strict=True):
        tensors |= {
            f"{plain}.{key}": tensor for key, tensor in block.get_submodule(name).state_dict().items()
        }
    parts = [linears[names[target]] for target in ("query", "key", "value")]
    tensors["qkv.weight"] = torch.cat([part.weight for part in parts])
    tensors["qkv.bias"] = torch.cat([_bias(part) for part in parts])
    scales = [None if name is None else block.get_parameter(name) for name in anchor.layer_scales(index)]
    tensors |= _named("output", _scaled(linears[names["output"]], scales[0]))
    *inner, last = anchor.mlp_linears(index)
    for plain, name in zip(("mlp_in",) if len(inner) == 1 else ("mlp_gate", "mlp_in"), inner, strict=True):
        tensors |= _named(plain, linears[name])
    return tensors | _named("mlp_out", _scaled(linears[last], scales[1]))


def _scaled(linear: Linear, scale: Tensor | None) -> Linear:
    if scale is None:
        return linear
    return Linear(linear.weight * scale[:, None], _bias(linear) * scale)


def _bias(linear: Linear) -> Tensor:
    return linear.weight.new_zeros(len(linear.weight)) if linear.bias is None else linear.bias


def _named(name: str, linear: Linear) -> dict[str, Tensor]:
    return {f"{name}.weight": linear.weight, f"{name}.bias": _bias(linear)}


def _image_anchor(network: StitchedNetwork, number: int) -> ImageAnchor:
    anchor: Anchor = network.anchor(number)
    assert isinstance(anchor, ImageAnchor)
    return anchor

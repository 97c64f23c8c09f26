"""Exporting one stitch as a folder in Hugging Face layout that needs no estakit.

A whole anchor becomes the ordinary `transformers` model that it was; a route through several anchors a small
model whose code goes with it (`modeling_stitch.py`, `trust_remote_code=True`). The folder is read back and
its logits are compared with the stitched network's; the card tells the largest difference.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..anchors.base import Anchor
from ..anchors.load import quiet_transformers
from ..errors import EngineError
from ..files import write_atomic, write_json
from ..nn.network import StitchedNetwork
from ..plan import Plan
from ..seeding import generator
from .export_card import make_export_card
from .merge import Linear, merged_anchor, merged_linears, merged_stitching_layers

CODE_FILE = Path(__file__).with_name("modeling_stitch.py")
#: Differences of rounding stay far below; above, the export is not the palette's network.
LARGEST_RELATIVE_DIFFERENCE = 1e-3
_EXAMPLES = 8


@dataclass(frozen=True)
class Difference:
    """Largest absolute difference of the logits, and the largest absolute logit that it stands beside."""

    largest: float
    logit: float

    @property
    def relative(self) -> float:
        return self.largest / self.logit if self.logit > 0 else self.largest


def export_stitch(
    plan: Plan, network: StitchedNetwork, stitch: int, palette: Mapping[str, Any], out: Path
) -> list[Path]:
    """Write stitch `stitch` to the folder `out`; returns the files. `palette` is the content of palette.json.

    Raises EngineError("numeric") where what is read back does not give the network's logits.
    """
    out.mkdir(parents=True, exist_ok=True)
    network = network.cpu()
    definition = network.stitches[stitch]
    anchor = network.anchor(definition.route[-1].anchor)
    classes = palette["task"]["classes"]
    plain = definition.is_anchor and anchor.pools_as_its_class
    if plain:
        files = _write_anchor(network, stitch, classes, out)
    else:
        files = _write_stitch(plan, network, stitch, classes, out)
    files += _copy_preprocessor(network, stitch, out)
    difference = compare(plan, network, stitch, read_back(out, plain))
    if not difference.relative <= LARGEST_RELATIVE_DIFFERENCE:
        raise EngineError(
            "numeric",
            f"the export of stitch {stitch} gives other logits: they differ by {difference.largest:.3g}, "
            f"the largest logit is {difference.logit:.3g}",
            "This is a defect; please report it. The folder is not fit for use.",
        )
    card = out / "README.md"
    text = make_export_card(palette, stitch, plain, difference.largest, difference.logit)
    write_atomic(card, text.encode())
    return [*files, card]


def read_back(folder: Path, plain: bool) -> Any:
    """The model of an exported folder; its code is this package's own, which the folder's is a copy of."""
    from transformers import AutoModelForImageClassification

    from .modeling_stitch import StitchForImageClassification

    with quiet_transformers():
        if plain:
            return AutoModelForImageClassification.from_pretrained(folder, local_files_only=True)
        return StitchForImageClassification.from_pretrained(folder, local_files_only=True)


@torch.no_grad()
def compare(plan: Plan, network: StitchedNetwork, stitch: int, model: Any) -> Difference:
    """Logits of both on random images of the plan's size, on the CPU."""
    side, channels = plan.family.input["image_size"], plan.family.input["channels"]
    pixels = torch.randn(_EXAMPLES, channels, side, side, generator=generator(0, "export"))
    expected = network({"pixel_values": pixels}, stitch)
    got = model.eval()(pixel_values=pixels).logits
    return Difference(float((got - expected).abs().max()), float(expected.abs().max()))


def _write_anchor(network: StitchedNetwork, stitch: int, classes: list[str], out: Path) -> list[Path]:
    model = merged_anchor(network, stitch)
    model.config.id2label, model.config.label2id = _label_tables(classes)
    model.config._name_or_path = ""  # a path of the machine that exported
    with quiet_transformers():
        model.save_pretrained(out)
    return [out / "config.json", *sorted(out.glob("*.safetensors"))]


def _write_stitch(
    plan: Plan, network: StitchedNetwork, stitch: int, classes: list[str], out: Path
) -> list[Path]:
    from safetensors.torch import save

    id2label, label2id = _label_tables(classes)
    first, last = (network.anchor(network.stitches[stitch].route[i].anchor) for i in (0, -1))
    module = CODE_FILE.stem
    config = {
        "model_type": "estakit_stitch",
        "architectures": ["StitchForImageClassification"],
        "auto_map": {
            "AutoConfig": f"{module}.StitchConfig",
            "AutoModelForImageClassification": f"{module}.StitchForImageClassification",
        },
        "image_size": plan.family.input["image_size"],
        "patch_size": plan.family.input["patch_size"],
        "num_channels": plan.family.input["channels"],
        "special_tokens": first.special_tokens,
        "pooling": last.pooling,
        "segments": [
            {**network.anchor(part.anchor).block_settings(), "blocks": part.end - part.start}
            for part in network.stitches[stitch].route
        ],
        "id2label": id2label,
        "label2id": label2id,
        "dtype": "float32",
    }
    tensors = stitch_tensors(network, stitch, plan.family.input["image_size"])
    content = save({name: tensors[name].contiguous() for name in sorted(tensors)}, {"format": "pt"})
    write_json(out / "config.json", config)
    write_atomic(out / "model.safetensors", content)
    shutil.copyfile(CODE_FILE, out / CODE_FILE.name)
    return [out / "config.json", out / "model.safetensors", out / CODE_FILE.name]


@torch.no_grad()
def stitch_tensors(network: StitchedNetwork, stitch: int, image_size: int) -> dict[str, Tensor]:
    """State of `StitchForImageClassification` for one stitch."""
    route = network.stitches[stitch].route
    first, last = network.anchor(route[0].anchor), network.anchor(route[-1].anchor)
    tensors = dict(first.plain_embedding(image_size))
    for position, blocks in enumerate(merged_linears(network, stitch)):
        part = route[position]
        for number, linears in enumerate(blocks):
            block = _plain_block(network.anchor(part.anchor), part.start + number, linears)
            tensors |= {f"segments.{position}.{number}.{name}": tensor for name, tensor in block.items()}
    for number, layer in enumerate(merged_stitching_layers(network, stitch)):
        tensors |= _named(f"stitching_layers.{number}", layer)
    tensors |= {f"norm.{name}": tensor for name, tensor in last.final_modules()[0].state_dict().items()}
    tensors |= {f"classifier.{name}": tensor for name, tensor in network.head_of(stitch).state_dict().items()}
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _plain_block(anchor: Anchor, index: int, linears: dict[str, Linear]) -> dict[str, Tensor]:
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


def _copy_preprocessor(network: StitchedNetwork, stitch: int, out: Path) -> list[Path]:
    """The anchors preprocess alike, so that any one's file serves."""
    for part in network.stitches[stitch].route:
        folder = network.anchor(part.anchor).folder
        file = None if folder is None else folder / "preprocessor_config.json"
        if file is not None and file.is_file():
            content = json.loads(file.read_text(encoding="utf-8"))
            write_json(out / file.name, content)
            return [out / file.name]
    return []


def _label_tables(classes: list[str]) -> tuple[dict[int, str], dict[str, int]]:
    return dict(enumerate(classes)), {name: number for number, name in enumerate(classes)}

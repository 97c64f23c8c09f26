"""A network's tensors by name: what adaptation made, beside the anchors' own files.

The names are estakit's, not the library's, so that a palette outlives a renaming inside `transformers`:
`anchors.NAME.blocks.3.query.lora_a`, `anchors.NAME.blocks.3.bias` (shared by all stitches),
`stitching_layers.0.weight`, `heads.NAME.bias`, `biases.12` (a stitch's id). Methods that tune whole anchors
add `anchors.NAME.weights.*`, under the library's names; anchors that one stitch has for itself have names of
their own (`methods/alone.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn

from ..errors import EngineError
from .lora import LoraLinear, lora_sites
from .network import StitchedNetwork


def shared_tensors(network: StitchedNetwork) -> dict[str, nn.Parameter]:
    """Everything of the network but the frozen anchors and the stitches' biases, by name."""
    named: dict[str, nn.Parameter] = {}
    for number, head in enumerate(network.heads):
        anchor = network.anchor(number)
        lora = dict(_lora_parameters(network, number))
        named |= lora
        own = {id(parameter) for parameter in lora.values()}
        for key, parameter in anchor.model.named_parameters():
            if parameter.requires_grad and id(parameter) not in own:
                named[f"anchors.{anchor.name}.weights.{key}"] = parameter
        for index in range(anchor.depth):
            bias = network.biases.shared_of(number, index)
            if bias is not None:
                named[f"anchors.{anchor.name}.blocks.{index}.bias"] = bias
        if head is not anchor.own_head():  # a language model's own head is one of the anchor's weights
            named |= {f"heads.{anchor.name}.{key}": parameter for key, parameter in head.named_parameters()}
    for number, layer in enumerate(network.stitching_layers):
        named |= {f"stitching_layers.{number}.{key}": value for key, value in layer.named_parameters()}
    return named


def adapter_tensors(network: StitchedNetwork, stitches: Iterable[int] | None = None) -> dict[str, Tensor]:
    """Copies, on the CPU, of all that adaptation made; biases of `stitches` only, if given.

    A stitch that was never drawn has no biases, and no entry.
    """
    tensors = {name: _copy(parameter) for name, parameter in shared_tensors(network).items()}
    kept = network.biases.created() if stitches is None else sorted(set(stitches))
    for stitch in kept:
        parameter = network.biases.parameter(stitch)
        if parameter is not None:
            tensors[f"biases.{stitch}"] = _copy(parameter)
    return tensors


@torch.no_grad()
def load_adapter_tensors(network: StitchedNetwork, tensors: Mapping[str, Tensor]) -> None:
    """Put `adapter_tensors` back. Raises EngineError("weights") naming tensors missing, unknown, or of other
    shape.

    Nothing is changed when it raises. Biases that are not among the tensors stay as they are.
    """
    shared = shared_tensors(network)
    biases = {name: tensor for name, tensor in tensors.items() if name.startswith("biases.")}
    problems = [f"missing {name}" for name in sorted(shared.keys() - tensors.keys())]
    problems += [f"unknown {name}" for name in sorted(tensors.keys() - shared.keys() - biases.keys())]
    for name in sorted(shared.keys() & tensors.keys()):
        if shared[name].shape != tensors[name].shape:
            problems.append(f"{name} is {list(tensors[name].shape)}, not {list(shared[name].shape)}")
    for name in sorted(biases):
        problems += _bias_problems(network, name, biases[name])
    if problems:
        more = f", and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise EngineError(
            "weights",
            f"the stored tensors are not this plan's: {'; '.join(problems[:5])}{more}",
            "The file belongs to another plan or was changed; use the run folder that it came from.",
        )
    for name, parameter in shared.items():
        parameter.copy_(tensors[name])
    for name, tensor in biases.items():
        created = network.biases.create(int(name.removeprefix("biases.")))
        assert created is not None
        created.copy_(tensor)


def _bias_problems(network: StitchedNetwork, name: str, tensor: Tensor) -> list[str]:
    key = name.removeprefix("biases.")
    if not key.isdecimal() or int(key) >= len(network.stitches):
        return [f"unknown {name}"]
    size = network.biases.layout(int(key)).total
    return [] if list(tensor.shape) == [size] else [f"{name} is {list(tensor.shape)}, not [{size}]"]


def _lora_parameters(network: StitchedNetwork, number: int) -> Iterator[tuple[str, nn.Parameter]]:
    anchor = network.anchor(number)
    for index, block in enumerate(anchor.blocks):
        for target, name in lora_sites(anchor, index).items():
            linear = block.get_submodule(name)
            if isinstance(linear, LoraLinear):
                prefix = f"anchors.{anchor.name}.blocks.{index}.{target}"
                yield f"{prefix}.lora_a", linear.lora_a
                yield f"{prefix}.lora_b", linear.lora_b


def _copy(parameter: Tensor) -> Tensor:
    return parameter.detach().to("cpu", copy=True).contiguous()

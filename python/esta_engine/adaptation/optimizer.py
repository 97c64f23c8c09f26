"""Optimizers: one for what stitches share, one for each stitch's biases, made when it is first drawn.

A step on stitch s so cannot touch another stitch's biases or their state, neither by momentum nor by decay,
and its cost does not grow with the number of stitches. Shared parameters off the route have no gradient, and
are skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..nn.network import StitchedNetwork
from ..nn.tensors import shared_tensors

_PREFIX = "optimizer."


class Optimizers:
    """`rates`: learning rates of `shared`, `stitching`, `head` and `bias` parameters; `settings`:
    `training.optimizer`.

    Weight decay pulls LoRA, weights of two or more dimensions and the stitches' biases (which are differences
    from the pre-trained ones) towards zero; biases and norms of heads and anchors are not decayed.
    """

    def __init__(
        self, network: StitchedNetwork, rates: Mapping[str, float], settings: Mapping[str, Any]
    ) -> None:
        self.network = network
        self.rates = dict(rates)
        self.settings = settings
        self.names = {id(p): name for name, p in shared_tensors(network).items() if p.requires_grad}
        self.shared = self._make(self._shared_groups())
        self.biases: dict[int, torch.optim.Optimizer] = {}

    def of_stitch(self, stitch: int) -> torch.optim.Optimizer | None:
        """The optimizer of one stitch's biases, made at the first call; None where it has none."""
        if stitch not in self.biases:
            parameter = self.network.biases.create(stitch)
            if parameter is None:
                return None
            self.biases[stitch] = self._make(
                [self._group([parameter], self.rates["bias"], self._decay(True))]
            )
        return self.biases[stitch]

    def step(
        self,
        stitches: Sequence[int],
        parameters: Sequence[nn.Parameter],
        gradients: Sequence[Tensor],
        factor: float,
    ) -> None:
        """Apply the gradients of shared parameters, and of the biases of `stitches`."""
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        for optimizer in (self.shared, *(self.of_stitch(stitch) for stitch in stitches)):
            if optimizer is None:
                continue
            for group in optimizer.param_groups:
                group["lr"] = group["base_lr"] * factor
            optimizer.step()
        for parameter in parameters:
            parameter.grad = None

    def state(self) -> dict[str, Tensor]:
        """Copies of all state that exists, as `optimizer.NAME.KEY`."""
        tensors = {}
        for name, optimizer, parameter in self._parameters():
            for key, value in optimizer.state.get(parameter, {}).items():
                if isinstance(value, Tensor):  # what does not exist yet may be there as None
                    tensors[f"{_PREFIX}{name}.{key}"] = value.detach().to("cpu", copy=True)
        return tensors

    def load_state(self, tensors: Mapping[str, Tensor], stitches: Iterable[int]) -> None:
        """Put `state` back; `stitches`: those whose biases exist. State that is not stored does not exist."""
        for stitch in stitches:
            self.of_stitch(stitch)
        owners = {name: (optimizer, parameter) for name, optimizer, parameter in self._parameters()}
        for optimizer, parameter in owners.values():
            optimizer.state.pop(parameter, None)
        for full_name, tensor in tensors.items():
            if full_name.startswith(_PREFIX):
                name, _, key = full_name.removeprefix(_PREFIX).rpartition(".")
                optimizer, parameter = owners[name]
                optimizer.state[parameter][key] = tensor.to(parameter.device, copy=True)

    def _parameters(self) -> Iterable[tuple[str, torch.optim.Optimizer, nn.Parameter]]:
        for group in self.shared.param_groups:
            for parameter in group["params"]:
                yield self.names[id(parameter)], self.shared, parameter
        for stitch, optimizer in sorted(self.biases.items()):
            yield f"biases.{stitch}", optimizer, optimizer.param_groups[0]["params"][0]

    def _shared_groups(self) -> list[dict[str, Any]]:
        """One for each pair of learning rate and decay: every group costs a call a step."""
        biases = {id(parameter) for parameter in self.network.biases.shared.parameters()}
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in shared_tensors(self.network).items():
            if parameter.requires_grad:
                rate = "bias" if id(parameter) in biases else _rate_of(name)
                key = self.rates[rate], self._decay(parameter.ndim > 1)
                groups.setdefault(key, []).append(parameter)
        return [self._group(parameters, *key) for key, parameters in groups.items()]

    def _decay(self, decayed: bool) -> float:
        return float(self.settings["weight_decay"]) if decayed else 0.0

    def _group(self, parameters: list[nn.Parameter], rate: float, weight_decay: float) -> dict[str, Any]:
        return {"params": parameters, "lr": rate, "base_lr": rate, "weight_decay": weight_decay}

    def _make(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        settings = self.settings
        if settings["name"] == "sgd":
            # Not fused: PyTorch's fused SGD refuses groups of which only some parameters were stepped before.
            return torch.optim.SGD(groups, momentum=settings["momentum"], foreach=True)
        betas = (settings["momentum"], settings["second_momentum"])
        device = groups[0]["params"][0].device
        return torch.optim.AdamW(groups, betas=betas, fused=device.type in ("cpu", "cuda", "mps"))


def _rate_of(name: str) -> str:
    """Which learning rate a shared tensor has, by its name (nn/tensors.py)."""
    return {"heads": "head", "stitching_layers": "stitching"}.get(name.partition(".")[0], "shared")

"""The stitched network against networks composed by hand; where gradients are; no trace of a route."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.nn.network import StitchedNetwork
from pico import images, perturb, pico_network
from torch import Tensor, nn


def by_hand(network: StitchedNetwork, stitch: int, inputs: dict[str, Tensor]) -> Tensor:
    """The same stitch as plain modules: biases written into copies of the blocks, then called in turn."""
    definition = network.stitches[stitch]
    own = network.biases.parameter(stitch)
    sites = network.biases.sites
    values = iter([]) if own is None else iter(own.detach())

    def take(count: int) -> Tensor:
        return torch.stack([next(values) for _ in range(count)])

    hidden = network.anchor(definition.route[0].anchor).model.vit.embeddings(inputs["pixel_values"])
    for position, part in enumerate(definition.route):
        if position > 0:
            layer: Any = network.stitching_layers[definition.stitching_layers[position - 1]]
            bias = layer.bias if own is None else layer.bias + take(len(layer.bias))
            update = layer.scale * layer.lora_b @ layer.lora_a
            hidden = hidden @ (layer.weight + update).T + bias
        everywhere = sites == "all" or (sites == "after-stitch" and (position > 0 or definition.is_anchor))
        for index in range(part.start, part.end):
            block: Any = copy.deepcopy(network.anchor(part.anchor).blocks[index])
            if own is not None and everywhere:
                attention, mlp = block.attention, block.mlp
                for linear in (
                    attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj, mlp.fc1, mlp.fc2,
                ):  # fmt: skip
                    if linear.bias is None:
                        linear.bias = nn.Parameter(torch.zeros(linear.out_features))
                    linear.bias.data += take(linear.out_features)
            hidden = block(hidden)
    assert next(values, None) is None, "the flat parameter is longer than the route's sites"
    last: Any = network.anchor(definition.route[-1].anchor)
    return network.head_of(stitch)(last.model.vit.layernorm(hidden)[:, 0])


@pytest.mark.parametrize("sites", ["all", "after-stitch", "stitching-layer", "none"])
def test_every_stitch_equals_the_one_composed_by_hand(pico_folders: list[Path], sites: str) -> None:
    plan, network = pico_network(pico_folders, method={"stitch_bias": {"sites": sites}})
    perturb(network, list(range(len(plan.stitches))))
    with torch.no_grad():
        for stitch in range(len(plan.stitches)):
            expected = by_hand(network, stitch, images(3))
            torch.testing.assert_close(network(images(3), stitch), expected, rtol=1e-5, atol=1e-5)


def test_anchors_without_a_bias_get_a_stitchs_own(tmp_path: Path) -> None:
    from pico import save_model, vit_model

    folders = [save_model(vit_model(w, 2, qkv_bias=False), tmp_path / f"bare-{w}") for w in (16, 32)]
    _, network = pico_network(folders, method={"stitch_bias": {"sites": "all"}})
    perturb(network, [0, 2])
    for stitch in (0, 2):
        torch.testing.assert_close(network(images(3), stitch), by_hand(network, stitch, images(3)))
    assert network.anchor(0).blocks[0].attention.q_proj.bias is None


def test_a_whole_anchor_untouched_equals_transformers_bit_for_bit(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders)
    for number in range(len(plan.anchors)):
        anchor = network.anchor(number)
        network.heads[number] = anchor.own_head()
        network.biases.create(number)
        expected = anchor.model(**images(4)).logits
        assert torch.equal(network(images(4), number), expected)


def test_biases_of_zero_change_no_bit(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders, method={"stitch_bias": {"sites": "all"}})
    for stitch in range(len(plan.stitches)):
        before = network(images(2), stitch)
        network.biases.create(stitch)
        assert torch.equal(network(images(2), stitch), before)


def test_nothing_of_a_route_outlives_its_call(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders, method={"stitch_bias": {"sites": "all"}})
    everything = list(range(len(plan.stitches)))
    perturb(network, everything)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    first = [network(images(2), stitch) for stitch in everything]
    second = [network(images(2), stitch) for stitch in reversed(everything)][::-1]
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("method", ["esta", "snnet"])
def test_activation_checkpointing_changes_no_bit_of_any_gradient(
    pico_folders: list[Path], method: str
) -> None:
    """Also when another stitch runs between forward and backward: the recomputation sees its own route."""
    gradients = []
    for checkpointing in (False, True):
        _, network = pico_network(
            pico_folders, method={"name": method}, training={"activation_checkpointing": checkpointing}
        )
        perturb(network, [2, 5])
        loss = network(images(3), 5).square().sum()
        network(images(3), 2)
        own = network.biases.parameter(5)
        parameters = network.route_parameters(5) + network.head_parameters(5) + ([] if own is None else [own])
        gradients.append(torch.autograd.grad(loss, parameters))
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def test_frozen_weights_have_no_gradient(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders)
    for stitch in range(len(plan.stitches)):
        network.biases.create(stitch)
        network(images(2), stitch).sum().backward()
    with_gradient = {name for name, p in network.named_parameters() if p.grad is not None}
    allowed = ("lora_a", "lora_b")
    assert with_gradient
    for name in with_gradient:
        assert name.endswith(allowed) or name.startswith(("heads.", "biases.parameters_by_stitch."))
    assert all(p.grad is None for p in network.parameters() if not p.requires_grad)


def test_only_the_routes_parameters_get_a_gradient(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders)
    perturb(network, [])
    stitch = len(plan.stitches) - 1
    network.biases.create(stitch)
    network(images(2), stitch).square().sum().backward()
    found = {id(p) for p in network.parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    listed = {
        id(p)
        for p in [
            *network.route_parameters(stitch),
            *network.head_parameters(stitch),
            network.biases.parameter(stitch),
        ]
    }
    assert found == listed


def test_networks_of_the_same_plan_are_the_same_bits(pico_folders: list[Path]) -> None:
    torch.manual_seed(1)
    _, first = pico_network(pico_folders)
    torch.manual_seed(2)
    _, second = pico_network(pico_folders)
    state = second.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in first.state_dict().items())

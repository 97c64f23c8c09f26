"""Blocks off the route wait elsewhere: which are on the device at each step, and that nothing else is read.

There is no accelerator where these tests run. A stand-in for one gives copies, and what waits is filled with
NaN, so that whatever read it would give no numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation.trainer import Trainer
from esta_engine.deployment.plain import plain_network
from esta_engine.errors import EngineError
from esta_engine.nn.generation import Sampling, generate
from esta_engine.nn.network import StitchedNetwork
from esta_engine.nn.parking import Parking, frozen_tensors
from esta_engine.nn.prefixes import PrefixTree
from pico import CODES, PicoData, images, make_pico_plan, perturb, pico_network
from pico_text import CountingData, save_text_anchors, text_network
from torch import Tensor


class Recording(Parking):
    """Lends copies, on the CPU, and counts; what waits has no numbers."""

    def __init__(self, network: StitchedNetwork) -> None:
        super().__init__(torch.device("cpu"))
        self.fetched, self.bytes, self.most = 0, 0, 0
        for tensor in frozen_tensors(anchor.blocks for anchor in network.anchors):
            self._places[id(tensor)] = (tensor, tensor.data)
            self._empty(tensor)

    @staticmethod
    def _empty(tensor: Tensor) -> None:
        missing = float("nan") if tensor.is_floating_point() else 0
        tensor.data = torch.full_like(tensor, missing)

    def _fetch(self, tensor: Tensor, place: Tensor) -> None:
        super()._fetch(tensor, place.clone())
        self.fetched += 1
        self.bytes += place.nbytes
        self.most = max(self.most, self.bytes)

    def _send(self, tensor: Tensor, place: Tensor) -> None:
        self._empty(tensor)
        self.bytes -= place.nbytes

    def present(self) -> set[int]:
        return set(self._present)


def park(network: StitchedNetwork) -> Recording:
    parking = Recording(network)
    network.parking = parking
    return parking


def route_tensors(network: StitchedNetwork, stitch: int) -> tuple[Tensor, ...]:
    route = network.stitches[stitch].route
    return frozen_tensors(network.anchor(part.anchor).blocks[part.start : part.end] for part in route)


def size(tensors: tuple[Tensor, ...]) -> int:
    return sum(tensor.nbytes for tensor in tensors)


_TUNED = {
    "anchors_first": {"share": 0.3, "refit": True},
    "distillation": {"teacher": "tuned"},
    "stitch_bias": {"shared": True},
}
_CO_TRAINED = {"distillation": {"teacher": "co-trained"}, "stitches_per_step": 2}
_MATCHED = {"initialisation": {"method": "feature-matching", "matching": {"steps": 4}}}
_LORA: dict[str, Any] = {"name": "lora", "stitches": [0, 3]}


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("method", [_TUNED, _CO_TRAINED, _MATCHED, _LORA], ids=str)
def test_a_run_is_the_same_to_the_bit_with_blocks_that_wait(
    pico_folders: list[Path], method: dict[str, Any], checkpointing: bool
) -> None:
    found = []
    for parks in (False, True):
        training = {"steps": 8, "activation_checkpointing": checkpointing}
        plan, network = pico_network(pico_folders, method=method, training=training)
        trainer = Trainer(plan, network, PicoData())
        if parks:
            park(network)
        trainer.initialise()
        losses = []
        while not trainer.done:
            losses.append(trainer.run_step().loss)
        tensors, _ = trainer.state()
        found.append((losses, trainer.final_scores(), tensors))
    assert found[0][:2] == found[1][:2]
    assert found[0][2].keys() == found[1][2].keys()
    assert all(torch.equal(found[0][2][name], found[1][2][name]) for name in found[0][2])


@pytest.mark.parametrize("frozen", ["fp32", *CODES])
def test_after_each_step_exactly_the_routes_blocks_are_there(pico_folders: list[Path], frozen: str) -> None:
    plan, network = pico_network(pico_folders, training={"steps": 12, "frozen_precision": frozen})
    trainer = Trainer(plan, network, PicoData())
    parking = park(network)
    every = [stitch.id for stitch in plan.stitches]
    largest = max(size(route_tensors(network, stitch)) for stitch in every)
    trainer.initialise()
    while not trainer.done:
        (stitch,) = trainer.run_step().stitches
        route = route_tensors(network, stitch)
        assert parking.present() == {id(tensor) for tensor in route}
        assert parking.bytes == size(route)
    # Before others come, those that are not needed leave.
    assert parking.most == largest < size(frozen_tensors(anchor.blocks for anchor in network.anchors))
    # The same route again moves nothing.
    before = parking.fetched
    trainer.network(images(2), stitch)
    assert parking.fetched == before


@torch.no_grad()
def test_evaluation_and_export_read_what_is_there_only(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders)
    every = [stitch.id for stitch in plan.stitches]
    perturb(network, every)
    expected = {stitch: network(images(2), stitch) for stitch in every}
    parking = park(network)
    seen = dict(PrefixTree(network, every).features(images(2)))
    for stitch in every:
        assert torch.equal(network.head_of(stitch)(seen[stitch]), expected[stitch])
        merged = plain_network(plan, network, stitch)(**images(2)).logits
        assert (merged - expected[stitch]).abs().max() < 1e-4
    assert parking.most == max(size(route_tensors(network, stitch)) for stitch in every)


@pytest.mark.parametrize("frozen", ["bf16", *CODES])
def test_a_decoder_learns_and_answers_the_same(tmp_path: Path, frozen: str) -> None:
    folders = save_text_anchors(tmp_path, "llama", tie_word_embeddings=True)
    found = []
    for parks in (False, True):
        plan, network = text_network(folders, training={"steps": 4, "frozen_precision": frozen})
        trainer = Trainer(plan, network, CountingData(decoder=True))
        if parks:
            park(network)
        trainer.initialise()
        losses = [trainer.run_step().loss for _ in range(4)]
        # Routes are switched as a conversation does.
        answers = [
            list(generate(network, stitch, [5, 6], Sampling(max_new_tokens=4))) for stitch in (1, 3, 0)
        ]
        found.append((losses, answers))
    assert found[0] == found[1]


def test_on_a_cpu_nothing_waits_and_what_was_lent_comes_back_as_it_was(pico_folders: list[Path]) -> None:
    _, network = pico_network(pico_folders, training={"off_route_blocks": "cpu"})
    assert network.parks and network.place_on(torch.device("cpu")).parking is None
    tensors = [*network.parameters(), *network.buffers()]
    places = [tensor.data_ptr() for tensor in tensors]
    parking = park(network)
    for stitch in (3, 0):
        network.bring(stitch)
    assert [tensor.data_ptr() for tensor in tensors] != places
    network.place_on(torch.device("cpu"))
    assert (network.parking, parking.present()) == (None, set())
    waited = {id(tensor) for tensor, _ in parking._places.values()}
    outside = [id(tensor) not in waited for tensor in tensors]
    assert any(outside) and not all(outside)
    for tensor, place, kept in zip(tensors, places, outside, strict=True):
        if kept:
            assert tensor.data_ptr() == place
    for tensor, place in parking._places.values():
        assert tensor.isnan().all() and not place.isnan().any()  # the stand-in's sign of what is away


def test_what_leaves_gets_back_the_very_tensor_that_it_was(pico_folders: list[Path]) -> None:
    """The real thing, between the CPU and the CPU."""
    _, network = pico_network(pico_folders)
    route = route_tensors(network, 3)
    before = [tensor.data_ptr() for tensor in route]
    parking = Parking(torch.device("cpu"))
    parking.lend(route)
    parking.lend(())
    assert [tensor.data_ptr() for tensor in route] == before


@pytest.mark.parametrize("name", ["snnet", "full"])
def test_weights_that_train_do_not_wait(pico_folders: list[Path], name: str) -> None:
    from pico import SNNET

    method: dict[str, Any] = dict(SNNET) if name == "snnet" else {"name": "full", "stitches": [0]}
    with pytest.raises(EngineError, match=r"off_route_blocks: got cpu, but \w+ tunes"):
        make_pico_plan(pico_folders, method=method, training={"off_route_blocks": "cpu"})

"""Stitching layers and heads after least squares, the former against lstsq on hand-collected activations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation.initialise import fit_heads
from esta_engine.adaptation.trainer import Trainer
from esta_engine.errors import EngineError
from pico import PicoBatch, PicoData, pico_network
from pico_text import save_text_anchors, text_network
from torch import Tensor

_FITTED = {"initialisation": {"heads": "least-squares", "head_samples": 200}}


def _entering(anchor: Any, block: int, batches: list[PicoBatch]) -> Tensor:
    """Tokens that enter block `block`, as rows, float64; by hooks on the transformers model itself."""
    rows: list[Tensor] = []
    if block < anchor.depth:
        hook = anchor.blocks[block].register_forward_pre_hook(lambda _, args: rows.append(args[0]))
    else:
        hook = anchor.blocks[block - 1].register_forward_hook(lambda _m, _a, out: rows.append(out))
    with torch.no_grad():
        for batch in batches:
            anchor.model(**batch.inputs)
    hook.remove()
    return torch.cat([row.reshape(-1, row.shape[-1]) for row in rows]).double()


def test_every_layer_is_the_mean_of_its_points_solutions(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders, method={"initialisation": {"ridge": 0}})
    data = PicoData()
    Trainer(plan, network, data).initialise()
    batches = data.initialisation_batches(40)
    for layer in plan.stitching_layers:
        solutions = []
        for j, k in layer.points:
            x = _entering(network.anchor(layer.front_anchor), j + 1, batches)
            y = _entering(network.anchor(layer.end_anchor), k, batches)
            x = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
            solutions.append(torch.linalg.lstsq(x, y).solution)
        mean = torch.stack(solutions).mean(dim=0).float()
        module: Any = network.stitching_layers[layer.id]
        torch.testing.assert_close(module.weight, mean[:-1].T, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(module.bias, mean[-1], rtol=1e-4, atol=1e-4)


def test_the_same_bits_twice_and_random_when_asked_for(pico_folders: list[Path]) -> None:
    weights = []
    for method in ("least-squares", "least-squares", "random"):
        plan, network = pico_network(pico_folders, method={"initialisation": {"method": method}})
        before = network.stitching_layers[0].weight.clone()
        Trainer(plan, network, PicoData()).initialise()
        weights.append(network.stitching_layers[0].weight.clone())
        assert torch.equal(before, weights[-1]) == (method == "random")
    assert torch.equal(weights[0], weights[1])


def test_one_training_image_is_enough_to_stay_finite(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders, method={"initialisation": {"samples": 1, "ridge": 0}})
    Trainer(plan, network, PicoData()).initialise()
    assert all(torch.isfinite(p).all() for p in network.parameters())


def test_no_training_images_is_an_error(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders)
    data = PicoData()
    data.initialisation_batches = lambda samples: []  # type: ignore[method-assign]
    with pytest.raises(EngineError, match="no training examples") as caught:
        Trainer(plan, network, data).initialise()
    assert caught.value.code == "data"


def test_numbers_that_are_not_finite_name_anchor_and_block(pico_folders: list[Path]) -> None:
    plan, network = pico_network(pico_folders)
    with torch.no_grad():
        network.anchor(1).blocks[0].mlp.fc2.weight[0, 0] = float("nan")
    with pytest.raises(EngineError, match="anchor pico-32 gives numbers that are not finite before block 1"):
        Trainer(plan, network, PicoData()).initialise()
    heads_plan = pico_network(pico_folders, method=_FITTED)[0]
    with pytest.raises(EngineError, match=r"anchor pico-32 gives .* not finite behind"):
        Trainer(heads_plan, network, PicoData()).initialise()


def _accuracy(network: Any, stitch: int, data: PicoData) -> float:
    batch = data.train_batch(7, 0)
    with torch.no_grad():
        guesses = network(batch.inputs, stitch).argmax(dim=1)
    return float((guesses == batch.labels).double().mean())


def test_a_fitted_head_classifies_before_the_first_step_and_serves_every_route_to_it(
    pico_folders: list[Path],
) -> None:
    data = PicoData(batch_size=64)
    plan, network = pico_network(pico_folders, method=_FITTED)
    Trainer(plan, network, data).initialise()
    assert min(_accuracy(network, anchor.id, data) for anchor in plan.anchors) > 0.9
    plain_plan, plain = pico_network(pico_folders)
    Trainer(plain_plan, plain, data).initialise()
    again = pico_network(pico_folders, method=_FITTED)[1]
    Trainer(plan, again, data).initialise()
    for name, tensor in network.named_parameters():
        assert torch.equal(tensor, again.get_parameter(name))
        assert torch.equal(tensor, plain.get_parameter(name)) != name.startswith("heads."), name


@pytest.mark.parametrize("method", ["lora", "full", "linear-probe"])
def test_each_stitch_tuned_alone_starts_from_its_last_anchors_head(
    pico_folders: list[Path], method: str
) -> None:
    plan, network = pico_network(pico_folders, method={"name": method, "stitches": [0, 3], **_FITTED})
    Trainer(plan, network, PicoData()).initialise()
    ends = plan.stitches[3].route[-1].anchor
    # Heads stand in the order of the anchors, then of the copies, the last of which ends the route.
    for own, fitted in [(network.head_of(0), network.heads[0]), (network.head_of(3), network.heads[ends])]:
        assert torch.equal(own.weight, fitted.weight) and torch.equal(own.bias, fitted.bias)
        assert own.bias.any()


def test_tuned_anchors_keep_their_heads_when_layers_are_fitted_anew(pico_folders: list[Path]) -> None:
    method = _FITTED | {"anchors_first": {"share": 0.5}}
    plan, network = pico_network(pico_folders, method=method, training={"steps": 4})
    trainer = Trainer(plan, network, PicoData())
    trainer.initialise()
    fitted = [head.weight.clone() for head in network.heads]
    for _ in range(4):
        trainer.run_step()
    for head, start in zip(network.heads, fitted, strict=True):
        assert not torch.equal(head.weight, start)
        assert (
            float((head.weight - start).detach().abs().max()) < 0.1
        )  # four steps of 0.01 at most from where it began


def test_too_few_examples_for_heads_are_an_error(pico_folders: list[Path]) -> None:
    method = {"initialisation": {"heads": "least-squares", "head_samples": 1}}
    plan, network = pico_network(pico_folders, method=method)
    with pytest.raises(EngineError, match="got 1 training examples to fit the heads on; two") as caught:
        Trainer(plan, network, PicoData()).initialise()
    assert caught.value.code == "data"


def test_models_that_keep_their_head_are_fitted_none_and_read_no_example(tmp_path: Path) -> None:
    _, network = text_network(save_text_anchors(tmp_path, "llama"))
    before = [parameter.clone() for head in network.heads for parameter in head.parameters()]

    def unread() -> Iterator[PicoBatch]:
        raise AssertionError("an example was read")
        yield

    fit_heads(network, range(len(network.heads)), unread(), torch.device("cpu"))
    after = [parameter for head in network.heads for parameter in head.parameters()]
    assert before and all(torch.equal(*pair) for pair in zip(before, after, strict=True))

"""Routes that begin alike are computed once, and to the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.nn.prefixes import PrefixTree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pico import images, perturb, pico_network, save_anchors

_SITES = ("none", "stitching-layer", "after-stitch", "all")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return save_anchors(tmp_path_factory.mktemp("three"), widths=(8, 16, 32), depth=4)


def network_of(folders: list[Path], sites: str, shared: bool) -> Any:
    """With biases of some stitches only: one that was never drawn has none."""
    plan, network = pico_network(folders, method={"stitch_bias": {"sites": sites, "shared": shared}})
    perturb(network, [stitch.id for stitch in plan.stitches if stitch.id % 3])
    return network.eval()


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("sites", _SITES)
@torch.no_grad()
def test_a_walk_gives_every_stitch_what_it_gives_alone_to_the_bit(
    three: list[Path], sites: str, shared: bool
) -> None:
    network, inputs = network_of(three, sites, shared), images(3)
    every = list(range(len(network.stitches)))
    seen = dict(PrefixTree(network, every).features(inputs))
    assert sorted(seen) == every
    for stitch, features in seen.items():
        assert torch.equal(features, network.features(inputs, stitch)), stitch


@given(st.lists(st.integers(0, 22), min_size=1, unique=True), st.sampled_from(_SITES))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@torch.no_grad()
def test_whichever_stitches_are_asked_for(three: list[Path], stitches: list[int], sites: str) -> None:
    network, inputs = network_of(three, sites, False), images(2)
    chosen = [stitch for stitch in stitches if stitch < len(network.stitches)]
    tree = PrefixTree(network, chosen)
    seen = list(tree.features(inputs))
    assert sorted(stitch for stitch, _ in seen) == sorted(chosen)
    assert all(torch.equal(features, network.features(inputs, s)) for s, features in seen)


@torch.no_grad()
def test_what_is_common_runs_once(three: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks that run: with biases after the stitch, each front once, and each stitch's own blocks behind."""
    network = network_of(three, "after-stitch", False)
    for stitch in network.stitches:
        network.biases.create(stitch.id)
    runs: list[tuple[int, int]] = []
    for number in range(3):
        anchor = network.anchor(number)

        def counted(index: int, *rest: Any, run: Any = anchor.run_block, number: int = number) -> Any:
            runs.append((number, index))
            return run(index, *rest)

        monkeypatch.setattr(anchor, "run_block", counted)
    list(PrefixTree(network, range(len(network.stitches))).features(images(1)))
    fronts = {(s.route[0].anchor, i) for s in network.stitches[3:] for i in range(s.route[0].end)}
    own = sum(part.end - part.start for s in network.stitches[3:] for part in s.route[1:])
    whole = sum(network.stitches[number].route[0].end for number in range(3))
    assert len(runs) == len(fronts) + own + whole


@torch.no_grad()
def test_a_stitch_may_be_asked_for_again(three: list[Path]) -> None:
    network = network_of(three, "none", False)
    assert [s for s, _ in PrefixTree(network, [4, 4]).features(images(1))] == [4, 4]

"""Evaluating all stitches of a space in one walk over the tree of routes, over the sum of single ones.

    PYTHONPATH=python:tests/python .venv/bin/python tests/bench/shared_prefixes.py --examples 256

Prints, for each space and where stitches have biases of their own, the ratio of processor seconds, and that
of the blocks' MACs, which is what it tends to for networks large enough that little else counts. Both must
give the same numbers to the bit. Each family: small anchors first; random weights, no file is read in the
timed part. Routes from large to small share large fronts, those from small to large small ones.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from esta_engine.adaptation.methods import make_network
from esta_engine.evaluation.evaluate import evaluate_together
from esta_engine.nn.network import StitchedNetwork
from esta_engine.plan import make_plan
from pico import PicoBatch, perturb, raw_pico_plan
from random_vits import TINY_VIT, Shape, make_vits

FAMILIES = {"tiny-vit": TINY_VIT, "two widths": Shape((96, 128), 6, 56, 7, 32)}
SITES = ("none", "stitching-layer", "after-stitch", "all")


class Split:
    """Random images in batches of 32."""

    def __init__(self, examples: int, side: int) -> None:
        rng = torch.Generator().manual_seed(0)
        self.batches: list[Any] = [
            PicoBatch(
                {"pixel_values": torch.randn(32, 3, side, side, generator=rng)},
                torch.randint(10, (32,), generator=rng),
            )
            for _ in range(examples // 32)
        ]

    def evaluation_batches(self, split: str) -> list[Any]:
        return self.batches


def build(family: str, space: str, sites: str) -> StitchedNetwork:
    with tempfile.TemporaryDirectory() as folder:
        anchors, folders = make_vits(FAMILIES[family], Path(folder))
        raw = raw_pico_plan(folders, {"stitch_bias": {"sites": sites}}, None, 10, None, 3)
    if space == "two-way":
        two_way(raw, FAMILIES[family].depth)
    plan = make_plan(raw)
    network = make_network(plan, anchors)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(0.2)
    perturb(network, list(range(len(plan.stitches))))
    return network.eval()


def two_way(raw: dict[str, Any], depth: int) -> None:
    """In place of a plan's paired routes SN-Netv2's SL, LS, LSL and SLS between its last two anchors."""
    small, large = raw["anchors"][-2:]
    layers, routes = [], []
    for front, end in ((small, large), (large, small)):
        points = [[i, i + 1] for i in range(depth - 1)]
        layers.append({
            "id": len(layers), "front_anchor": front["id"], "end_anchor": end["id"],
            "in_width": front["width"], "out_width": end["width"], "points": points,
        })  # fmt: skip
    ends = (small["id"], large["id"])
    for direction in (0, 1):
        a, b = ends[direction], ends[1 - direction]
        for i in range(1, depth):
            routes.append(([(a, 0, i), (b, i, depth)], [direction]))
            for j in range(i + 1, depth):
                routes.append(([(a, 0, i), (b, i, j), (a, j, depth)], [direction, 1 - direction]))
    whole = [stitch for stitch in raw["stitches"] if not stitch["stitching_layers"]]
    raw["stitching_layers"] = layers
    raw["stitches"] = whole + [
        {
            **whole[0], "id": len(whole) + number, "name": f"route-{number}", "stitching_layers": used,
            "route": [dict(zip(("anchor", "start", "end"), part, strict=True)) for part in route],
        }
        for number, (route, used) in enumerate(routes)
    ]  # fmt: skip
    raw["totals"] |= {"stitches": len(raw["stitches"]), "stitching_layers": 2}
    for interval in raw["intervals"]:
        interval["stitches"] = sum(s["interval"] == interval["id"] for s in raw["stitches"])


def block_macs(network: StitchedNetwork, together: bool) -> float:
    """Of all stitches, in units of N; common operations once if `together`."""
    from esta_engine.nn.prefixes import PrefixTree

    def cost(number: int) -> float:
        anchor = network.anchor(number)
        return anchor.width * (12 * anchor.width + 2 * anchor.tokens)

    if not together:
        return sum(cost(p.anchor) * (p.end - p.start) for s in network.stitches for p in s.route)
    total, waiting = 0.0, list(PrefixTree(network, range(len(network.stitches))).roots.values())
    while waiting:
        node = waiting.pop()
        total += cost(node.operation.number) if node.operation.kind == "block" else 0
        waiting += node.children.values()
    return total


def main() -> None:
    arguments: Any = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    arguments.add_argument("--examples", type=int, default=256)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    device = torch.device("cpu")
    for family in FAMILIES:
        for space in ("paired", "two-way"):
            for sites in SITES:
                network: Any = build(family, space, sites)
                data: Any = Split(options.examples, FAMILIES[family].image)
                every = list(range(len(network.stitches)))
                begin = time.process_time()
                single = {s: evaluate_together(network, [s], data, "test", device)[s] for s in every}
                middle = time.process_time()
                together = evaluate_together(network, every, data, "test", device)
                end = time.process_time()
                assert single == together
                ratio = (end - middle) / (middle - begin)
                macs = block_macs(network, True) / block_macs(network, False)
                print(
                    f"{family:10} {space:8} {len(every):3} stitches, biases {sites:15} "
                    f"time {ratio:.2f}, MACs {macs:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()

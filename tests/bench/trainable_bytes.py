"""Bytes that training holds beside the frozen weights: ESTA's over SN-Net's full tuning.

    PYTHONPATH=python:tests/python .venv/bin/python tests/bench/trainable_bytes.py

Trainable parameters, their gradients and AdamW's two moments, 4 bytes each, of networks that are really built
(on random weights, no data). Stitches are those of paired stitching, kernel 2, stride 1, between neighbouring
sizes, all of which count, although a stitch has no biases before it is first drawn. A step's gradients are
those of one stitch only; the table counts them for all, as full tuning does. What each part holds is listed,
for the biases grow with the number of stitches and nothing else does.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from esta_engine.adaptation.methods import make_network
from esta_engine.nn.network import StitchedNetwork
from pico import make_pico_plan
from random_vits import TINY_VIT, Shape, make_vits

#: name -> (shape, classes)
FAMILIES = {
    "tiny-vit": (TINY_VIT, 10),
    "DeiT Ti/S/B": (Shape((192, 384, 768), 12, 224, 16, 64), 100),
}
#: Parameter, gradient, and AdamW's first and second moment, float32.
BYTES = 4 * 4


def build(family: str, method: dict[str, Any]) -> StitchedNetwork:
    """The network of one method, with the biases of every stitch."""
    shape, classes = FAMILIES[family]
    with tempfile.TemporaryDirectory() as folder:
        anchors, folders = make_vits(shape, Path(folder))
        plan = make_pico_plan(folders, method=method, classes=classes)
    network = make_network(plan, anchors)
    for stitch in range(len(plan.stitches)):
        network.biases.create(stitch)
    return network


def parts(network: StitchedNetwork) -> dict[str, int]:
    """Numbers of trainable parameters."""
    counts = dict.fromkeys(("anchors or LoRA", "stitching layers", "stitches' biases", "heads"), 0)
    prefixes = {
        "anchors.": "anchors or LoRA", "stitching_layers.": "stitching layers",
        "biases.": "stitches' biases", "heads.": "heads",
    }  # fmt: skip
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            counts[next(part for prefix, part in prefixes.items() if name.startswith(prefix))] += (
                parameter.numel()
            )
    return counts


def main() -> None:
    torch.set_num_threads(1)
    for family in FAMILIES:
        reference = parts(build(family, {"name": "snnet"}))
        full = sum(reference.values())
        print(f"\n{family}: trainable bytes (parameters, gradients, AdamW) and their ratio to SN-Net's")
        print(f"  {'SN-Net':28} {BYTES * full / 1e6:10.2f} MB  1.000")
        for sites in ("after-stitch", "all", "stitching-layer", "none"):
            network = build(family, {"name": "esta", "stitch_bias": {"sites": sites}})
            counts = parts(network)
            total = sum(counts.values())
            size = f"{BYTES * total / 1e6:10.2f} MB  {total / full:.3f}"
            print(f"  {'ESTA, biases ' + sites:28} {size}   {counts}")


if __name__ == "__main__":
    main()

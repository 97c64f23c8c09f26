"""What an ESTA step costs over a bare PyTorch step of the same route and the same trainable tensors.

    PYTHONPATH=python:tests/python .venv/bin/python tests/bench/step_cost.py [--pairs 60] [--only tiny-vit]

The bare step has no routing, no scores, no estakit in its loop: plain modules in a list, with LoRA and biases
as parameters of their own that are trained in place, the same loss, clipping and AdamW. Both steps alternate,
so that the machine's moods hit both alike; printed is the median over pairs of the ratio, with its quartiles.
The second table shows how the step's cost grows with the number of stitches in the plan.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from esta_engine.adaptation.methods import make_network
from esta_engine.adaptation.trainer import Trainer
from esta_engine.plan import Plan, Stitch
from esta_engine.seeding import generator
from pico import PicoBatch, make_pico_plan
from random_vits import TINY_VIT, Shape, make_vits
from torch import Tensor, nn
from torch.nn import functional as F

#: (shape, examples a batch): tiny-vit, and ViT-S beside a narrower ViT.
SHAPES = {"tiny-vit": (TINY_VIT, 32), "vit-s": (Shape((192, 384), 12, 224, 16, 64), 4)}
BOUNDS = {"tiny-vit": 1.05, "vit-s": 1.03}


class Batches:
    """One batch, over and over: data loading is not measured."""

    train_size = 1000

    def __init__(self, batch: int, image: int, classes: int) -> None:
        rng = generator(0, "bench")
        pixels = torch.randn(batch, 3, image, image, generator=rng)
        self.batch = PicoBatch({"pixel_values": pixels}, torch.randint(classes, (batch,), generator=rng))

    def train_batch(self, step: int, part: int) -> PicoBatch:
        return self.batch

    def initialisation_batches(self, samples: int) -> list[PicoBatch]:
        return [self.batch]


def make_trainer(name: str, stitches: int | None = None, method: dict[str, Any] | None = None) -> Trainer:
    """A trainer over random weights; `stitches` repeats the plan's routes until there are that many."""
    shape, batch = SHAPES[name]
    with tempfile.TemporaryDirectory() as folder:
        anchors, folders = make_vits(shape, Path(folder))
        for anchor in anchors:
            for parameter in anchor.parameters():
                parameter.mul_(0.2)
        method = {"sampling": {"warmup_draws": 0}} | (method or {})
        plan = make_pico_plan(folders, method=method, training={"steps": 10**6}, classes=10, intervals=5)
    if stitches is not None:
        plan = dataclasses.replace(plan, stitches=_repeated(plan, stitches))
    trainer = Trainer(plan, make_network(plan, anchors), Batches(batch, shape.image, 10))
    trainer.initialise()
    return trainer


def _repeated(plan: Plan, count: int) -> tuple[Stitch, ...]:
    stitches = plan.stitches
    more = [dataclasses.replace(stitches[i % len(stitches)], id=i) for i in range(len(stitches), count)]
    return (*stitches, *more)


class Bare(nn.Module):
    """One route as plain modules, its biases ordinary parameters; LoRA by the same module as the engine's."""

    def __init__(self, trainer: Trainer, stitch: int) -> None:
        super().__init__()
        network = trainer.network
        definition = network.stitches[stitch]
        self.embeddings = copy.deepcopy(network.anchor(definition.route[0].anchor).model.vit.embeddings)
        steps: list[nn.Module] = []
        for position, part in enumerate(definition.route):
            if position > 0:
                layer = copy.deepcopy(network.stitching_layers[definition.stitching_layers[position - 1]])
                layer.bias.requires_grad_(True)
                steps.append(layer)
            for index in range(part.start, part.end):
                block = copy.deepcopy(network.anchor(part.anchor).blocks[index])
                if position > 0 or definition.is_anchor:
                    for name, parameter in block.named_parameters():
                        parameter.requires_grad_(parameter.requires_grad or _is_linear_bias(name))
                steps.append(block)
        self.steps = nn.ModuleList(steps)
        self.norm = copy.deepcopy(network.anchor(definition.route[-1].anchor).model.vit.layernorm)
        self.head = copy.deepcopy(network.head_of(stitch))

    def forward(self, pixels: Tensor) -> Tensor:
        hidden = self.embeddings(pixels)
        for step in self.steps:
            hidden = step(hidden)
        logits: Tensor = self.head(self.norm(hidden)[:, 0])
        return logits


def _is_linear_bias(name: str) -> bool:
    return name.endswith("bias") and "norm" not in name


def bare_step(trainer: Trainer, stitch: int) -> Callable[[], None]:
    """A function that runs one bare training step, once it was found to compute the same."""
    model = Bare(trainer, stitch)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, fused=True)
    batch = trainer.data.train_batch(0, 0)
    pixels, labels = batch.inputs["pixel_values"], batch.labels

    def run() -> None:
        loss = F.cross_entropy(model(pixels), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    own = trainer.network.biases.create(stitch)
    ours = sum(
        p.numel() for p in trainer.network.route_parameters(stitch) + trainer.network.head_parameters(stitch)
    )
    assert own is not None and ours + own.numel() == sum(p.numel() for p in parameters)
    expected = trainer.network({"pixel_values": pixels}, stitch)
    torch.testing.assert_close(model(pixels), expected, rtol=1e-4, atol=1e-4)
    return run


def esta_step(trainer: Trainer, stitch: int) -> Callable[[], None]:
    """The engine's whole step, draw and score included, with the drawn stitch replaced by `stitch`."""
    draw = trainer.sampler.draw

    def run() -> None:
        trainer.run_step()

    def fixed(step: int, averages: Tensor) -> list[int]:
        draw(step, averages)
        return [stitch]

    trainer.sampler = SimpleNamespace(draw=fixed)  # type: ignore[assignment]
    return run


def paired(first: Callable[[], None], second: Callable[[], None], pairs: int) -> list[tuple[float, float]]:
    """Processor seconds of both, alternating, in random order within a pair."""
    order = random.Random(0)
    times = []
    for number in range(pairs + 5):
        taken: dict[int, float] = {}
        for which in order.sample((0, 1), 2):
            begin = time.process_time()
            (first, second)[which]()
            taken[which] = time.process_time() - begin
        if number >= 5:
            times.append((taken[0], taken[1]))
    return times


def compare(shape: str, pairs: int) -> None:
    trainer = make_trainer(shape)
    count = len(trainer.plan.stitches)
    chosen = {
        "largest anchor": len(trainer.plan.anchors) - 1,
        "two segments": count - SHAPES[shape][0].depth,
    }
    draw = trainer.sampler
    for name, stitch in chosen.items():
        trainer.sampler = draw
        times = paired(esta_step(trainer, stitch), bare_step(trainer, stitch), pairs)
        ratios = sorted(a / b for a, b in times)
        low, middle, high = (ratios[int(q * (len(ratios) - 1))] for q in (0.25, 0.5, 0.75))
        of_medians = statistics.median(a for a, _ in times) / statistics.median(b for _, b in times)
        milliseconds = 1e3 * statistics.median(b for _, b in times)
        print(
            f"{shape:9} {name:15} ESTA / bare step: median {middle:.3f} (quartiles {low:.3f} {high:.3f}), "
            f"of medians {of_medians:.3f}, bare {milliseconds:.1f} ms, bound {BOUNDS[shape]}"
        )


def growth(pairs: int) -> None:
    base = make_trainer("tiny-vit")
    first = esta_step(base, 1)
    for stitches in (1_000, 10_000):
        larger = make_trainer("tiny-vit", stitches)
        times = paired(esta_step(larger, 1), first, pairs)
        ratio = statistics.median(a / b for a, b in times)
        print(f"tiny-vit  {stitches} stitches over {len(base.plan.stitches)}: step cost x {ratio:.3f}")


def main() -> None:
    arguments: Any = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    arguments.add_argument("--pairs", type=int, default=60)
    arguments.add_argument("--only", choices=["tiny-vit", "vit-s", "growth"])
    options = arguments.parse_args()
    torch.set_num_threads(1)
    for shape in SHAPES:
        if options.only in (None, shape):
            compare(shape, options.pairs)
    if options.only in (None, "growth"):
        growth(options.pairs)


if __name__ == "__main__":
    main()

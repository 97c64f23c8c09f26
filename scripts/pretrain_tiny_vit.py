"""Pre-train `tiny-vit`: ViTs 16, 24 and 96 wide, on Fashion-MNIST and rendered letters.

    python scripts/pretrain_tiny_vit.py      # train the three anchors into models/tiny-vit
    python scripts/measure_tiny_vit.py       # measure them -> models/tiny-vit/metrics.json

Stitching needs anchors that agree in everything but width (28x28 pixels, patch 7, 17 tokens, 6 blocks,
heads of 8 channels) and of which the larger is really better, or there is no frontier to show. Hence one
recipe for the three but for the peak learning rate, and a source hard enough for size to pay. No
distillation: it would close the gap.

Same script, same machine, same library versions: same bytes. One thread, because the number of threads
changes the order of sums. Images: `pretrain_tiny_vit_data.py`, which lists the Debian packages needed.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pretrain_tiny_vit_data as data
import torch
from pretraining import make_parser, run, save
from torch import Tensor, nn
from torch.nn import functional
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

WIDTHS = {"tiny-vit-s": 16, "tiny-vit-m": 24, "tiny-vit-l": 96}
# Peaks by anchor: what serves the narrow ones makes a wide one worse over six epochs (see the card).
LEARNING_RATES = {"tiny-vit-s": 8e-3, "tiny-vit-m": 6.5e-3, "tiny-vit-l": 1.5e-3}
DEPTH, PATCH, HEAD_DIM = 6, 7, 8
WARMUP_SHARE = 0.05
LOG_EVERY = 200


@dataclass(frozen=True)
class Recipe:
    """Pre-training, the same for every anchor but for the peak learning rate."""

    epochs: int = 6
    train_garments: int = 60_000
    train_letters: int = 60_000
    test_garments: int = 10_000
    test_letters: int = 10_000
    batch_size: int = 128
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    max_shift: int = 2
    grad_clip: float = 1.0
    init_std_at_64: float = 0.1


QUICK = Recipe(epochs=1, train_garments=3000, train_letters=3000)
# As many steps without letters, to measure what the letters bring.
NO_LETTERS = Recipe(epochs=2 * Recipe.epochs, train_letters=0)


def make_model(width: int, recipe: Recipe) -> ViTForImageClassification:
    names = dict(enumerate(data.LABELS))
    config = ViTConfig(
        hidden_size=width,
        num_hidden_layers=DEPTH,
        num_attention_heads=width // HEAD_DIM,
        intermediate_size=4 * width,
        image_size=data.SIZE,
        patch_size=PATCH,
        initializer_range=recipe.init_std_at_64 * (64 / width) ** 0.5,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label=names,
        label2id={name: i for i, name in names.items()},
    )
    return ViTForImageClassification(config)


def make_processor() -> ViTImageProcessor:
    return ViTImageProcessor(
        do_convert_rgb=True,
        size={"height": data.SIZE, "width": data.SIZE},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )


def batches(count: int, recipe: Recipe, rng: torch.Generator) -> Iterator[Tensor]:
    """Index batches, reshuffled every epoch; the last, incomplete one is dropped."""
    for _ in range(recipe.epochs):
        order = torch.randperm(count, generator=rng)
        yield from order[: count - count % recipe.batch_size].split(recipe.batch_size)


def make_schedule(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    """Linear warm-up, then half a cosine to zero."""
    warmup = max(1, round(WARMUP_SHARE * steps))

    def share(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, share)


def make_optimizer(model: nn.Module, lr: float, weight_decay: float) -> torch.optim.AdamW:
    """No decay on biases, norms and the embeddings (patches, positions, class token)."""
    decayed = [p for n, p in model.named_parameters() if p.ndim >= 2 and "embeddings." not in n]
    others = [p for n, p in model.named_parameters() if p.ndim < 2 or "embeddings." in n]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, fused=True)


def pretrain(
    name: str, images: Tensor, labels: Tensor, recipe: Recipe, seed: int
) -> ViTForImageClassification:
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    model = make_model(WIDTHS[name], recipe).train()
    optimizer = make_optimizer(model, LEARNING_RATES[name], recipe.weight_decay)
    steps = recipe.epochs * (len(images) // recipe.batch_size)
    schedule = make_schedule(optimizer, steps)
    start = time.perf_counter()
    losses: list[float] = []
    for step, index in enumerate(batches(len(images), recipe, rng), 1):
        x, y = images[index], labels[index]
        logits = model(pixel_values=data.to_pixels(data.augment(x, y, recipe.max_shift, rng))).logits
        loss = functional.cross_entropy(logits, y, label_smoothing=recipe.label_smoothing)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.grad_clip)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % LOG_EVERY == 0 or step == steps:
            seconds, recent = time.perf_counter() - start, losses[-LOG_EVERY:]
            print(f"{name} step {step}/{steps} loss {np.mean(recent):.4f} {seconds:.0f} s", flush=True)
    return model


def train(args: argparse.Namespace, recipe: Recipe) -> None:
    arrays = data.source_set(args.data, True, args.seed, recipe.train_garments, recipe.train_letters)
    images, labels = data.to_tensors(arrays)
    for name in args.anchor:
        save(args.out / name, pretrain(name, images, labels, recipe, args.seed), make_processor())


def parse_args() -> argparse.Namespace:
    parser = make_parser("tiny-vit", WIDTHS, "one epoch on 6,000 images")
    parser.add_argument(
        "--data", type=Path, default=data.DATA_DIR, help="folder of Fashion-MNIST's IDX files"
    )
    parser.add_argument(
        "--no-letters", action="store_true", help="train on Fashion-MNIST alone, as many steps"
    )
    parser.add_argument("--epochs", type=int, help="instead of the recipe's number")
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    recipe = QUICK if args.quick else NO_LETTERS if args.no_letters else Recipe()
    if args.epochs is not None:
        recipe = replace(recipe, epochs=args.epochs)
    return run(lambda: train(args, recipe), data.MissingDataError)


if __name__ == "__main__":
    sys.exit(main())

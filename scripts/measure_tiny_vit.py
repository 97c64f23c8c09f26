"""Measure the anchors of `tiny-vit`: on their source's test set, and LoRA-tuned on few digits.

    python scripts/measure_tiny_vit.py      # what is in models/tiny-vit -> models/tiny-vit/metrics.json

Digits are scikit-learn's, which pre-training never sees: 10 labels a class, five draws of the labels.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pretrain_tiny_vit_data as data
import torch
from pretrain_tiny_vit import DEPTH, LEARNING_RATES, WIDTHS, Recipe, make_schedule
from torch import Tensor, nn
from torch.nn import functional
from transformers import ViTForImageClassification
from transformers.utils import logging

EVAL_BATCH = 500


@dataclass(frozen=True)
class LoraRecipe:
    """Transfer to digits: LoRA on the attention projections and a new head, all else frozen."""

    labels_a_class: int = 10
    seeds: int = 5
    steps: int = 300
    batch_size: int = 32
    lora_rank: int = 4
    lora_alpha: float = 8.0
    lora_lr: float = 5e-3
    head_lr: float = 1e-2


@torch.inference_mode()
def predict(model: nn.Module, images: Tensor) -> Tensor:
    model.eval()
    return torch.cat(
        [model(pixel_values=data.to_pixels(x)).logits.argmax(-1) for x in images.split(EVAL_BATCH)]
    )


def accuracy(predicted: Tensor, labels: Tensor) -> float:
    """In per cent."""
    return round(100 * (predicted == labels).float().mean().item(), 2)


class LoraLinear(nn.Module):
    """`y = W x + alpha / r * B A x`, W frozen, B zero at first (https://arxiv.org/abs/2106.09685, eq. 3)."""

    def __init__(self, base: nn.Linear, lora_rank: int, lora_alpha: float) -> None:
        super().__init__()
        self.base, self.scale = base, lora_alpha / lora_rank
        self.a = nn.Parameter(torch.randn(lora_rank, base.in_features) / base.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, lora_rank))

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.scale * functional.linear(functional.linear(x, self.a), self.b)


def load_anchor(folder: Path) -> ViTForImageClassification:
    return ViTForImageClassification.from_pretrained(folder, dtype=torch.float32)


def add_lora(model: ViTForImageClassification, recipe: LoraRecipe, classes: int) -> torch.optim.AdamW:
    """Freeze, wrap the q, k, v and o projections, replace the head; returns the optimizer of what is left."""
    model.requires_grad_(False)
    model.classifier = nn.Linear(model.config.hidden_size, classes)
    lora: list[nn.Parameter] = []
    for path, module in list(model.named_modules()):
        if "attention" in path and isinstance(module, nn.Linear):
            wrapped = LoraLinear(module, recipe.lora_rank, recipe.lora_alpha)
            model.set_submodule(path, wrapped)
            lora += [wrapped.a, wrapped.b]
    if len(lora) != 2 * 4 * DEPTH:
        raise RuntimeError(
            f"wrapped {len(lora) // 2} projections, expected {4 * DEPTH}: did the layout change?"
        )
    head = list(model.classifier.parameters())
    return torch.optim.AdamW(
        [{"params": lora, "lr": recipe.lora_lr}, {"params": head, "lr": recipe.head_lr}], weight_decay=0.0
    )


def tune_on_digits(folder: Path, images: Tensor, labels: Tensor, recipe: LoraRecipe, seed: int) -> float:
    """Accuracy on all digits but the few labelled; the seed draws these, their order and the LoRA start."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(images), generator=rng)
    classes = int(labels.max()) + 1
    few = torch.cat([order[labels[order] == c][: recipe.labels_a_class] for c in range(classes)])
    rest = torch.tensor(sorted(set(range(len(images))) - set(few.tolist())))
    model = load_anchor(folder)
    optimizer = add_lora(model, recipe, classes)
    schedule = make_schedule(optimizer, recipe.steps)
    model.train()
    for _ in range(recipe.steps):
        index = few[torch.randperm(len(few), generator=rng)[: recipe.batch_size]]
        loss = functional.cross_entropy(
            model(pixel_values=data.to_pixels(images[index])).logits, labels[index]
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    return accuracy(predict(model, images[rest]), labels[rest])


def measure(folder: Path, source: tuple[Tensor, Tensor], digits: tuple[Tensor, Tensor]) -> dict[str, Any]:
    images, labels = source
    predicted = predict(load_anchor(folder), images)
    garment = labels < len(data.GARMENTS)
    transfer = LoraRecipe()
    lora = [tune_on_digits(folder, *digits, transfer, seed) for seed in range(transfer.seeds)]
    weights = (folder / "model.safetensors").read_bytes()
    return {
        "source_accuracy": accuracy(predicted, labels),
        "fashion_mnist_accuracy": accuracy(predicted[garment], labels[garment]),
        "letters_accuracy": accuracy(predicted[~garment], labels[~garment]),
        "digits_lora_accuracy_mean": round(float(np.mean(lora)), 2),
        "digits_lora_accuracy_std": round(float(np.std(lora, ddof=1)), 2),
        "digits_lora_accuracy": lora,
        "weights_bytes": len(weights),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }


def evaluate(args: argparse.Namespace, recipe: Recipe) -> None:
    arrays = data.source_set(args.data, False, args.seed, recipe.test_garments, recipe.test_letters)
    source, digits = data.to_tensors(arrays), data.to_tensors(data.read_digits())
    anchors = {}
    for name in WIDTHS:
        anchors[name] = measure(args.out / name, source, digits)
        print(name, json.dumps(anchors[name]), flush=True)
    report = {
        "recipe": asdict(recipe),
        "learning_rates": LEARNING_RATES,
        "lora_recipe": asdict(LoraRecipe()),
        "anchors": anchors,
    }
    (args.out / "metrics.json").write_text(json.dumps(report, indent=2) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the tiny-vit anchors.")
    parser.add_argument(
        "--data", type=Path, default=data.DATA_DIR, help="folder of Fashion-MNIST's IDX files"
    )
    parser.add_argument("--out", type=Path, default=Path("models/tiny-vit"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    logging.set_verbosity_error()  # no word about torchvision, which is not needed
    logging.disable_progress_bar()
    try:
        evaluate(args, Recipe())
    except data.MissingDataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Where one product with a merged weight takes less time than LoRA's two beside it (`nn/lora.py`).

    PYTHONPATH=python .venv/bin/python tests/bench/lora.py [--rank 8]

For each shape the three forms by turns on one thread, median of 40: y = x W^T + x A^T B^T as it is usually
written, the same with the sum inside the last product, and x (W + B A)^T. Times are ratios to the first.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from esta_engine.nn.lora import merging_pays
from torch import Tensor
from torch.nn import functional as F

#: (rows, in, out): tiny-vit, ViT-Ti, MiniLM and ViT-S; batches of 32 and one example.
SHAPES = [
    *[(1600, 16, 64), (1600, 96, 96), (1600, 96, 384), (1600, 384, 96)],
    *[(1600, 192, 192), (1600, 192, 768), (1600, 768, 192)],
    *[(1024, 384, 384), (1024, 384, 1536), (1024, 1536, 384), (1, 384, 384)],
]

Form = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


def usual(x: Tensor, weight: Tensor, bias: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return F.linear(x, weight, bias) + F.linear(F.linear(x, a) * 2.0, b)


def beside(x: Tensor, weight: Tensor, bias: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.addmm(F.linear(x, weight, bias), F.linear(x, a * 2.0), b.T)


def merged(x: Tensor, weight: Tensor, bias: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return F.linear(x, torch.addmm(weight, b, a, alpha=2.0), bias)


def measure(rows: int, in_features: int, out_features: int, rank: int, training: bool) -> list[float]:
    """Median seconds of each form, forward, and backward too where `training`."""
    rng = torch.Generator().manual_seed(0)

    def made(*shape: int, trains: bool = True) -> Tensor:
        return torch.randn(*shape, generator=rng).requires_grad_(trains)

    x, weight = made(rows, in_features), made(out_features, in_features, trains=False)
    bias, a, b = made(out_features), made(rank, in_features), made(out_features, rank)
    upstream = made(rows, out_features, trains=False)
    forms: list[Form] = [usual, beside, merged]
    times: list[list[float]] = [[] for _ in forms]
    for _ in range(40):
        for form, taken in zip(forms, times, strict=True):
            start = time.perf_counter()
            with torch.set_grad_enabled(training):
                out = form(x, weight, bias, a, b)
            if training:
                torch.autograd.grad(out, [x, bias, a, b], upstream)
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken[5:]) for taken in times]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rank", type=int, default=8)
    rank: int = parser.parse_args().rank
    torch.set_num_threads(1)
    print(f"{'rows, in, out':>18}  {'':9} beside  merged  chosen")
    for shape in SHAPES:
        for training in (True, False):
            usual_s, beside_s, merged_s = measure(*shape, rank, training)
            rows, in_features, out_features = shape
            pays = merging_pays(rows, out_features, in_features, rank, training)
            what = "training" if training else "inference"
            ratios = f"{beside_s / usual_s:6.2f}  {merged_s / usual_s:6.2f}"
            print(f"{shape!s:>18}  {what:9} {ratios}  {'merged' if pays else 'beside'}")


if __name__ == "__main__":
    main()

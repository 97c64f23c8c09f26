"""What the scripts share that pre-train an embedded family: command line, torch's set-up, writing a model."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging


def make_parser(family: str, anchors: Iterable[str], quick: str) -> argparse.ArgumentParser:
    """`--out --anchor --quick --seed`. `quick`: what the quick recipe is."""
    names = list(anchors)
    parser = argparse.ArgumentParser(description=f"Pre-train the {family} anchors.")
    parser.add_argument("--out", type=Path, default=Path("models", family))
    parser.add_argument("--anchor", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--quick", action="store_true", help=f"{quick}, to check the machinery")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def run(train: Callable[[], None], expected: type[Exception]) -> int:
    """Train on one thread, whose number changes the order of sums; the exit code, 1 after an `expected`
    error.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    logging.set_verbosity_error()  # no word about torchvision, which is not needed
    logging.disable_progress_bar()
    try:
        train()
    except expected as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def save(folder: Path, model: Any, *others: Any) -> None:
    """Write the model in half precision, and what goes with it, to a neighbouring folder, then move file by
    file: a reader never sees half a file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".saving-") as temporary:
        for part in (model.half(), *others):
            part.save_pretrained(temporary)
        for path in Path(temporary).iterdir():
            path.chmod(0o644)  # weights are written for the owner alone
            os.replace(path, folder / path.name)

"""Data of the suite's image tasks out of Fashion-MNIST (Debian package `dataset-fashion-mnist`): Parquet.

    python scripts/suite_images.py --out DIR    # DIR/{plain,rotated,occluded}/{train,validation,test}.parquet

Only the 10,000 *test* images are used, for the embedded anchors (models/tiny-vit) were pre-trained on all
60,000 training images. They know the classes, but none of these images. 6,000 of them are a pool that a run
draws its few training images from, 1,000 validation, 3,000 test; the same images in all three variants:

- plain: as they are.
- rotated: each by an angle drawn uniformly from -60 to 60 degrees; what is uncovered is black.
- occluded: a black rectangle of 8 to 14 pixels a side at a random place, then Gaussian noise of deviation 30
  of 255 grey levels.

The corruption is part of the images: every run sees the same. Same seed: same images.
"""

from __future__ import annotations

import argparse
import gzip
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PACKAGE = "dataset-fashion-mnist"
DATA_DIR = Path("/usr/share/datasets/fashion-mnist")
IMAGES, LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
SIZE = 28
GARMENTS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
PARTS = {"train": 6000, "validation": 1000, "test": 3000}
LARGEST_ANGLE = 60.0
NOISE = 30.0
HELP = f"""Install it with `apt-get install {PACKAGE}`, or, without root:
  apt-get download {PACKAGE} && dpkg -x {PACKAGE}_*.deb FOLDER
and give --fashion FOLDER."""


class SuiteDataError(Exception):
    """Fashion-MNIST is not there, or not what it should be."""


def plain(image: Any, draw: np.random.Generator) -> Any:
    """(28, 28) uint8 -> the same."""
    return image


def rotated(image: Any, draw: np.random.Generator) -> Any:
    angle = draw.uniform(-LARGEST_ANGLE, LARGEST_ANGLE)
    turned = Image.fromarray(image).rotate(angle, resample=Image.Resampling.BILINEAR)
    return np.asarray(turned)


def occluded(image: Any, draw: np.random.Generator) -> Any:
    height, width = draw.integers(8, 15, size=2)
    top, left = draw.integers(0, SIZE - height + 1), draw.integers(0, SIZE - width + 1)
    covered = image.astype(np.float64)
    covered[top : top + height, left : left + width] = 0
    covered += draw.normal(0, NOISE, covered.shape)
    return covered.round().clip(0, 255).astype(np.uint8)


VARIANTS: dict[str, Callable[[Any, np.random.Generator], Any]] = {
    "plain": plain,
    "rotated": rotated,
    "occluded": occluded,
}


def find_folder(given: Path | None) -> Path:
    """The folder of the IDX files: the one given (or the root of an unpacked package), else Debian's."""
    candidates = [DATA_DIR] if given is None else [given, given / DATA_DIR.relative_to("/")]
    for folder in candidates:
        if all((folder / name).is_file() for name in (IMAGES, LABELS)):
            return folder
    raise SuiteDataError(f"{IMAGES} is in none of {', '.join(map(str, candidates))}.\n{HELP}")


def read_images(folder: Path) -> tuple[Any, Any]:
    """(images (10000, 28, 28) uint8, labels (10000,) int64) from gzipped IDX files."""
    # An IDX header is a magic number and one length a dimension, 4 bytes each.
    images = np.frombuffer(gzip.decompress((folder / IMAGES).read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((folder / LABELS).read_bytes()), np.uint8, offset=8)
    wanted = sum(PARTS.values())
    if images.size != wanted * SIZE * SIZE or labels.size != wanted:
        raise SuiteDataError(f"{folder} has {labels.size} images; {wanted} of {SIZE} x {SIZE} were expected")
    return images.reshape(-1, SIZE, SIZE), labels.astype(np.int64)


def make_parts(images: Any, labels: Any, variant: str, seed: int) -> dict[str, tuple[Any, Any]]:
    """part -> (images, labels); which image is in which part does not depend on the variant."""
    order = np.random.default_rng([seed, 0]).permutation(len(labels))
    change = VARIANTS[variant]
    parts, start = {}, 0
    for part, count in PARTS.items():
        chosen = order[start : start + count]
        start += count
        changed = [change(images[i], np.random.default_rng([seed, 1, int(i)])) for i in chosen]
        parts[part] = (np.stack(changed), labels[chosen])
    return parts


def write_part(file: Path, images: Any, labels: Any) -> None:
    """Parquet with the columns `image` (PNG) and `label`, named classes; appears whole or not at all."""
    import datasets

    datasets.disable_progress_bars()
    features = datasets.Features(image=datasets.Image(), label=datasets.ClassLabel(names=list(GARMENTS)))
    rows = {"image": [{"bytes": png(image), "path": None} for image in images], "label": labels.tolist()}
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".tmp")
    datasets.Dataset.from_dict(rows, features=features).to_parquet(str(unfinished))
    unfinished.replace(file)


def png(image: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write into")
    parser.add_argument("--fashion", type=Path, metavar="DIR", help="Fashion-MNIST; Debian's unless given")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    try:
        images, labels = read_images(find_folder(args.fashion))
        for variant in VARIANTS:
            for part, (pixels, classes) in make_parts(images, labels, variant, args.seed).items():
                write_part(args.out / variant / f"{part}.parquet", pixels, classes)
    except (SuiteDataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    counts = ", ".join(f"{count} {part}" for part, count in PARTS.items())
    print(f"{args.out}: {', '.join(VARIANTS)}; {counts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

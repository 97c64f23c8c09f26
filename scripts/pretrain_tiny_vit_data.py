"""Images for `pretrain_tiny_vit.py`: Fashion-MNIST, rendered letters, and scikit-learn's digits.

The source has 47 classes: the 10 garments of Fashion-MNIST and 37 letters rendered from fonts (26 capitals
and the 11 small letters whose shape differs from the capital's, the choice EMNIST "balanced" makes). Digits
are the transfer task, so no digit is ever rendered. The letters of the test set come from typefaces that
training does not see.

Every set is `(N, 28, 28)` uint8, white on black, with int64 labels `(N,)`; it depends on its seed alone.

Debian packages: see `PACKAGES`; the fonts are listed by file, so that other installed fonts change nothing.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from torch import Tensor
from torch.nn import functional

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]

PACKAGES = (
    "dataset-fashion-mnist fonts-dejavu-core fonts-liberation fonts-breip fonts-comic-neue "
    "fonts-dkg-handwriting fonts-rufscript fonts-sjfonts"
)
DATA_DIR = Path("/usr/share/datasets/fashion-mnist")
FONT_DIR = Path("/usr/share/fonts")

SIZE = 28
GARMENTS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"
LABELS = (*GARMENTS, *(f"letter {c}" for c in LETTERS))

TRAIN_FONTS = (
    *(f"truetype/dejavu/DejaVu{s}{w}.ttf" for s in ("Sans", "SansMono", "Serif") for w in ("", "-Bold")),
    *(
        f"truetype/liberation/Liberation{s}-{w}.ttf"
        for s in ("Sans", "SansNarrow", "Mono")
        for w in ("Regular", "Bold", "Italic")
    ),
    *(f"truetype/fifthhorseman/dkg{w}.ttf" for w in ("", "Bd", "It", "BI")),
    "truetype/rufscript/Rufscript010.ttf",
    "truetype/sjfonts/SteveHand.ttf",
    "truetype/sjfonts/Delphine.ttf",
)
TEST_FONTS = (
    "truetype/breip/Breip.ttf",
    "opentype/comic-neue/ComicNeue-Regular.otf",
    "opentype/comic-neue/ComicNeue-Bold.otf",
    "truetype/liberation/LiberationSerif-Regular.ttf",
    "truetype/liberation/LiberationSerif-Italic.ttf",
)
EM = 64  # glyphs are drawn at this many pixels to the em, then warped down to SIZE


class MissingDataError(Exception):
    """A data set or font file is not installed."""


def require(paths: list[Path]) -> None:
    """Raise `MissingDataError` naming every missing file and the packages to install."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise MissingDataError(f"not found: {', '.join(missing)}\nTo install: apt-get install {PACKAGES}")


def read_fashion(data_dir: Path, train: bool) -> tuple[Images, Labels]:
    """Read the 60,000 training or 10,000 test images (IDX files, gzipped)."""
    stem = "train" if train else "t10k"
    image_path, label_path = (data_dir / f"{stem}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
    require([image_path, label_path])
    # An IDX header is a magic number and one length a dimension, 4 bytes each.
    images = np.frombuffer(gzip.decompress(image_path.read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress(label_path.read_bytes()), np.uint8, offset=8)
    return images.reshape(-1, SIZE, SIZE), labels.astype(np.int64)


def draw_letter(font: ImageFont.FreeTypeFont, letter: str) -> Image.Image:
    """The letter alone, cropped to its ink, on a black square."""
    sheet = Image.new("L", (4 * EM, 4 * EM))
    ImageDraw.Draw(sheet).text((EM, EM), letter, font=font, fill=255)
    box = sheet.getbbox()
    if box is None:
        raise MissingDataError(f"font {font.getname()[0]!r} draws nothing for {letter!r}")
    ink = sheet.crop(box)
    square = Image.new("L", (max(ink.size), max(ink.size)))
    square.paste(ink, ((square.width - ink.width) // 2, (square.height - ink.height) // 2))
    return square


def warp_letter(glyph: Image.Image, rng: np.random.Generator) -> Images:
    """One random view: stroke width, rotation, shear, aspect, perspective, resolution, contrast, noise."""
    if rng.random() < 0.3:
        glyph = glyph.filter(ImageFilter.MaxFilter(3 if rng.random() < 0.5 else 5))
    if rng.random() < 0.5:
        glyph = glyph.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 2.0))))
    angle, shear = rng.normal(0, 0.14), rng.normal(0, 0.15)
    # The source quadrilateral is larger than the ink, so that a margin remains.
    scale = rng.uniform(1.02, 1.6) * np.exp(rng.normal(0, 0.12, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) * scale + rng.normal(0, 0.08, (4, 2))
    corners = corners @ np.array([[1, 0], [shear, 1]]) @ turn.T + rng.normal(0, 0.06, 2)
    quad = ((corners + 1) * glyph.width / 2).reshape(-1)
    side = int(rng.integers(9, 23)) if rng.random() < 0.5 else SIZE  # half of them at a lower resolution
    # Warped at twice the size and averaged: sampling the outline straight would alias.
    view = glyph.transform(
        (2 * side, 2 * side), Image.Transform.QUAD, quad.tolist(), Image.Resampling.BILINEAR
    )
    view = view.reduce(2)
    if side != SIZE:
        view = view.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    pixels = np.asarray(view, np.float32) * rng.uniform(0.6, 1.3)
    pixels += rng.normal(0, rng.uniform(0, 20), pixels.shape).astype(np.float32)
    return pixels.clip(0, 255).astype(np.uint8)


def render_letters(count: int, seed: int, train: bool) -> tuple[Images, Labels]:
    """`count` random views, fonts and letters drawn uniformly; labels start after the garments."""
    paths = [FONT_DIR / name for name in (TRAIN_FONTS if train else TEST_FONTS)]
    require(paths)
    # The basic layout engine: whether libraqm is installed must not change the images.
    fonts = [ImageFont.truetype(str(path), EM, layout_engine=ImageFont.Layout.BASIC) for path in paths]
    glyphs = [[draw_letter(font, letter) for letter in LETTERS] for font in fonts]
    rng = np.random.default_rng([seed, int(train)])
    labels = rng.integers(0, len(LETTERS), count)
    font_ids = rng.integers(0, len(fonts), count)
    views = [warp_letter(glyphs[f][c], rng) for f, c in zip(font_ids, labels, strict=True)]
    return np.stack(views), labels + len(GARMENTS)


def source_set(data_dir: Path, train: bool, seed: int, garments: int, letters: int) -> tuple[Images, Labels]:
    """The first `garments` images of Fashion-MNIST, then `letters` rendered letters."""
    images, labels = read_fashion(data_dir, train)
    images, labels = images[:garments], labels[:garments]
    if letters:
        rendered = render_letters(letters, seed, train)
        images, labels = np.concatenate([images, rendered[0]]), np.concatenate([labels, rendered[1]])
    return images, labels


def read_digits() -> tuple[Images, Labels]:
    """Scikit-learn's 1,797 digits, 8x8 with 17 grays, enlarged as the anchors' preprocessor would."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = (digits.images * (255 / 16)).round().astype(np.uint8)
    images = [np.asarray(Image.fromarray(d).resize((SIZE, SIZE), Image.Resampling.BILINEAR)) for d in small]
    return np.stack(images), digits.target.astype(np.int64)


def to_tensors(arrays: tuple[Images, Labels]) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(arrays[0].copy()), torch.from_numpy(arrays[1].copy())


def to_pixels(images: Tensor) -> Tensor:
    """(B, 28, 28) uint8 -> (B, 3, 28, 28) in [-1, 1], as the anchors' preprocessor does."""
    return (images.float() / 127.5 - 1).unsqueeze(1).expand(-1, 3, -1, -1)


def augment(images: Tensor, labels: Tensor, max_shift: int, rng: torch.Generator) -> Tensor:
    """Random shifts for all, mirroring for garments only (a mirrored b is a d). (B, 28, 28) uint8."""
    count = len(images)
    mirrored = (labels < len(GARMENTS)) & (torch.rand(count, generator=rng) < 0.5)
    images = torch.where(mirrored[:, None, None], images.flip(-1), images)
    shifts = torch.randint(0, 2 * max_shift + 1, (2, count, 1), generator=rng) + torch.arange(SIZE)
    padded = functional.pad(images, [max_shift] * 4)
    return padded[torch.arange(count)[:, None, None], shifts[0][:, :, None], shifts[1][:, None, :]]

"""One source of labelled examples, whatever its format: labels as text; images are decoded one by one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Part:
    """`labels[i]` names the class of example i; `classes` are those the source declares, in order.

    `describe(i)` says where example i stands, for messages. What has no classes has none declared, and empty
    labels.
    """

    source: str
    classes: tuple[str, ...]
    labels: tuple[str, ...]
    describe: Callable[[int], str]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ImagePart(Part):
    """`open_image(i)` gives a path, encoded bytes or an image."""

    open_image: Callable[[int], Any]

    def image(self, index: int) -> Image:
        """Decode image `index`. Raises EngineError("data") that names it where that fails."""
        return decode_image(self.open_image(index), self.describe(index))


def decode_image(source: Any, description: str) -> Image:
    """A path, encoded bytes, `datasets`' {"bytes", "path"} or an image -> an upright PIL image, read."""
    import io

    from PIL import Image, ImageOps

    if isinstance(source, dict):
        source = source["bytes"] if source.get("bytes") is not None else source.get("path")
    if isinstance(source, bytes):
        source = io.BytesIO(source)
    try:
        image = source if isinstance(source, Image.Image) else Image.open(source)
        image.load()
        return ImageOps.exif_transpose(image)
    except FileNotFoundError:
        raise EngineError(
            "data", f"image {description} is missing", "Correct the path, or take it out."
        ) from None
    except (OSError, ValueError, SyntaxError, AttributeError, Image.DecompressionBombError) as error:
        raise EngineError(
            "data",
            f"image {description} does not decode: {str(error).splitlines()[0] if str(error) else 'empty'}",
            "Replace the file or take it out of the data.",
        ) from None


def natural_order(labels: Sequence[str]) -> tuple[str, ...]:
    """The distinct labels, numbers inside them compared as numbers: 2 before 10."""

    def key(label: str) -> list[tuple[bool, int, str]]:
        pieces = re.split(r"(\d+)", label)
        return [(piece.isdecimal(), int(piece) if piece.isdecimal() else 0, piece) for piece in pieces]

    return tuple(sorted(set(labels), key=key))


def require_path(path: Path, what: str) -> Path:
    """`path` if it exists. Raises EngineError("data")."""
    if not path.exists():
        raise EngineError("data", f"{what} {path} does not exist", "Correct task.data in the configuration.")
    return path


def require_column(columns: Sequence[str], name: str, source: str) -> None:
    """Raises EngineError("data") unless `name` is one of `columns`."""
    if name not in columns:
        found = ", ".join(map(repr, columns)) or "none"
        raise EngineError(
            "data", f"{source} has no column {name!r}; it has {found}", "Set task.data.columns to its names."
        )


def label_text(value: Any, where: str) -> str:
    """A label as text: integers without a fraction part. Raises EngineError("data") where there is none."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        raise EngineError("data", f"{where} has no label", "Give it one, or take it out.")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)

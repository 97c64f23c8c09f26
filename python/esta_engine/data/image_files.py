"""Images as files of their own: folders with one sub-folder a class, and CSV or JSONL lists of paths.

The lists are read with the standard library rather than `datasets`, so that labels stay as they are written
("01", "none" and "1.0" are names of classes) and nothing is cached outside the run.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import EngineError
from .part import Part, label_text, natural_order, require_column

#: What Pillow reads that a training set is likely to hold; other files of a folder are left alone.
IMAGE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
)


def read_image_folder(folder: Path, image_column: str, label_column: str) -> Part:
    """`folder/CLASS/**/image`: the sub-folders' names are the classes, in natural order."""
    names = [entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    classes = natural_order(names)
    if not classes:
        raise EngineError(
            "data", f"{folder} has no sub-folders", "An image folder has one sub-folder a class."
        )
    paths: list[Path] = []
    labels: list[str] = []
    for name in classes:
        found = sorted(path for path in (folder / name).rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
        paths += found
        labels += [name] * len(found)
    return _make_part(str(folder), paths, labels, classes)


def read_csv(file: Path, image_column: str, label_column: str) -> Part:
    """A CSV with a header; image paths are relative to the file's folder."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        for column in (image_column, label_column):
            require_column(list(reader.fieldnames or ()), column, str(file))
        rows = [(f"{file}:{reader.line_num}", row) for row in reader]
    return _from_rows(file, rows, image_column, label_column)


def read_jsonl(file: Path, image_column: str, label_column: str) -> Part:
    """One JSON object a line; image paths are relative to the file's folder."""
    rows = list(_json_lines(file))
    for _, row in rows[:1]:
        for column in (image_column, label_column):
            require_column(list(row), column, str(file))
    return _from_rows(file, rows, image_column, label_column)


def _json_lines(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise EngineError("data", f"{file}:{number} is not JSON: {error}") from None
            if not isinstance(row, dict):
                raise EngineError("data", f"{file}:{number} is no JSON object, but {type(row).__name__}")
            yield f"{file}:{number}", row


def _from_rows(file: Path, rows: list[tuple[str, dict[str, Any]]], image: str, label: str) -> Part:
    paths, labels = [], []
    for where, row in rows:
        if not isinstance(row.get(image), str) or not row[image]:
            raise EngineError("data", f"{where} names no image in column {image!r}")
        paths.append(file.parent / row[image])
        labels.append(label_text(row.get(label), where))
    return _make_part(str(file), paths, labels, natural_order(labels))


def _make_part(source: str, paths: list[Path], labels: list[str], classes: tuple[str, ...]) -> Part:
    return Part(
        source=source,
        classes=classes,
        labels=tuple(labels),
        open_image=lambda index: paths[index],
        describe=lambda index: str(paths[index]),
    )

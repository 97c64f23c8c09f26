"""Images as files of their own: folders with one sub-folder a class, and CSV or JSONL lists of paths."""

from __future__ import annotations

from pathlib import Path

from ..errors import EngineError
from .part import ImagePart, label_text, natural_order
from .rows import Row, csv_rows, jsonl_rows

#: What Pillow reads that a training set is likely to hold; other files of a folder are left alone.
IMAGE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
)


def read_image_folder(folder: Path, image_column: str, label_column: str) -> ImagePart:
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


def read_csv(file: Path, image_column: str, label_column: str) -> ImagePart:
    """A CSV with a header; image paths are relative to the file's folder."""
    return _from_rows(file, csv_rows(file, (image_column, label_column)), image_column, label_column)


def read_jsonl(file: Path, image_column: str, label_column: str) -> ImagePart:
    """One JSON object a line; image paths are relative to the file's folder."""
    return _from_rows(file, jsonl_rows(file, (image_column, label_column)), image_column, label_column)


def _from_rows(file: Path, rows: list[Row], image: str, label: str) -> ImagePart:
    paths, labels = [], []
    for where, row in rows:
        if not isinstance(row.get(image), str) or not row[image]:
            raise EngineError(
                "data", f"{where} names no image in column {image!r}", "Give it a path, or take it out."
            )
        paths.append(file.parent / row[image])
        labels.append(label_text(row.get(label), where))
    return _make_part(str(file), paths, labels, natural_order(labels))


def _make_part(source: str, paths: list[Path], labels: list[str], classes: tuple[str, ...]) -> ImagePart:
    return ImagePart(
        source=source,
        classes=classes,
        labels=tuple(labels),
        open_image=lambda index: paths[index],
        describe=lambda index: str(paths[index]),
    )

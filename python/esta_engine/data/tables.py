"""Tables: Parquet files and saved sets, read through `datasets`, and images inside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import EngineError
from .part import ImagePart, label_text, natural_order, require_column


def open_parquet(path: Path) -> Any:
    """The rows of a Parquet file, or of a folder of them in order of name."""
    import datasets

    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise EngineError(
            "data", f"{path} holds no .parquet file", "Put them into that folder itself, or name another."
        )
    try:
        return datasets.Dataset.from_parquet([str(file) for file in files])
    except Exception as error:  # `datasets` passes on whatever its readers raise
        raise EngineError(
            "data",
            f"{path} is no Parquet file that can be read: {_cause(error)}",
            "Write it again, or set task.data.format to what it is.",
        ) from None


def open_saved(folder: Path) -> Any:
    """The rows of a folder that `Dataset.save_to_disk` wrote."""
    import datasets

    if (folder / "dataset_dict.json").exists():
        splits = ", ".join(sorted(entry.name for entry in folder.iterdir() if entry.is_dir()))
        raise EngineError(
            "data",
            f"{folder} holds several saved sets: {splits}",
            "Name the folder of one, as in FOLDER/train.",
        )
    try:
        return datasets.load_from_disk(str(folder))
    except Exception as error:  # as above
        raise EngineError(
            "data",
            f"{folder} is no saved set that can be read: {_cause(error)}",
            "Write it again with `Dataset.save_to_disk`.",
        ) from None


def labels_of(path: Path, table: Any, column: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(classes, the label of each row). Declared class names are used, in their order."""
    import datasets

    feature = table.features[column]
    names = feature.names if isinstance(feature, datasets.ClassLabel) else None
    labels = []
    for row, value in enumerate(table[column]):
        if names is not None and value is not None and value >= 0:
            labels.append(names[value])
        else:  # datasets marks a missing class label with -1
            labels.append(label_text(None if names is not None else value, f"{path}, row {row}"))
    return tuple(names) if names is not None else natural_order(labels), tuple(labels)


def read_parquet(path: Path, image_column: str, label_column: str) -> ImagePart:
    return _make_part(path, open_parquet(path), image_column, label_column)


def read_saved(folder: Path, image_column: str, label_column: str) -> ImagePart:
    return _make_part(folder, open_saved(folder), image_column, label_column)


def _make_part(path: Path, table: Any, image_column: str, label_column: str) -> ImagePart:
    import datasets

    for column in (image_column, label_column):
        require_column(table.column_names, column, str(path))
    if isinstance(table.features[image_column], datasets.Image):
        table = table.cast_column(image_column, datasets.Image(decode=False))
    classes, labels = labels_of(path, table, label_column)

    def open_image(index: int) -> Any:
        value = table[index][image_column]
        return path.parent / value if isinstance(value, str) else value

    return ImagePart(
        source=str(path),
        classes=classes,
        labels=labels,
        open_image=open_image,
        describe=lambda index: f"{path}, row {index}",
    )


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error) or type(error).__name__).splitlines()[0]

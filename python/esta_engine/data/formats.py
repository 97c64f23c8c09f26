"""Which reader serves which data; a format that is not given is recognised from the path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import EngineError
from .image_files import read_csv, read_image_folder, read_jsonl
from .part import Part
from .tables import read_parquet, read_saved

READERS: dict[str, Callable[[Path, str, str], Part]] = {
    "image-folder": read_image_folder,
    "csv": read_csv,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "saved": read_saved,
}
_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def read_part(path: Path, data_format: str | None, columns: Mapping[str, str]) -> Part:
    """Read one part of the data. Raises EngineError("data")."""
    chosen = data_format or recognise(path)
    try:
        return READERS[chosen](path, columns["image"], columns["label"])
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError("data", f"cannot read {path} as {chosen}: {error}") from None


def recognise(path: Path) -> str:
    """The format of a path. Raises EngineError("data")."""
    if path.is_dir():
        marks = ("dataset_info.json", "dataset_dict.json")
        return "saved" if any((path / mark).exists() for mark in marks) else "image-folder"
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise EngineError(
            "data",
            f"the format of {path} is not recognised; its ending is none of {', '.join(_SUFFIXES)}",
            f"Set task.data.format to one of {', '.join(READERS)}.",
        )
    return _SUFFIXES[suffix]

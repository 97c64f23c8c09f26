"""Which reader serves which data; a format that is not given is recognised from the path."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..errors import EngineError
from .image_files import read_csv, read_image_folder, read_jsonl
from .part import ImagePart
from .tables import read_parquet, read_saved

READERS: dict[str, Callable[[Path, str, str], ImagePart]] = {
    "image-folder": read_image_folder,
    "csv": read_csv,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "saved": read_saved,
}
_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def read_part(path: Path, data_format: str | None, columns: Mapping[str, str]) -> ImagePart:
    """Read one part of images. Raises EngineError("data")."""
    chosen = data_format or recognise(path, READERS)
    with told(path, chosen):
        return READERS[chosen](path, columns["image"], columns["label"])


@contextmanager
def told(path: Path, data_format: str) -> Iterator[None]:
    """What the system says of a file that cannot be read, as EngineError("data")."""
    try:
        yield
    except OSError as error:
        raise EngineError(
            "data",
            f"cannot read {path} as {data_format}: {error}",
            "Correct the path or its rights, or set task.data.format to what it is.",
        ) from None


def recognise(path: Path, formats: Collection[str]) -> str:
    """The format of a path, one of `formats`. Raises EngineError("data")."""
    if path.is_dir():
        marks = ("dataset_info.json", "dataset_dict.json")
        saved = any((path / mark).exists() for mark in marks)
        found = "saved" if saved else "image-folder" if "image-folder" in formats else "parquet"
    else:
        found = _SUFFIXES.get(path.suffix.lower(), "")
    if found not in formats:
        endings = ", ".join(ending for ending, name in _SUFFIXES.items() if name in formats)
        raise EngineError(
            "data",
            f"the format of {path} is not recognised; its ending is none of {endings}",
            f"Set task.data.format to one of {', '.join(formats)}.",
        )
    return found

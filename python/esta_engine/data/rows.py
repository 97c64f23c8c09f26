"""Rows of files that people write: CSV with a header, and JSONL; each with the place that messages name.

They are read with the standard library rather than `datasets`, so that labels stay as they are written ("01",
"none" and "1.0" are names of classes) and nothing is cached outside the run.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..errors import EngineError
from .part import require_column

#: (FILE:LINE, column -> value)
Row = tuple[str, dict[str, Any]]

#: Characters of a CSV field; the library's own limit is that of a short document.
_LONGEST_FIELD = 2**30


def csv_rows(file: Path, columns: Sequence[str]) -> list[Row]:
    """Raises EngineError("data") where the header lacks one of `columns`."""
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.DictReader(io.StringIO(_read_text(file), newline=""))
    for column in columns:
        require_column(list(reader.fieldnames or ()), column, str(file))
    try:
        return [(f"{file}:{reader.line_num}", row) for row in reader]
    except csv.Error as error:
        raise EngineError(
            "data", f"{file}:{reader.line_num} is no CSV: {error}", "Save the file as CSV with a header."
        ) from None


def jsonl_rows(file: Path, columns: Sequence[str] = ()) -> list[Row]:
    """Raises EngineError("data") for a line that is no JSON object, or a first one without the columns."""
    rows: list[Row] = []
    for number, line in enumerate(io.StringIO(_read_text(file), newline=None), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EngineError(
                "data", f"{file}:{number} is not JSON: {error}", "Write one JSON object a line."
            ) from None
        if not isinstance(row, dict):
            raise EngineError(
                "data",
                f"{file}:{number} is no JSON object, but {type(row).__name__}",
                "Write one JSON object a line.",
            )
        rows.append((f"{file}:{number}", row))
    for _, row in rows[:1]:
        for column in columns:
            require_column(list(row), column, str(file))
    return rows


def require_own_ids(rows: Iterable[Row]) -> None:
    """Raises EngineError("data") where two rows have the same `id`, if they have one."""
    seen: dict[str, str] = {}
    for where, row in rows:
        if row.get("id") is None:
            continue
        first = seen.setdefault(json.dumps(row["id"], default=str), where)
        if first != where:
            raise EngineError(
                "data",
                f"{where} has the id {row['id']!r}, which {first} has already",
                "Take one of them out, or give it an id of its own.",
            )


def _read_text(file: Path) -> str:
    """Raises EngineError("data") that names the line where a file stops being UTF-8."""
    content = file.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)  # behind the mark
        line = content.count(b"\n", 0, start) + 1
        raise EngineError(
            "data",
            f"{file}:{line} is not UTF-8: byte 0x{error.object[error.start]:02x}",
            "Save the file as UTF-8.",
        ) from None

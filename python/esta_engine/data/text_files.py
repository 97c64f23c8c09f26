"""Labelled texts, one a row, or two where a pair is classified: CSV, JSONL, Parquet and saved sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import EngineError
from .formats import recognise, told
from .part import Part, label_text, natural_order, require_column
from .rows import Row, csv_rows, jsonl_rows, require_own_ids
from .tables import labels_of, open_parquet, open_saved

_ROWS: dict[str, Callable[..., list[Row]]] = {"csv": csv_rows, "jsonl": jsonl_rows}
_TABLES: dict[str, Callable[[Path], Any]] = {"parquet": open_parquet, "saved": open_saved}
FORMATS = (*_ROWS, *_TABLES)


@dataclass(frozen=True)
class TextPart(Part):
    """`pairs[i]` is the second text of example i, where there are two."""

    texts: tuple[str, ...]
    pairs: tuple[str, ...] | None


def read_texts(path: Path, data_format: str | None, columns: Mapping[str, str]) -> TextPart:
    """Read one part; `columns`: text, label, and text_pair where there is one. Raises EngineError("data")."""
    chosen = data_format or recognise(path, FORMATS)
    with told(path, chosen):
        part = (_from_rows if chosen in _ROWS else _from_table)(path, chosen, columns)
    if not len(part):
        raise EngineError("data", f"{path} is empty: it has no example", "Give it examples, one a row.")
    return part


def _from_rows(path: Path, data_format: str, columns: Mapping[str, str]) -> TextPart:
    rows = _ROWS[data_format](path, tuple(columns.values()))
    require_own_ids(rows)
    labels = [label_text(row.get(columns["label"]), where) for where, row in rows]
    places = [where for where, _ in rows]

    def texts(column: str) -> tuple[str, ...]:
        return tuple(_text(row.get(column), column, where) for where, row in rows)

    return TextPart(
        source=str(path),
        classes=natural_order(labels),
        labels=tuple(labels),
        describe=places.__getitem__,
        texts=texts(columns["text"]),
        pairs=texts(columns["text_pair"]) if "text_pair" in columns else None,
    )


def _from_table(path: Path, data_format: str, columns: Mapping[str, str]) -> TextPart:
    table = _TABLES[data_format](path)
    for column in columns.values():
        require_column(table.column_names, column, str(path))
    if "id" in table.column_names:
        require_own_ids((f"{path}, row {row}", {"id": value}) for row, value in enumerate(table["id"]))
    classes, labels = labels_of(path, table, columns["label"])

    def texts(column: str) -> tuple[str, ...]:
        return tuple(_text(value, column, f"{path}, row {row}") for row, value in enumerate(table[column]))

    return TextPart(
        source=str(path),
        classes=classes,
        labels=labels,
        describe=lambda index: f"{path}, row {index}",
        texts=texts(columns["text"]),
        pairs=texts(columns["text_pair"]) if "text_pair" in columns else None,
    )


def _text(value: Any, column: str, where: str) -> str:
    if not isinstance(value, str):
        got = "nothing" if value is None else f"{type(value).__name__} {value!r}"
        raise EngineError("data", f"{where} has no text in column {column!r}, but {got}", "Give it a text.")
    if not value.strip():
        raise EngineError(
            "data", f"{where} has an empty text in column {column!r}", "Give it a text, or take it out."
        )
    return value

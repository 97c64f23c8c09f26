"""`evaluations.ndjson` and `latencies.ndjson`: what was measured, a line each, appended as it comes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..events import cut_torn_line, to_json_line

SCHEMA_VERSION = 1

#: (stitch, split) -> metric -> value; null where a value was not finite.
Evaluations = dict[tuple[int, str], dict[str, float | None]]


def read_evaluations(file: Path) -> Evaluations:
    """What was measured before; a torn last line is left out."""
    if not file.exists():
        return {}
    found: Evaluations = {}
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            record = json.loads(line)
            found[record["stitch"], record["split"]] = record["metrics"]
    return found


def append_evaluation(
    file: Path, stitch: int, split: str, metrics: dict[str, float], examples: int, guess: float | None = None
) -> None:
    """Append one measurement of a stitch on a split. `guess`: the choice accuracy of guessing, if any."""
    record = {"stitch": stitch, "split": split, "metrics": metrics, "examples": examples}
    append_record(file, record if guess is None else {**record, "guess": guess})


def append_record(file: Path, record: Mapping[str, Any]) -> None:
    """Append one line and flush it to disk."""
    cut_torn_line(file)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(to_json_line({"schema_version": SCHEMA_VERSION, **record}))
        lines.flush()
        os.fsync(lines.fileno())

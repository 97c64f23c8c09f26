"""`evaluations.ndjson`: one line for each stitch and split, appended as they are measured."""

from __future__ import annotations

import json
import os
from pathlib import Path

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


def append_evaluation(file: Path, stitch: int, split: str, metrics: dict[str, float], examples: int) -> None:
    """Append one measurement and flush it to disk."""
    cut_torn_line(file)
    record = {"schema_version": SCHEMA_VERSION, "stitch": stitch, "split": split, "metrics": metrics}
    with file.open("a", encoding="utf-8") as lines:
        lines.write(to_json_line({**record, "examples": examples}))
        lines.flush()
        os.fsync(lines.fileno())

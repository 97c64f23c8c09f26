"""The memory probe takes a real step, of a language model's plan on blank texts of the planned length."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from esta_engine.service.probe import probe
from pico import CLASSES, raw_pico_plan, save_anchors
from pico_text import raw_text_plan, save_text_anchors


@pytest.mark.parametrize("kind", ["llama", "bert", "roberta"])
def test_a_step_is_measured(kind: str, tmp_path: Path) -> None:
    plan = raw_text_plan(save_text_anchors(tmp_path, kind))
    events = _probe(plan, tmp_path)
    probed = next(event for event in events if event["event"] == "probed")
    dearest = max(plan["stitches"], key=lambda stitch: stitch["macs"])["id"]
    assert probed["stitch"] == dearest and probed["step_ms"] > 0 and probed["peak_bytes"] >= 0
    assert events[-1]["event"] == "finished"


@pytest.mark.parametrize(("stitches", "measured"), [([0, 1], 1), ([0], 0), ([0, 3], 3)])
def test_of_stitches_tuned_one_by_one_the_dearest_is_measured(
    stitches: list[int], measured: int, tmp_path: Path
) -> None:
    method = {"name": "lora", "stitches": stitches}
    plan = raw_pico_plan(save_anchors(tmp_path), method, None, CLASSES, None, 3)
    probed = next(event for event in _probe(plan, tmp_path) if event["event"] == "probed")
    assert probed["stitch"] == measured


def _probe(plan: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """What the probe of a plan tells."""
    (folder / "plan.json").write_text(json.dumps(plan))
    reader, writer = os.pipe()
    assert probe(folder / "plan.json", writer, "cpu", False) == 0
    events = [json.loads(line) for line in os.read(reader, 65536).splitlines()]
    os.close(reader)
    return events

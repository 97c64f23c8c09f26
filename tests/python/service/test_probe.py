"""The memory probe takes a real step of a language model's plan too, on blank texts of the planned length."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from esta_engine.service.probe import probe
from pico_text import raw_text_plan, save_text_anchors


@pytest.mark.parametrize("kind", ["llama", "bert", "roberta"])
def test_a_step_is_measured(kind: str, tmp_path: Path) -> None:
    plan = raw_text_plan(save_text_anchors(tmp_path, kind))
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    reader, writer = os.pipe()
    assert probe(tmp_path / "plan.json", writer, "cpu", False) == 0
    events = [json.loads(line) for line in os.read(reader, 65536).splitlines()]
    probed = next(event for event in events if event["event"] == "probed")
    dearest = max(plan["stitches"], key=lambda stitch: stitch["macs"])["id"]
    assert probed["stitch"] == dearest and probed["step_ms"] > 0 and probed["peak_bytes"] >= 0
    assert events[-1]["event"] == "finished"
    os.close(reader)

"""The memory probe takes a real step, of a language model's plan on blank texts of the planned length."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from esta_engine.adaptation.teacher import Teacher
from esta_engine.adaptation.trainer import Trainer
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


@pytest.mark.parametrize("teacher", ["none", "tuned", "co-trained"])
def test_the_teacher_of_the_last_phase_works_in_what_is_measured(
    teacher: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, taught = [], []
    run_step, distillations = Trainer.run_step, Teacher.distillations

    def spy_step(trainer: Trainer, stitches: Any = None) -> Any:
        tried.extend(stitches)
        return run_step(trainer, stitches)

    def spy_teacher(self: Teacher, stitch: int, *rest: Any) -> Any:
        found = distillations(self, stitch, *rest)
        taught.extend([] if found is None else [stitch])
        return found

    monkeypatch.setattr(Trainer, "run_step", spy_step)
    monkeypatch.setattr(Teacher, "distillations", spy_teacher)
    method = {"distillation": {"teacher": teacher}, "anchors_first": {"share": 0.5}}
    plan = raw_pico_plan(save_anchors(tmp_path), method, {"steps": 2}, CLASSES, None, 3)
    largest = len(plan["anchors"]) - 1
    _make_dearest(plan, largest)
    probed = next(event for event in _probe(plan, tmp_path) if event["event"] == "probed")
    assert tried == ([largest] if teacher == "none" else [tried[0], largest]) and probed["stitch"] in tried
    assert taught == ([] if teacher == "none" else [tried[0]])


def _make_dearest(plan: dict[str, Any], anchor: int) -> None:
    """As in spaces without routes dearer than the dearest anchor."""
    whole, top = plan["stitches"][anchor], plan["intervals"][-1]
    plan["intervals"][whole["interval"]]["stitches"] -= 1
    top["stitches"] += 1
    whole |= {"interval": top["id"], "macs": int(top["high"])}
    plan["anchors"][anchor]["macs"] = whole["macs"]


def _probe(plan: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """What the probe of a plan tells."""
    (folder / "plan.json").write_text(json.dumps(plan))
    reader, writer = os.pipe()
    assert probe(folder / "plan.json", writer, "cpu", False) == 0
    events = [json.loads(line) for line in os.read(reader, 65536).splitlines()]
    os.close(reader)
    return events

"""Plans: what TypeScript writes is read whole; what was edited by hand is refused by its JSON path."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from esta_engine.errors import EngineError
from esta_engine.plan import Segment, make_plan, read_plan
from esta_engine.plan_rules import RULES
from pico import METHODS
from runs import ROOT, digits_task, raw_plan, write_plan

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def raw(pico_folders: list[Path]) -> dict[str, Any]:
    return raw_plan(pico_folders, digits_task())


def test_a_plan_is_read_with_types(raw: dict[str, Any], tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path / "plan.json", raw))
    assert [anchor.name for anchor in plan.anchors] == ["pico-16", "pico-32"]
    assert plan.stitches[0].is_anchor and not plan.stitches[2].is_anchor
    assert plan.stitches[2].route == (Segment(0, 0, 1), Segment(1, 0, 3))
    assert plan.stitching_layers[0].points[0] == (0, 0)
    assert plan.method == "esta" and plan.steps == 12 and plan.raw == raw


def put(*path: Any) -> Edit:
    *keys, last, value = path

    def edit(plan: dict[str, Any]) -> None:
        target: Any = plan
        for key in keys:
            target = target[key]
        target[last] = value

    return edit


def move_to_other_interval(plan: dict[str, Any]) -> None:
    stitch = plan["stitches"][0]
    stitch["interval"] = (stitch["interval"] + 1) % len(plan["intervals"])


def repeat_route(plan: dict[str, Any]) -> None:
    for key in ("route", "stitching_layers"):
        plan["stitches"][3][key] = copy.deepcopy(plan["stitches"][2][key])


def swap_anchors(plan: dict[str, Any]) -> None:
    plan["stitches"][0]["route"], plan["stitches"][1]["route"] = (
        plan["stitches"][1]["route"],
        plan["stitches"][0]["route"],
    )


def round_tuned_weights(plan: dict[str, Any]) -> None:
    plan["config"]["method"] = {**METHODS["full"], "stitches": [0]}
    plan["config"]["training"]["frozen_precision"] = "bf16"


def let_tuned_blocks_wait(plan: dict[str, Any]) -> None:
    plan["config"]["method"] = {**METHODS["full"], "stitches": [0]}
    plan["config"]["training"]["off_route_blocks"] = "cpu"


EDITS: list[tuple[str, Edit]] = [
    ("$.schema_version", put("schema_version", 2)),
    ("$.config.method", put("config", "method", "name", "magic")),
    ("$.config.training.batch_size", put("config", "training", "batch_size", 0)),
    ("$.stitches[2].macs", put("stitches", 2, "macs", 1.5)),
    ("$", put("extra", 1)),
    ("$.stitches[2].id", put("stitches", 2, "id", 7)),
    ("$.totals.stitches", put("totals", "stitches", 3)),
    ("$.anchors[1].name", put("anchors", 1, "name", "pico-16")),
    ("$.anchors[1].macs", put("anchors", 1, "macs", 5)),
    ("$.anchors[0].heads", put("anchors", 0, "heads", 3)),
    ("$.stitching_layers[0].in_width", put("stitching_layers", 0, "in_width", 17)),
    ("$.stitching_layers[0].end_anchor", put("stitching_layers", 0, "end_anchor", 2)),
    ("$.stitching_layers[1].points[0]", put("stitching_layers", 1, "points", 0, [3, 0])),
    ("$.stitches[2].route[1].anchor", put("stitches", 2, "route", 1, "anchor", 5)),
    ("$.stitches[2].route[0]", put("stitches", 2, "route", 0, "end", 9)),
    ("$.stitches[8].route[0].start", put("stitches", 8, "route", 0, "start", 1)),
    ("$.stitches[2].route[1].end", put("stitches", 2, "route", 1, "end", 2)),
    ("$.stitches[2].stitching_layers", put("stitches", 2, "stitching_layers", [])),
    ("$.stitches[2].stitching_layers[0]", put("stitches", 2, "stitching_layers", [9])),
    ("$.stitches[2].stitching_layers[0]", put("stitches", 2, "stitching_layers", [1])),
    ("$.stitches[0].route", swap_anchors),
    ("$.stitches[3].route", repeat_route),
    ("$.config.method.stitches", put("config", "method", {**METHODS["full"]})),
    ("$.config.method.stitches[1]", put("config", "method", {**METHODS["full"], "stitches": [0, 9]})),
    ("$.config.method.stitches[1]", put("config", "method", {**METHODS["lora"], "stitches": [3, 3]})),
    ("$.config.method.stitches[0]", put("config", "method", {**METHODS["lora"], "stitches": ["pico-16"]})),
    ("$.config.training.frozen_precision", round_tuned_weights),
    ("$.config.training.off_route_blocks", let_tuned_blocks_wait),
    ("$.stitches[4].interval", put("stitches", 4, "interval", 3)),
    ("$.stitches[0].interval", move_to_other_interval),
    ("$.intervals[1].stitches", put("intervals", 1, "stitches", 99)),
    ("$.intervals[1].low", put("intervals", 1, "low", 1e9)),
    ("$.family.classes", put("config", "task", "classes", 4)),
]


@pytest.mark.parametrize(("path", "edit"), EDITS, ids=[f"{i}-{path}" for i, (path, _) in enumerate(EDITS)])
def test_a_plan_edited_by_hand_is_refused_with_the_path(raw: dict[str, Any], path: str, edit: Edit) -> None:
    edited = copy.deepcopy(raw)
    edit(edited)
    with pytest.raises(EngineError, match=rf"^plan: {re.escape(path)}(: |\.)") as caught:
        make_plan(edited)
    assert caught.value.code == "plan" and caught.value.exit_code == 2 and caught.value.hint


def test_every_rule_lets_a_good_plan_pass_and_is_tried_by_an_edit(raw: dict[str, Any]) -> None:
    caught = set()
    for _, edit in EDITS:
        edited = copy.deepcopy(raw)
        edit(edited)
        for rule in RULES:
            try:
                broken = next(rule(edited), None) is not None
            except (KeyError, IndexError, TypeError):
                continue  # the schema or an earlier rule refuses such a plan first
            if broken:
                caught.add(rule)
                break
    assert all(next(rule(raw), None) is None for rule in RULES)
    assert caught == set(RULES)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"schema_version": 1}'])
def test_what_is_no_plan_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(EngineError, match="plan"):
        read_plan(file)
    with pytest.raises(EngineError, match="cannot read"):
        read_plan(tmp_path / "absent.json")


def test_help_and_plan_checks_import_no_torch(raw: dict[str, Any], tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.json", {**raw, "schema_version": 3})
    script = f"""
import sys
sys.path.insert(0, {str(ROOT / "python")!r})
from esta_engine.__main__ import main
try:
    main(["--help"])
except SystemExit as ended:
    assert ended.code == 0
code = main(["run", "--plan", {str(plan)!r}, "--run-dir", {str(tmp_path / "run")!r}])
heavy = {{"torch", "transformers", "datasets", "sklearn", "numpy"}} & set(sys.modules)
assert not heavy, heavy
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "$.schema_version" in done.stderr and "Traceback" not in done.stderr
    assert json.loads(plan.read_text())["schema_version"] == 3
    assert not (tmp_path / "run").exists()

"""The planner's numbers of trained parameters against the engine's own networks.

`tests/contract/costs/trainable.json` holds plans for tiny-vit and what TypeScript says each of them trains:
its memory estimate rests on these numbers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from esta_engine.adaptation.methods import make_network
from esta_engine.anchors.load import load_anchors
from esta_engine.plan import read_plan

CASES = json.loads((Path(__file__).parents[2] / "contract" / "costs" / "trainable.json").read_text())


def name(case: dict[str, Any]) -> str:
    method = case["plan"]["config"]["method"]
    listed = "-".join(map(str, method.get("stitches", [])))
    bias = method.get("stitch_bias", {})
    shared = "shared" if bias.get("shared") else ""
    return " ".join(filter(None, [method["name"], bias.get("sites"), shared, listed]))


@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_engine_trains_what_the_planner_counts(case: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(case["plan"]))
    plan = read_plan(file)
    network = make_network(plan, load_anchors(plan))
    shared = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    trained = range(len(plan.stitches)) if plan.alone is None else plan.alone
    created = [network.biases.create(stitch) for stitch in trained]
    biases = [0 if parameter is None else parameter.numel() for parameter in created]

    claimed = case["trained"]
    # A method that tunes stitches one by one has each one's biases once: the planner counts them as shared.
    assert shared + sum(biases) == claimed["shared"] + claimed["biases"]
    if plan.method == "esta":
        assert (sum(biases), max(biases)) == (claimed["biases"], claimed["largest_biases"])

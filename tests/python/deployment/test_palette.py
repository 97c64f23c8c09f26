"""The palette on disk: what is written is read back, and nothing else is taken for it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.adaptation.methods import METHODS
from esta_engine.anchors.load import load_anchors
from esta_engine.deployment.palette import (
    Choice,
    check_anchors,
    make_palette,
    read_adapter,
    read_palette,
    write_palette,
)
from esta_engine.errors import EngineError
from esta_engine.plan import Plan, make_plan
from esta_engine.terms import ALONE_METHODS
from runs import digits_task, raw_plan

CHOICE = Choice(
    [0, 1, 4], "fisher", [0.5, None, 0.1, 0.2, 3.5, None, 0.0, 0.0, 0.0], [3, 0, 1, 1, 2, 0, 1, 1, 1]
)
EVALUATIONS = {
    (4, "test"): {"accuracy": 0.75, "loss": None},
    (4, "validation"): {"accuracy": 0.5, "loss": 1.0},
    (0, "test"): {"accuracy": 0.625, "loss": 2.0},
    (7, "test"): {"accuracy": 0.9375, "loss": 0.5},
}
TENSORS = {"heads.a.bias": torch.arange(3.0), "biases.4": torch.ones(2)}


@pytest.fixture(scope="module")
def plan(pico_folders: list[Path]) -> Plan:
    return make_plan(raw_plan(pico_folders, digits_task()))


@pytest.fixture
def palette(plan: Plan) -> dict[str, Any]:
    return make_palette(plan, load_anchors(plan), list("0123456789"), CHOICE, EVALUATIONS)


def test_a_palette_names_its_stitches_and_what_was_measured(plan: Plan, palette: dict[str, Any]) -> None:
    assert [stitch["id"] for stitch in palette["stitches"]] == [0, 1, 4]
    assert [stitch["score"] for stitch in palette["stitches"]] == [0.5, None, 3.5]
    assert [stitch["draws"] for stitch in palette["stitches"]] == [3, 0, 2]
    assert palette["stitches"][2]["metrics"] == {
        "test": EVALUATIONS[4, "test"],
        "validation": EVALUATIONS[4, "validation"],
    }
    assert palette["stitches"][1]["metrics"] == {}
    assert palette["score"] == "fisher"


def test_what_is_written_is_read_back_and_bytes_repeat(palette: dict[str, Any], tmp_path: Path) -> None:
    files = write_palette(tmp_path / "one", palette, TENSORS)
    again = write_palette(tmp_path / "two", palette, dict(reversed(TENSORS.items())))
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in again]
    read = read_palette(tmp_path / "one")
    assert {key: value for key, value in read.items() if key != "adapter_sha256"} == palette
    tensors = read_adapter(tmp_path / "one", read)
    assert tensors.keys() == TENSORS.keys() and all(
        torch.equal(tensors[name], TENSORS[name]) for name in TENSORS
    )


def test_another_adapter_is_refused(palette: dict[str, Any], tmp_path: Path) -> None:
    write_palette(tmp_path, palette, TENSORS)
    read = read_palette(tmp_path)
    write_palette(tmp_path / "other", palette, {"heads.a.bias": torch.zeros(3)})
    (tmp_path / "other" / "adapter.safetensors").replace(tmp_path / "adapter.safetensors")
    with pytest.raises(EngineError, match="is not the file that the palette was written with"):
        read_adapter(tmp_path, read)
    (tmp_path / "adapter.safetensors").unlink()
    with pytest.raises(EngineError, match="is missing"):
        read_adapter(tmp_path, read)


def test_other_anchors_are_refused(plan: Plan, palette: dict[str, Any]) -> None:
    anchors = load_anchors(plan)
    check_anchors(palette, anchors)
    anchors[1].sha256 = "0" * 64
    with pytest.raises(EngineError, match="weights of anchor pico-32 changed") as caught:
        check_anchors(palette, anchors)
    assert caught.value.code == "weights"


def test_a_run_without_a_palette_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="has no palette yet") as caught:
        read_palette(tmp_path / "run" / "palette")
    assert f"esta resume {tmp_path / 'run'}" in str(caught.value.hint)


def test_the_card_shows_costs_and_measurements_in_order_of_cost(
    palette: dict[str, Any], tmp_path: Path
) -> None:
    write_palette(tmp_path, palette, TENSORS)
    lines = (tmp_path / "README.md").read_text().splitlines()
    (head,) = [number for number, line in enumerate(lines) if line.startswith("| id |")]
    assert lines[head] == "| id | network | MACs | parameters | accuracy, validation | accuracy, test |"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[head + 2 : head + 5]]
    costs = [int(row[2].replace(",", "")) for row in rows]
    assert costs == sorted(costs) and len(rows) == 3
    assert {row[0]: row[4:] for row in rows} == {
        "0": ["-", "0.6250"],
        "1": ["-", "-"],
        "4": ["0.5000", "0.7500"],
    }


@pytest.mark.parametrize("method", METHODS)
def test_the_card_says_how_the_palette_came_to_be(
    palette: dict[str, Any], method: str, tmp_path: Path
) -> None:
    write_palette(tmp_path, {**palette, "method": method}, TENSORS)
    card = (tmp_path / "README.md").read_text()
    alone = method in ALONE_METHODS
    assert ("Tuned one by one" in card) == alone != ("Fine-tuned together" in card)
    assert ("nothing had to be chosen" in card) == alone != ("chosen by their fisher score" in card)


def test_numbers_that_are_not_finite_never_reach_the_palette(palette: dict[str, Any], tmp_path: Path) -> None:
    palette["stitches"][0]["score"] = math.nan
    with pytest.raises(ValueError):
        write_palette(tmp_path, palette, TENSORS)
    assert not (tmp_path / "palette.json").exists()

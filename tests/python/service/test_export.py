"""The export job: what it writes is told and gives the palette's logits; what cannot be is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from esta_engine.errors import EngineError
from esta_engine.plan import read_plan
from esta_engine.service.export import export
from esta_engine.service.job import Options
from esta_engine.service.restore import load_palette
from esta_engine.service.run_folder import RunFolder
from pico import images
from runs import finish_run, last_event
from transformers import AutoModelForImageClassification


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finish_run(tmp_path_factory.mktemp("export"))


def test_an_anchor_and_a_stitch_give_the_palettes_logits(finished: Path, tmp_path: Path) -> None:
    parts, palette = load_palette(RunFolder(finished), read_plan(finished / "plan.json"), torch.device("cpu"))
    stitched = next(stitch["id"] for stitch in palette["stitches"] if len(stitch["route"]) > 1)
    for stitch in (1, stitched):
        out = tmp_path / str(stitch)
        assert export(Options(finished), stitch, out, force=False) == 0
        for path in last_event(finished)["outputs"]:
            assert Path(path).parent == out and Path(path).is_file()
        model = AutoModelForImageClassification.from_pretrained(out, trust_remote_code=True)
        inputs = images(6)
        with torch.no_grad():
            expected, got = parts.network(inputs, stitch), model(**inputs).logits
        assert (got - expected).abs().max() <= 1e-5 * expected.abs().max()
        assert [model.config.id2label[number] for number in range(10)] == palette["task"]["classes"]


def test_a_folder_with_content_is_replaced_only_with_force(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(EngineError, match="exists and is not empty"):
        export(Options(finished), 0, tmp_path, force=False)
    assert export(Options(finished), 0, tmp_path, force=True) == 0
    assert (tmp_path / "thesis.tex").read_text() == "years" and (tmp_path / "config.json").is_file()


def test_a_stitch_outside_the_palette_is_refused(finished: Path, tmp_path: Path) -> None:
    kept = {
        stitch["id"] for stitch in json.loads((finished / "palette" / "palette.json").read_text())["stitches"]
    }
    outside = next(number for number in range(9) if number not in kept)
    assert export(Options(finished), outside, tmp_path / "out", force=False) == 2
    event = last_event(finished)
    assert (
        event["code"] == "plan"
        and f"stitch {outside} is not in the palette; it holds 0, 1" in event["message"]
    )
    assert not (tmp_path / "out").exists()

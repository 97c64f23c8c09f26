"""Whole runs in this process: order of the phases, what is written, resuming, evaluating."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.errors import EngineError
from esta_engine.files import sha256_file
from esta_engine.plan import read_plan
from esta_engine.service.evaluate import evaluate
from esta_engine.service.job import Options
from esta_engine.service.restore import load_final_biases, load_palette
from esta_engine.service.run import resume, run
from esta_engine.service.run_folder import RunFolder
from runs import (
    Start,
    digits_task,
    events_of,
    files_task,
    last_event,
    named,
    raw_plan,
    serve_parts,
    write_digit_files,
    write_plan,
)


def test_a_run_goes_through_its_phases_and_tells_every_step(finished: Path) -> None:
    events = events_of(finished)
    names = [event["event"] for event in events]
    phases = [event["phase"] for event in named(finished, "phase")]
    assert phases == ["load", "initialise", "train", "choose", "evaluate", "write"]
    assert names[0] == "started" and names[-1] == "finished"
    assert [event["step"] for event in named(finished, "step")] == list(range(1, 13))
    assert [event["step"] for event in named(finished, "checkpoint")] == [0, 4, 8, 12]
    with_probabilities = [event["step"] for event in named(finished, "step") if "probabilities" in event]
    assert with_probabilities == [4, 8, 12]
    assert len({event["run_id"] for event in events}) == 1
    first = names.index("stitch_evaluated")
    assert (
        names.index("palette_chosen") < first
        and "stitch_evaluated" not in names[: names.index("palette_chosen")]
    )
    for path in events[-1]["outputs"]:
        assert (finished / path).is_file()


def test_the_palette_holds_anchors_and_choice_with_their_measurements(finished: Path) -> None:
    palette = json.loads((finished / "palette" / "palette.json").read_text())
    (chosen,) = named(finished, "palette_chosen")
    plan = read_plan(finished / "plan.json")
    assert [stitch["id"] for stitch in palette["stitches"]] == chosen["stitches"]
    assert chosen["stitches"][:2] == [0, 1] and len(chosen["stitches"]) > 3
    for stitch in palette["stitches"]:
        assert stitch["macs"] == plan.stitches[stitch["id"]].macs
        assert (
            stitch["score"] == chosen["scores"][stitch["id"]]
            and stitch["draws"] == chosen["draws"][stitch["id"]]
        )
        assert set(stitch["metrics"]) == {"validation", "test"}
    assert sum(chosen["draws"]) == 12 and palette["score"] == chosen["score"] == "snip"
    card = (finished / "palette" / "README.md").read_text()
    assert all(stitch["name"] in card for stitch in palette["stitches"])


def test_equal_runs_give_equal_files_and_names_nothing_of_the_run(start: Start, finished: Path) -> None:
    plan = json.loads((finished / "plan.json").read_text())
    folders = [Path(anchor["weights"]["location"]) for anchor in plan["anchors"]]
    code, again = start(folders=folders)
    assert code == 0
    adapter = again / "palette" / "adapter.safetensors"
    assert sha256_file(adapter) == sha256_file(finished / "palette" / "adapter.safetensors")
    header = adapter.read_bytes()[:20000]
    run_id = events_of(again)[0]["run_id"]
    assert run_id.encode() not in header and str(again).encode() not in header
    assert (again / "palette" / "palette.json").read_text() == (
        finished / "palette" / "palette.json"
    ).read_text()
    assert (
        hashlib.sha256(adapter.read_bytes()).hexdigest() in (again / "palette" / "palette.json").read_text()
    )


def test_a_reloaded_palette_measures_the_same(copy: Path) -> None:
    palette = json.loads((copy / "palette" / "palette.json").read_text())
    (copy / "evaluations.ndjson").unlink()
    assert evaluate(Options(copy), "palette", "test") == 0
    records = [json.loads(line) for line in (copy / "evaluations.ndjson").read_text().splitlines()]
    assert {record["stitch"]: record["metrics"] for record in records} == {
        stitch["id"]: stitch["metrics"]["test"] for stitch in palette["stitches"]
    }


def test_evaluating_all_adds_only_what_is_missing(copy: Path) -> None:
    known = (copy / "evaluations.ndjson").read_text()
    stitches = len(read_plan(copy / "plan.json").stitches)
    (copy / "evaluations.ndjson").write_text(known + '{"schema_version":1,"stitch":3,"spl')  # a killed run's
    assert evaluate(Options(copy), "all", "test") == 0
    lines = (copy / "evaluations.ndjson").read_text()
    assert lines.startswith(known)
    tests = [record["stitch"] for record in map(json.loads, lines.splitlines()) if record["split"] == "test"]
    assert sorted(tests) == list(range(stitches))
    before = len(named(copy, "stitch_evaluated"))
    assert evaluate(Options(copy), "0,3", "test") == 0
    assert len(named(copy, "stitch_evaluated")) == before
    with pytest.raises(EngineError, match=f"no stitch '{stitches}'; ids go from 0 to {stitches - 1}"):
        evaluate(Options(copy), f"0,{stitches}", "test")


def test_a_run_that_evaluates_all_gives_what_evaluating_afterwards_does(copy: Path, tmp_path: Path) -> None:
    everything = Options(tmp_path / "all", evaluate_all=True)
    assert run(copy / "plan.json", everything, force=False) == 0
    assert evaluate(Options(copy), "all", "test") == 0
    # Neither knows the networks that the other's process held in memory.
    first, second = (
        {(line["split"], line["stitch"]): line["metrics"] for line in map(json.loads, text.splitlines())}
        for text in ((folder / "evaluations.ndjson").read_text() for folder in (copy, everything.run_dir))
    )
    assert first == second
    assert last_event(everything.run_dir)["event"] == "finished"


def test_stitches_outside_the_palette_get_their_trained_biases(copy: Path) -> None:
    plan = read_plan(copy / "plan.json")
    parts, palette = load_palette(RunFolder(copy), plan, torch.device("cpu"))
    kept = {stitch["id"] for stitch in palette["stitches"]}
    (chosen,) = named(copy, "palette_chosen")
    outside = [id_ for id_, draws in enumerate(chosen["draws"]) if draws and id_ not in kept]
    assert outside and all(parts.network.biases.parameter(id_) is None for id_ in outside)
    load_final_biases(RunFolder(copy), parts, outside)
    for id_ in outside:
        biases = parts.network.biases.parameter(id_)
        assert biases is not None and biases.detach().abs().max() > 0


def test_a_run_on_new_data_is_not_begun_over_an_old_one(start: Start) -> None:
    code, folder = start()
    assert code == 0
    with pytest.raises(EngineError, match="holds a run already"):
        start()
    old = events_of(folder)[0]["run_id"]
    assert start(force=True)[0] == 0
    assert {event["run_id"] for event in events_of(folder)} != {old}


def test_resuming_a_finished_run_changes_no_file_of_the_palette(copy: Path) -> None:
    before = {file.name: file.read_bytes() for file in (copy / "palette").iterdir()}
    assert resume(Options(copy)) == 0
    assert before == {file.name: file.read_bytes() for file in (copy / "palette").iterdir()}
    assert len(named(copy, "step")) == 12
    assert named(copy, "started")[-1]["resumed_from_step"] == 12


_METHODS: dict[str, dict[str, Any]] = {
    "lora": {"name": "lora"},
    "lora-stitches": {"name": "lora", "stitches": [5, 1]},
    "full": {"name": "full", "stitches": [0, 4]},
    "linear-probe": {"name": "linear-probe"},
    "snnet": {"name": "snnet"},
    "snnetv2": {"name": "snnetv2"},
}


@pytest.mark.parametrize("case", _METHODS)
def test_other_methods_run_and_are_evaluated_again(
    tmp_path: Path, case: str, pico_folders: list[Path]
) -> None:
    changes = {"method": _METHODS[case], "training": {"steps": 6}}
    plan = raw_plan(pico_folders, digits_task(), changes=changes)
    tuned = plan["config"]["method"].get("stitches")
    place = tmp_path / "run"
    code = run(write_plan(tmp_path / "plan.json", plan), Options(place), force=False)
    assert code == 0, last_event(place)
    assert len(named(place, "step")) == 6 * (1 if tuned is None else len(tuned))
    (chosen,) = named(place, "palette_chosen")
    first = (place / "evaluations.ndjson").read_text()
    (place / "evaluations.ndjson").unlink()
    assert evaluate(Options(place), "palette" if tuned is None else "all", "test") == 0
    again = set((place / "evaluations.ndjson").read_text().splitlines())
    assert again < set(first.splitlines()) and len(again) == len(chosen["stitches"])
    if tuned is not None:
        assert chosen["stitches"] == sorted(tuned)
        with pytest.raises(EngineError, match="stitch 7 was not tuned"):
            evaluate(Options(place), "7", "test")


def test_no_held_out_label_is_read_before_the_palette_is_chosen(start: Start, tmp_path: Path) -> None:
    train = write_digit_files(tmp_path / "images")
    pipes = {split: tmp_path / "images" / f"{split}.csv" for split in ("validation", "test")}
    seen = serve_parts(pipes, train.read_text(), tmp_path / "run")
    code, folder = start(files_task(train, *pipes.values(), format="csv"))
    assert code == 0, last_event(folder)
    assert "palette_chosen" in seen["validation"] and "stitch_evaluated" not in seen["validation"]
    assert "palette_chosen" in seen["test"]

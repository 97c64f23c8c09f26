"""Whole runs in this process: order of the phases, what is written, resuming, evaluating, and bad input."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
from collections.abc import Callable
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
from pico import save_anchors, save_model, vit_model
from PIL import Image
from runs import digits_task, events_of, files_task, last_event, named, raw_plan, write_plan

Start = Callable[..., tuple[int, Path]]


@pytest.fixture
def start(pico_folders: list[Path], tmp_path: Path) -> Start:
    def start(task: dict[str, Any] | None = None, name: str = "run", **options: Any) -> tuple[int, Path]:
        folders = options.pop("folders", pico_folders)
        force = options.pop("force", False)
        plan = raw_plan(folders, task or digits_task(), **options)
        return run(
            write_plan(tmp_path / f"{name}.json", plan), Options(tmp_path / name), force
        ), tmp_path / name

    return start


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with anchors of its own."""
    place = tmp_path_factory.mktemp("finished")
    plan = raw_plan(save_anchors(place / "anchors"), digits_task())
    assert run(write_plan(place / "plan.json", plan), Options(place / "run"), force=False) == 0
    return place / "run"


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


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


def write_digit_files(folder: Path, names: str = "0123456789") -> Path:
    """A CSV over a few of scikit-learn's digits as images of their own."""
    from sklearn.datasets import load_digits

    raw = load_digits()
    folder.mkdir()
    rows = ["image,label"]
    for number in range(60):
        Image.fromarray((raw.images[number] * 15).astype("uint8")).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{names[raw.target[number]]}")
    (folder / "part.csv").write_text("\n".join(rows))
    return folder / "part.csv"


def test_no_held_out_label_is_read_before_the_palette_is_chosen(start: Start, tmp_path: Path) -> None:
    """Validation and test part are named pipes: nothing can be read from them before we write it, and we see
    the very moment at which the engine opens them."""
    import os

    train = write_digit_files(tmp_path / "images")
    pipes = {split: tmp_path / "images" / f"{split}.csv" for split in ("validation", "test")}
    seen: dict[str, list[str]] = {}

    def serve(split: str) -> None:
        os.mkfifo(pipes[split])
        with pipes[split].open("w") as part:  # blocks until the engine opens it
            seen[split] = [event["event"] for event in events_of(tmp_path / "run")]
            part.write(train.read_text())

    threads = [threading.Thread(target=serve, args=(split,), daemon=True) for split in pipes]
    for thread in threads:
        thread.start()
    while not all(pipe.exists() for pipe in pipes.values()):
        time.sleep(0.01)
    code, folder = start(files_task(train, *pipes.values(), format="csv"))
    assert code == 0, last_event(folder)
    assert "palette_chosen" in seen["validation"] and "stitch_evaluated" not in seen["validation"]
    assert "palette_chosen" in seen["test"]


def failed(folder: Path) -> dict[str, Any]:
    event = last_event(folder)
    assert event["event"] == "failed", event
    return event


def test_labels_that_differ_end_the_evaluation_and_the_run_goes_on_once_corrected(
    start: Start, tmp_path: Path
) -> None:
    train = write_digit_files(tmp_path / "train")
    wrong = write_digit_files(tmp_path / "test", names="012345678x")
    code, folder = start(files_task(train, 0.2, wrong))
    event = failed(folder)
    assert code == 4 and event["code"] == "data" and event["checkpoint_step"] == 12
    assert "labels that the training part has not: 'x'" in event["message"]
    wrong.write_text(wrong.read_text().replace(",x", ",9"))
    assert resume(Options(folder)) == 0
    assert len(named(folder, "step")) == 12


def test_a_loss_that_is_not_finite_names_step_stitch_and_last_good_checkpoint(start: Start) -> None:
    changes = {
        "method": {"head": {"learning_rate": 1e30}},
        "training": {"steps": 40, "checkpoint_every": 1, "clip_norm": None, "warmup_steps": 10},
    }
    code, folder = start(changes=changes)
    event = failed(folder)
    assert code == 4 and event["code"] == "numeric"
    steps = named(folder, "step")
    assert event["step"] == len(steps) + 1 and 0 <= event["stitch"] < 9
    assert event["checkpoint_step"] == len(steps) == named(folder, "checkpoint")[-1]["step"] > 0
    assert event["hint"]
    code = resume(Options(folder))
    assert (
        code == 4 and failed(folder)["step"] == event["step"] and failed(folder)["stitch"] == event["stitch"]
    )


def without_weights(folders: list[Path]) -> None:
    (folders[1] / "model.safetensors").unlink()


def without_folder(folders: list[Path]) -> None:
    shutil.rmtree(folders[1])


def without_preprocessor(folders: list[Path]) -> None:
    for folder in folders:
        (folder / "preprocessor_config.json").unlink()


def with_other_preprocessing(folders: list[Path]) -> None:
    save_model(vit_model(32, 3), folders[1], image_mean=[0.1, 0.2, 0.3])


def with_other_tokens(folders: list[Path]) -> None:
    shutil.rmtree(folders[1])
    save_model(vit_model(32, 3, patch_size=3), folders[1])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_weights, "pico-32 holds no .*safetensors"),
        (without_folder, "pico-32 holds no model"),
        (without_preprocessor, "preprocessor_config.json"),
        (with_other_preprocessing, "preprocess images differently: image_mean"),
        (with_other_tokens, "its inputs make 17 tokens, the plan says 10"),
    ],
)
def test_anchors_that_cannot_be_stitched_are_refused(
    tmp_path: Path, spoil: Callable[[list[Path]], None], message: str
) -> None:
    import re

    folders = save_anchors(tmp_path / "anchors")
    plan = write_plan(tmp_path / "plan.json", raw_plan(folders, digits_task()))
    spoil(folders)
    code = run(plan, Options(tmp_path / "run"), force=False)
    event = failed(tmp_path / "run")
    assert code == 4 and event["code"] == "weights"
    assert re.search(message, event["message"]), event["message"]


@pytest.mark.parametrize("source", [Path("/nowhere/at/all"), Path("/nowhere/part.csv")])
def test_missing_data_is_told(start: Start, source: Path) -> None:
    code, folder = start(files_task(source))
    assert code == 4 and failed(folder)["code"] == "data"
    assert f"{source} does not exist" in failed(folder)["message"]


def test_an_image_that_does_not_decode_is_named(start: Start, tmp_path: Path) -> None:
    train = write_digit_files(tmp_path / "train")
    (tmp_path / "train" / "7.png").write_bytes(b"no image")
    code, folder = start(files_task(train, train, train))
    assert code == 4 and failed(folder)["code"] == "data"
    assert "7.png does not decode" in failed(folder)["message"]


def test_a_plan_without_a_task_is_not_run(pico_folders: list[Path], tmp_path: Path) -> None:
    plan = raw_plan(pico_folders, digits_task())
    del plan["config"]["task"]
    with pytest.raises(EngineError, match=r"\$\.config\.task: missing"):
        run(write_plan(tmp_path / "plan.json", plan), Options(tmp_path / "run"), force=False)
    assert not (tmp_path / "run").exists()


def test_a_device_that_is_not_there_is_an_environment_failure(start: Start) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    code, folder = start(changes={"run": {"device": "cuda"}})
    assert code == 3 and failed(folder)["code"] == "environment"


def test_a_palette_refuses_other_anchors_and_another_adapter(copy: Path, tmp_path: Path) -> None:
    adapter = copy / "palette" / "adapter.safetensors"
    whole = adapter.read_bytes()
    adapter.write_bytes(whole[:-1] + b"?")
    assert evaluate(Options(copy), "palette", "train") == 4
    assert "not the file that the palette was written with" in failed(copy)["message"]
    adapter.write_bytes(whole)

    plan = json.loads((copy / "plan.json").read_text())
    location = Path(plan["anchors"][1]["weights"]["location"])
    other = save_model(vit_model(32, 3, seed=7), tmp_path / location.name)
    plan["anchors"][1]["weights"]["location"] = str(other)
    write_plan(copy / "plan.json", plan)
    assert evaluate(Options(copy), "palette", "train") == 4
    event = failed(copy)
    assert event["code"] == "weights" and "weights of anchor pico-32 changed" in event["message"]


def test_resuming_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="is no run folder"):
        resume(Options(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


def test_blocks_that_were_to_wait_on_the_cpu_are_a_warning_there(start: Start) -> None:
    code, folder = start(changes={"training": {"steps": 2, "off_route_blocks": "cpu"}})
    (warning,) = named(folder, "warning")
    assert (code, warning["code"]) == (0, "off-route-blocks")
    assert "does nothing here: the run is on the CPU" in warning["message"]


def test_a_run_goes_on_with_a_warning_where_its_environment_changed(copy: Path) -> None:
    environment = json.loads((copy / "environment.json").read_text())
    environment["packages"]["torch"] = "1.0"
    (copy / "environment.json").write_text(json.dumps(environment))
    assert resume(Options(copy)) == 0
    (warning,) = named(copy, "warning")
    assert warning["code"] == "environment-changed" and "1.0" in warning["message"]


def test_resuming_refuses_a_plan_or_anchors_that_changed_since(copy: Path, tmp_path: Path) -> None:
    plan = json.loads((copy / "plan.json").read_text())
    plan["config"]["training"]["steps"] = 14
    kept = (copy / "plan.json").read_text()
    write_plan(copy / "plan.json", plan)
    assert resume(Options(copy)) == 2
    assert "changed since the run began" in failed(copy)["message"]
    (copy / "plan.json").write_text(kept)

    weights = Path(plan["anchors"][0]["weights"]["location"]) / "model.safetensors"
    original = weights.read_bytes()
    try:
        weights.write_bytes(original[:-1] + b"\x01")
        assert resume(Options(copy)) == 4
        assert "weights of anchor pico-16 changed" in failed(copy)["message"]
    finally:
        weights.write_bytes(original)

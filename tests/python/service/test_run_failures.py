"""Runs in this process that fail, are refused, or go on with a warning."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from esta_engine.errors import EngineError
from esta_engine.files import read_json, write_json
from esta_engine.service.evaluate import evaluate
from esta_engine.service.job import Options
from esta_engine.service.run import resume, run
from pico import save_anchors, save_model, vit_model
from runs import (
    Start,
    digits_task,
    failed,
    files_task,
    named,
    raw_plan,
    write_digit_files,
    write_plan,
)


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


def with_other_pixels(folders: list[Path]) -> None:
    for folder in folders:
        file = folder / "preprocessor_config.json"
        write_json(file, {**read_json(file), "size": {"height": 9, "width": 9}})


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
        (with_other_pixels, "makes images of 9 x 9 pixels, and the plan counts on 12 x 12"),
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


def test_a_run_of_a_device_that_is_not_here_goes_on_with_what_there_is(copy: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    environment = read_json(copy / "environment.json")
    write_json(copy / "environment.json", {**environment, "device": "cuda"})
    assert evaluate(Options(copy), "palette", "validation") == 0
    assert any("device: cuda -> " in event["message"] for event in named(copy, "warning"))


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

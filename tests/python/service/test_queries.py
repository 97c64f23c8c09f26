"""Queries: JSON in, JSON out, errors as data; over stdin and stdout nothing but answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from esta_engine.data.preprocessing import Preprocessor
from esta_engine.plan import read_plan
from esta_engine.service.queries import answer
from esta_engine.service.restore import load_palette
from esta_engine.service.run_folder import RunFolder
from PIL import Image
from runs import ROOT


def ask(query: str, **parameters: Any) -> dict[str, Any]:
    reply: dict[str, Any] = json.loads(answer(json.dumps({"query": query, **parameters})))
    return reply


@pytest.fixture
def images(tmp_path: Path) -> list[str]:
    for number in range(3):
        Image.effect_noise((20, 30), 20 + 30 * number).save(tmp_path / f"{number}.png")
    return [str(tmp_path / f"{number}.png") for number in range(3)]


def test_a_prediction_is_the_softmax_of_the_stitchs_logits(finished: Path, images: list[str]) -> None:
    reply = ask("predict", run=str(finished), stitch=1, images=images)
    assert reply["ok"], reply
    parts, _ = load_palette(RunFolder(finished), read_plan(finished / "plan.json"), torch.device("cpu"))
    with torch.no_grad():
        logits = parts.network({"pixel_values": parts.preprocessor([Image.open(path) for path in images])}, 1)
    for row, prediction in zip(logits.double().softmax(dim=1), reply["result"]["predictions"], strict=True):
        assert prediction["class"] == str(int(row.argmax()))
        assert list(prediction["probabilities"].values()) == pytest.approx(row.tolist())
        assert sum(prediction["probabilities"].values()) == pytest.approx(1)


def test_a_model_folder_is_described_with_its_parameters(finished: Path) -> None:
    reply = ask("describe", folder=str(finished.parent / "anchors" / "pico-16"))
    from transformers import AutoModelForImageClassification

    model = AutoModelForImageClassification.from_pretrained(finished.parent / "anchors" / "pico-16")
    assert reply["result"]["config"]["hidden_size"] == 16
    assert reply["result"]["parameters"] == sum(parameter.numel() for parameter in model.parameters())


def test_the_environment_names_versions_and_device() -> None:
    result = ask("environment")["result"]
    assert result["packages"]["torch"] == str(torch.__version__)
    assert result["device"] in ("cpu", "cuda", "mps") and result["executable"] == sys.executable


def test_mistakes_are_answers(finished: Path, images: list[str], tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    run_, absent = str(finished), str(tmp_path / "absent.png")
    cases = [
        (ask("dance"), "plan", "no query 'dance'"),
        (json.loads(answer("{")), "plan", "not JSON"),
        (json.loads(answer("[]")), "plan", "no query None"),
        (ask("predict", run=run_, stitch=1), "plan", "no images"),
        (ask("predict", run=run_, stitch=99, images=images), "plan", "not in the palette; it holds 0, 1"),
        (ask("predict", run=run_, stitch=1, images=[absent]), "data", "absent.png is missing"),
        (
            ask("predict", run=run_, stitch=1, images=[str(tmp_path / "broken.png")]),
            "data",
            "does not decode",
        ),
        (ask("predict", run=str(tmp_path), stitch=1, images=images), "plan", "is no run folder"),
        (ask("describe", folder=str(tmp_path)), "weights", "no config.json"),
        (ask("describe"), "plan", "needs 'folder'"),
    ]
    for reply, code, message in cases:
        assert not reply["ok"] and reply["error"]["code"] == code and message in reply["error"]["message"], (
            reply
        )


def test_images_are_decoded_as_many_at_a_time_as_are_evaluated(
    finished: Path, images: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    size = json.loads((finished / "plan.json").read_text())["config"]["training"]["batch_size"]
    many = [images[number % len(images)] for number in range(2 * size + 1)]
    calls: list[int] = []
    preprocess = Preprocessor.__call__

    def spy(self: Preprocessor, given: Any) -> Any:
        calls.append(len(given))
        return preprocess(self, given)

    monkeypatch.setattr(Preprocessor, "__call__", spy)
    predictions = ask("predict", run=str(finished), stitch=1, images=many)["result"]["predictions"]
    assert calls == [size, size, 1] and [one["image"] for one in predictions] == many
    alone = ask("predict", run=str(finished), stitch=1, images=many[-1:])["result"]["predictions"]
    assert alone[0]["class"] == predictions[-1]["class"]
    assert alone[0]["probabilities"] == pytest.approx(predictions[-1]["probabilities"], rel=1e-4)


def test_served_over_stdin_and_stdout_there_are_answers_only(finished: Path) -> None:
    requests = [{"query": "describe", "folder": str(finished.parent / "anchors" / "pico-32")}, {"query": "x"}]
    lines = "\n".join(map(json.dumps, requests)) + "\n\n"
    done = subprocess.run(
        [sys.executable, "-m", "esta_engine", "query"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "python")},
    )
    assert [json.loads(line)["ok"] for line in done.stdout.splitlines()] == [True, False]

"""The latency job: a line a stitch and batch size in latencies.ndjson, told as events; refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from esta_engine.errors import EngineError
from esta_engine.evaluation.latency import WARM_UP_ROUNDS
from esta_engine.service import latency as service
from esta_engine.service.job import Options
from esta_engine.service.latency import latency
from runs import events_of, finish_run, last_event, named


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finish_run(tmp_path_factory.mktemp("latency"))


def _lines(finished: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (finished / "latencies.ndjson").read_text().splitlines()]


def test_the_palette_is_measured_at_each_batch_size(finished: Path) -> None:
    palette = json.loads((finished / "palette" / "palette.json").read_text())
    kept = [stitch["id"] for stitch in palette["stitches"]]
    evaluations = (finished / "evaluations.ndjson").read_bytes()
    assert latency(Options(finished), "palette", [1, 3], 2) == 0
    lines = _lines(finished)
    assert [(line["batch_size"], line["stitch"]) for line in lines] == [
        (size, stitch) for size in (1, 3) for stitch in kept
    ]
    for line in lines:
        assert 0 < line["low_ms"] <= line["median_ms"] <= line["high_ms"]
        assert (line["device"], line["threads"], line["repeats"]) == ("cpu", 1, 2)
    measured = named(finished, "latency_measured")
    assert [event["median_ms"] for event in measured] == [line["median_ms"] for line in lines]
    rounds = 2 * (WARM_UP_ROUNDS + 2)
    assert [event["round"] for event in named(finished, "round")] == list(range(1, rounds + 1))
    assert last_event(finished)["outputs"] == ["latencies.ndjson"]
    assert (finished / "evaluations.ndjson").read_bytes() == evaluations


def test_stitches_outside_the_palette_and_networks_that_do_not_fit_together(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_free_bytes", lambda _: 1.0)
    before = len(_lines(finished)) if (finished / "latencies.ndjson").exists() else 0
    assert latency(Options(finished), "5,0", [1], 1) == 0
    assert [line["stitch"] for line in _lines(finished)[before:]] == [0, 5]
    # One group a stitch, since none has room beside another.
    assert events_of(finished)[-2]["event"] == "latency_measured"
    assert named(finished, "round")[-1]["rounds"] == 2 * (WARM_UP_ROUNDS + 1)


def test_what_cannot_be_measured_is_refused(finished: Path) -> None:
    for stitches, sizes, repeats in (("99", [1], 1), ("0", [0], 1), ("0", [1], 0), ("0", [], 1)):
        with pytest.raises(EngineError) as caught:
            latency(Options(finished), stitches, sizes, repeats)
        assert caught.value.code == "plan"

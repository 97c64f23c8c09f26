"""The dry run holds a plan against networks without weights, and finds what is wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from esta_engine.__main__ import main
from esta_engine.anchors.load import load_anchor
from esta_engine.errors import EngineError
from esta_engine.plan import make_plan
from esta_engine.service.dry_run import dry_run, try_plan
from pico import CLASSES, raw_pico_plan, save_anchors
from pico_text import raw_text_plan, save_text_anchors


def _numel(*modules: Any) -> int:
    """Parameters of all of them, shared ones once."""
    return sum({id(p): p.numel() for module in modules for p in module.parameters()}.values())


def counted(raw: dict[str, Any]) -> dict[str, Any]:
    """The plan with the parameters that the merged networks of its loaded anchors have."""
    pooling = raw["family"]["input"].get("pooling")
    anchors = [
        load_anchor(one["name"], Path(one["weights"]["location"]), pooling=pooling) for one in raw["anchors"]
    ]
    for stitch in raw["stitches"]:
        route = stitch["route"]
        first, last = anchors[route[0]["anchor"]], anchors[route[-1]["anchor"]]
        blocks = [b for part in route for b in anchors[part["anchor"]].blocks[part["start"] : part["end"]]]
        head = last.own_head()
        assert head is not None
        stitch["params"] = _numel(*first.embedding_modules(), *blocks, *last.final_modules(), head)
        for number in stitch["stitching_layers"]:
            layer = raw["stitching_layers"][number]
            stitch["params"] += layer["in_width"] * layer["out_width"] + layer["out_width"]
    return raw


def plans(tmp_path: Path, kind: str) -> dict[str, Any]:
    if kind == "vit":
        return counted(raw_pico_plan(save_anchors(tmp_path), None, None, CLASSES, None, 3))
    tied = {"tie_word_embeddings": True} if kind == "tied" else {}
    folders = save_text_anchors(tmp_path, "llama" if kind == "tied" else kind, **tied)
    shared = {"qwen2": {"qkv_bias": True}, "qwen3": {"qk_norm": True}}.get(kind, {})
    raw = raw_text_plan(folders, input_=shared)
    for anchor in raw["anchors"] if kind != "bert" else []:
        head_dim = 8 if kind == "qwen3" else anchor["width"] // 4
        anchor["extra"] = {"kv_heads": 2, "head_dim": head_dim, "tie_embeddings": kind == "tied"}
    return counted(raw)


@pytest.mark.parametrize("kind", ["vit", "llama", "tied", "qwen2", "qwen3", "bert"])
def test_parameters_are_those_of_real_anchors_and_one_route_of_each_kind_is_tried(
    tmp_path: Path, kind: str
) -> None:
    plan = make_plan(plans(tmp_path, kind))
    tried = try_plan(plan)
    assert tried["stitches"] == len(plan.stitches) > 3
    assert [route["stitch"] for route in tried["routes"]] == [0, 1, 2]
    rows = [16] if plan.family.kind == "llama" else []
    assert all(route["logits"] == [1, *rows, plan.family.classes] for route in tried["routes"])


@pytest.mark.parametrize(
    ("method", "tried"),
    [
        ({"name": "lora"}, [0, 1]),
        ({"name": "full", "stitches": [4, 3]}, [3]),
        ({"name": "linear-probe", "stitches": [0]}, [0]),
    ],
)
def test_of_stitches_tuned_one_by_one_only_those_are_tried(
    tmp_path: Path, method: dict[str, Any], tried: list[int]
) -> None:
    raw = counted(raw_pico_plan(save_anchors(tmp_path), method, None, CLASSES, None, 3))
    assert [route["stitch"] for route in try_plan(make_plan(raw))["routes"]] == tried


def test_no_weight_file_is_needed(tmp_path: Path) -> None:
    raw = plans(tmp_path, "llama")
    for anchor in raw["anchors"]:
        anchor["weights"] = None
    assert try_plan(make_plan(raw))["stitches"] == len(raw["stitches"])


def test_a_stitch_of_other_parameters_is_named(tmp_path: Path) -> None:
    raw = plans(tmp_path, "llama")
    right = raw["stitches"][-1]["params"]
    raw["stitches"][-1]["params"] += 1
    with pytest.raises(
        EngineError, match=f"it has {right:,} parameters, the plan says {right + 1:,}"
    ) as error:
        try_plan(make_plan(raw))
    assert (error.value.code, error.value.stitch) == ("plan", len(raw["stitches"]) - 1)


def test_shapes_that_do_not_fit_are_named(tmp_path: Path) -> None:
    raw = plans(tmp_path, "vit")
    raw["family"]["input"]["image_size"] = 16
    with pytest.raises(EngineError, match=r"stitch 0 .*parameters"):
        try_plan(make_plan(raw))
    raw = plans(tmp_path / "other", "bert")
    raw["family"]["input"]["sequence_length"] = 65
    with pytest.raises(EngineError, match=r"stitch 0 .*shapes do not fit"):
        try_plan(make_plan(raw))


def test_it_is_told_as_an_event_and_ends_with_a_code(tmp_path: Path) -> None:
    raw = plans(tmp_path, "llama")
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(raw))
    reader, writer = os.pipe()
    assert dry_run(file, writer) == 0
    events = [json.loads(line) for line in os.read(reader, 65536).splitlines()]
    assert [event["event"] for event in events] == ["dry_run", "finished"]
    assert events[0]["routes"][0] == {"stitch": 0, "name": raw["stitches"][0]["name"], "logits": [1, 16, 41]}
    os.close(reader)
    raw["stitches"][0]["params"] += 1
    file.write_text(json.dumps(raw))
    assert main(["dry-run", "--plan", str(file)]) == 2

"""Tables of a pico plan: anchors, paired routes like the planner's (kernel 2, stride 1), stitches, intervals.

Costs are made up, but ordered.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any


def plan_anchor(number: int, folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    width, depth = config["hidden_size"], config["num_hidden_layers"]
    return {
        "id": number, "name": folder.name, "width": width, "depth": depth,
        "heads": config["num_attention_heads"],
        "mlp_width": config.get("intermediate_size", int(width * config.get("mlp_ratio", 4))), "extra": {},
        "weights": {"source": "folder", "location": str(folder), "revision": None},
        "macs": 1000 * depth * width, "params": 100 * depth * width,
    }  # fmt: skip


def paired(anchors: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Stitching layers and two-segment routes between neighbours, windows of two blocks."""
    layers: list[dict[str, Any]] = []
    routes: list[dict[str, Any]] = []
    for front, end in pairwise(anchors):
        seen: set[tuple[int, int]] = set()
        for start in range(max(1, front["depth"] - 1)):
            points = [
                (j, k)
                for j in range(start, min(start + 2, front["depth"]))
                for k in range(start, min(start + 2, end["depth"]))
                if (j, k) not in seen
            ]
            seen |= set(points)
            number = len(layers)
            layers.append({
                "id": number, "front_anchor": front["id"], "end_anchor": end["id"],
                "in_width": front["width"], "out_width": end["width"], "points": [list(p) for p in points],
            })  # fmt: skip
            routes += [{"layer": number, "front": front, "end": end, "point": point} for point in points]
    return layers, routes


def plan_stitches(anchors: list[dict[str, Any]], routes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    whole = [
        {
            "name": anchor["name"], "stitching_layers": [],
            "route": [{"anchor": anchor["id"], "start": 0, "end": anchor["depth"]}],
            "macs": anchor["macs"], "params": anchor["params"], "memory_bytes": 4 * anchor["params"],
        }
        for anchor in anchors
    ]  # fmt: skip
    stitched = []
    for route in routes:
        (j, k), front, end = route["point"], route["front"], route["end"]
        cost = (j + 1) * front["width"] + (end["depth"] - k) * end["width"]
        stitched.append({
            "name": f"{front['name']}.{j}-{end['name']}.{k}", "stitching_layers": [route["layer"]],
            "route": [
                {"anchor": front["id"], "start": 0, "end": j + 1},
                {"anchor": end["id"], "start": k, "end": end["depth"]},
            ],
            "macs": 1000 * cost, "params": 100 * cost, "memory_bytes": 400 * cost,
        })  # fmt: skip
    return [{"id": number, **stitch} for number, stitch in enumerate(whole + stitched)]


def plan_intervals(stitches: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Equal-width intervals of MACs; sets each stitch's interval and cost group."""
    low, high = min(s["macs"] for s in stitches), max(s["macs"] for s in stitches)
    step = (high - low) / count
    for stitch in stitches:
        position = 0 if step == 0 else -(-(stitch["macs"] - low) // step) - 1
        stitch["interval"] = stitch["cost_group"] = int(min(count - 1, max(0, position)))
    return [
        {
            "id": number, "low": low + number * step, "high": low + (number + 1) * step,
            "stitches": sum(stitch["interval"] == number for stitch in stitches),
        }
        for number in range(count)
    ]  # fmt: skip

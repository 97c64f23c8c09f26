"""The rules between the fields of a plan, which its JSON Schema cannot say. All of them are listed here.

A plan that TypeScript wrote keeps every one; they catch plans edited by hand before a tensor is touched.
Each rule is a generator of mistakes over the raw JSON; the first mistake of the first rule is reported,
because later rules rely on earlier ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .terms import ALONE_METHODS, TUNING_METHODS


class Mistake(NamedTuple):
    """`path` is a JSON path such as $.stitches[3].route[1].end."""

    path: str
    message: str


def check_rules(plan: dict[str, Any]) -> Mistake | None:
    """The first mistake, or None. `plan` must already fit the JSON Schema."""
    for rule in RULES:
        for mistake in rule(plan):
            return mistake
    return None


def _ids_are_positions(plan: dict[str, Any]) -> Iterator[Mistake]:
    for table in ("anchors", "stitching_layers", "stitches", "intervals"):
        for position, item in enumerate(plan[table]):
            if item["id"] != position:
                yield Mistake(f"$.{table}[{position}].id", f"got {item['id']}, ids are positions: {position}")


def _totals_count(plan: dict[str, Any]) -> Iterator[Mistake]:
    for table in ("anchors", "stitching_layers", "stitches"):
        got, found = plan["totals"][table], len(plan[table])
        if got != found:
            yield Mistake(f"$.totals.{table}", f"got {got}, but the plan lists {found}")


def _names_differ(plan: dict[str, Any]) -> Iterator[Mistake]:
    seen: dict[str, int] = {}
    for position, anchor in enumerate(plan["anchors"]):
        first = seen.setdefault(anchor["name"], position)
        if first != position:
            yield Mistake(
                f"$.anchors[{position}].name", f"{anchor['name']!r} is anchor {first}'s name already"
            )


def _anchors_ascend(plan: dict[str, Any]) -> Iterator[Mistake]:
    """The last anchor is the largest: teachers and scores take it for that."""
    anchors = plan["anchors"]
    for position in range(1, len(anchors)):
        macs, before = anchors[position]["macs"], anchors[position - 1]["macs"]
        if macs < before:
            yield Mistake(
                f"$.anchors[{position}].macs", f"got {macs}, below the {before} of the anchor before it"
            )


def _heads_divide_widths(plan: dict[str, Any]) -> Iterator[Mistake]:
    for position, anchor in enumerate(plan["anchors"]):
        if "head_dim" not in anchor["extra"] and anchor["width"] % anchor["heads"]:
            yield Mistake(
                f"$.anchors[{position}].heads",
                f"{anchor['heads']} does not divide the width {anchor['width']}",
            )


def _stitching_layers_join_anchors(plan: dict[str, Any]) -> Iterator[Mistake]:
    anchors = plan["anchors"]
    for position, layer in enumerate(plan["stitching_layers"]):
        path = f"$.stitching_layers[{position}]"
        for end, width in (("front_anchor", "in_width"), ("end_anchor", "out_width")):
            if layer[end] >= len(anchors):
                yield Mistake(f"{path}.{end}", f"got {layer[end]}, there are {len(anchors)} anchors")
            elif layer[width] != anchors[layer[end]]["width"]:
                yield Mistake(
                    f"{path}.{width}",
                    f"got {layer[width]}, anchor {layer[end]} is {anchors[layer[end]]['width']} wide",
                )
        for index, (block, landing) in enumerate(layer["points"]):
            depths = anchors[layer["front_anchor"]]["depth"], anchors[layer["end_anchor"]]["depth"]
            if block >= depths[0] or landing >= depths[1]:
                yield Mistake(
                    f"{path}.points[{index}]", f"got [{block}, {landing}], the anchors have {depths} blocks"
                )


def _routes_are_whole(plan: dict[str, Any]) -> Iterator[Mistake]:
    """A route starts at a first block, ends at a last one, and every segment lies inside its anchor."""
    anchors = plan["anchors"]
    for position, stitch in enumerate(plan["stitches"]):
        path, route = f"$.stitches[{position}].route", stitch["route"]
        for index, segment in enumerate(route):
            if segment["anchor"] >= len(anchors):
                yield Mistake(
                    f"{path}[{index}].anchor", f"got {segment['anchor']}, there are {len(anchors)} anchors"
                )
                return
            depth = anchors[segment["anchor"]]["depth"]
            if not segment["start"] < segment["end"] <= depth:
                yield Mistake(
                    f"{path}[{index}]",
                    f"got blocks {segment['start']} to {segment['end']} of {depth} (end exclusive)",
                )
        if route[0]["start"] != 0:
            yield Mistake(f"{path}[0].start", f"got {route[0]['start']}, a route starts at block 0")
        depth = anchors[route[-1]["anchor"]]["depth"]
        if route[-1]["end"] != depth:
            yield Mistake(
                f"{path}[{len(route) - 1}].end",
                f"got {route[-1]['end']}, a route ends at its last anchor's end, {depth}",
            )


def _junctions_have_their_layer(plan: dict[str, Any]) -> Iterator[Mistake]:
    """Junction i of a route goes through stitching_layers[i], which must hold that very stitch point."""
    layers = plan["stitching_layers"]
    points = [set(map(tuple, layer["points"])) for layer in layers]
    for position, stitch in enumerate(plan["stitches"]):
        route, path = stitch["route"], f"$.stitches[{position}].stitching_layers"
        if len(stitch["stitching_layers"]) != len(route) - 1:
            yield Mistake(
                path, f"got {len(stitch['stitching_layers'])}, the route has {len(route) - 1} junctions"
            )
            continue
        for index, layer_id in enumerate(stitch["stitching_layers"]):
            front, end = route[index], route[index + 1]
            if layer_id >= len(layers):
                yield Mistake(f"{path}[{index}]", f"got {layer_id}, there are {len(layers)} stitching layers")
                continue
            layer = layers[layer_id]
            joins = (layer["front_anchor"], layer["end_anchor"])
            point = (front["end"] - 1, end["start"])
            if joins != (front["anchor"], end["anchor"]):
                yield Mistake(
                    f"{path}[{index}]",
                    f"layer {layer_id} joins anchors {joins[0]} and {joins[1]}, "
                    f"the route {front['anchor']} and {end['anchor']}",
                )
            elif point not in points[layer_id]:
                yield Mistake(
                    f"{path}[{index}]", f"layer {layer_id} does not hold the stitch point {list(point)}"
                )


def _anchors_come_first(plan: dict[str, Any]) -> Iterator[Mistake]:
    """Stitch i is whole anchor i, for each anchor; every other stitch joins at least two segments."""
    anchors, stitches = plan["anchors"], plan["stitches"]
    for position, anchor in enumerate(anchors):
        whole = [{"anchor": position, "start": 0, "end": anchor["depth"]}]
        if position >= len(stitches) or stitches[position]["route"] != whole:
            yield Mistake(
                f"$.stitches[{position}].route", f"stitch {position} must be the whole anchor {position}"
            )
    for position in range(len(anchors), len(stitches)):
        if len(stitches[position]["route"]) < 2:
            yield Mistake(
                f"$.stitches[{position}].route", "one segment: whole anchors are listed first, once"
            )


def _routes_differ(plan: dict[str, Any]) -> Iterator[Mistake]:
    seen: dict[tuple[tuple[int, int, int], ...], int] = {}
    for position, stitch in enumerate(plan["stitches"]):
        route = tuple((part["anchor"], part["start"], part["end"]) for part in stitch["route"])
        first = seen.setdefault(route, position)
        if first != position:
            yield Mistake(f"$.stitches[{position}].route", f"is stitch {first}'s route already")


#: Under which name a stitch holds the cost of each axis.
_COST_FIELDS = {"macs": "macs", "params": "params", "memory": "memory_bytes"}


def _intervals_hold_the_stitches(plan: dict[str, Any]) -> Iterator[Mistake]:
    """Every stitch's interval exists and covers its cost; the counts are right; intervals ascend."""
    intervals, axis = plan["intervals"], _COST_FIELDS[plan["config"]["deployment"]["axis"]]
    for position, interval in enumerate(intervals):
        if interval["low"] > interval["high"]:
            yield Mistake(f"$.intervals[{position}].low", f"got {interval['low']}, above {interval['high']}")
        if position and interval["low"] < intervals[position - 1]["high"]:
            yield Mistake(f"$.intervals[{position}].low", "below the interval before it")
    for position, stitch in enumerate(plan["stitches"]):
        path = f"$.stitches[{position}].interval"
        if stitch["interval"] >= len(intervals):
            yield Mistake(path, f"got {stitch['interval']}, there are {len(intervals)} intervals")
            return
        interval, slack = intervals[stitch["interval"]], 1e-9 * stitch[axis]  # edges are rounded fractions
        if not interval["low"] - slack <= stitch[axis] <= interval["high"] + slack:
            yield Mistake(
                path,
                f"{axis} {stitch[axis]} is outside interval {stitch['interval']}, "
                f"{interval['low']} to {interval['high']}",
            )
    counts = Counter(stitch["interval"] for stitch in plan["stitches"])
    for position, interval in enumerate(intervals):
        if interval["stitches"] != counts[position]:
            yield Mistake(
                f"$.intervals[{position}].stitches",
                f"got {interval['stitches']}, {counts[position]} stitches name this interval",
            )


def _known_classes_agree(plan: dict[str, Any]) -> Iterator[Mistake]:
    classes = (plan["config"].get("task") or {}).get("classes")
    if classes is not None and classes != plan["family"]["classes"]:
        yield Mistake("$.family.classes", f"got {plan['family']['classes']}, the task has {classes}")


def _tuned_stitches_exist(plan: dict[str, Any]) -> Iterator[Mistake]:
    """Methods that tune stitches one by one list their ids, each once; the others have no such list."""
    method, path = plan["config"]["method"], "$.config.method.stitches"
    if "stitches" not in method:
        if method["name"] in ALONE_METHODS:
            yield Mistake(path, "missing: the ids of the stitches to tune, one by one")
        return
    for index, stitch in enumerate(method["stitches"]):
        if not isinstance(stitch, int) or stitch >= len(plan["stitches"]):
            yield Mistake(f"{path}[{index}]", f"got {stitch!r}, ids go from 0 to {len(plan['stitches']) - 1}")
        elif stitch in method["stitches"][:index]:
            yield Mistake(f"{path}[{index}]", f"got {stitch}, which is listed already")


def _tuned_weights_stay_whole_and_in_place(plan: dict[str, Any]) -> Iterator[Mistake]:
    """What trains is in float32, and where the optimizer is."""
    method, training = plan["config"]["method"]["name"], plan["config"]["training"]
    for key, allowed in (("frozen_precision", "fp32"), ("off_route_blocks", "device")):
        if training[key] != allowed and method in TUNING_METHODS:
            yield Mistake(
                f"$.config.training.{key}", f"got {training[key]}, but {method} tunes the anchors' weights"
            )


RULES: tuple[Callable[[dict[str, Any]], Iterator[Mistake]], ...] = (
    _ids_are_positions,
    _totals_count,
    _names_differ,
    _anchors_ascend,
    _heads_divide_widths,
    _stitching_layers_join_anchors,
    _routes_are_whole,
    _junctions_have_their_layer,
    _anchors_come_first,
    _routes_differ,
    _intervals_hold_the_stitches,
    _known_classes_agree,
    _tuned_stitches_exist,
    _tuned_weights_stay_whole_and_in_place,
)

"""The plan: everything that a run will do, read and checked, nothing left to default.

TypeScript writes it (ts/planning/plan-schema.ts). It is checked twice here: against the JSON Schema that is
generated from there, and against the rules between fields that a schema cannot say (`plan_rules`).
Blocks are half-open ranges, ids are positions, costs are TypeScript's: nothing here computes one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import EngineError
from .plan_rules import check_rules

SCHEMA_FILE = Path(__file__).with_name("plan.schema.json")
_HINT = "A plan is executed as `esta plan` wrote it; change the configuration and plan again."


@dataclass(frozen=True)
class Weights:
    """`source` is packaged (relative to estakit's root), folder or gguf (absolute) or hub (owner/name)."""

    source: str
    location: str
    revision: str | None


@dataclass(frozen=True)
class PlanAnchor:
    id: int
    name: str
    width: int
    depth: int
    heads: int
    mlp_width: int
    extra: dict[str, Any]
    weights: Weights | None
    macs: int
    params: int


@dataclass(frozen=True)
class StitchingLayer:
    """`points`: (last block of the front anchor, first block of the end anchor) that share this layer."""

    id: int
    front_anchor: int
    end_anchor: int
    in_width: int
    out_width: int
    points: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Segment:
    """Blocks `start` to `end` (exclusive) of one anchor."""

    anchor: int
    start: int
    end: int


@dataclass(frozen=True)
class Stitch:
    id: int
    name: str
    route: tuple[Segment, ...]
    stitching_layers: tuple[int, ...]
    macs: int
    params: int
    memory_bytes: int
    interval: int
    cost_group: int

    @property
    def is_anchor(self) -> bool:
        """True for a whole anchor: the one route that joins nothing."""
        return len(self.route) == 1


@dataclass(frozen=True)
class Interval:
    id: int
    low: float
    high: float
    stitches: int


@dataclass(frozen=True)
class Family:
    """`tokens` of a sequence, class and register tokens included; `classes` outputs of the head trained."""

    name: str
    kind: str
    tokens: int
    input: dict[str, Any]
    classes: int


@dataclass(frozen=True)
class Plan:
    """A checked plan. `config` is the resolved configuration, as JSON; `raw` the whole plan, as JSON."""

    config: dict[str, Any]
    family: Family
    anchors: tuple[PlanAnchor, ...]
    stitching_layers: tuple[StitchingLayer, ...]
    stitches: tuple[Stitch, ...]
    intervals: tuple[Interval, ...]
    steps: int | None
    raw: dict[str, Any]

    @property
    def method(self) -> str:
        return str(self.config["method"]["name"])

    @property
    def largest_anchor(self) -> int:
        """The dearest one's id, and that of the stitch that it is."""
        return len(self.anchors) - 1  # anchors ascend (plan_rules), and their stitches come first

    @property
    def alone(self) -> tuple[int, ...] | None:
        """Stitches that the method tunes one by one, in this order; None where one training serves all."""
        stitches = self.config["method"].get("stitches")
        return None if stitches is None else tuple(stitches)

    @property
    def runnable(self) -> tuple[Stitch, ...]:
        """Stitches that the method's network can run: where they are tuned one by one, these alone."""
        alone = self.alone
        return self.stitches if alone is None else tuple(self.stitches[number] for number in sorted(alone))


def read_plan(path: Path | str) -> Plan:
    """Read and check a plan. Raises EngineError("plan") that names the JSON path of what is wrong."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise EngineError(
            "plan", f"cannot read the plan {path}: {error.strerror}", "Write one with `esta plan`."
        ) from None
    except ValueError as error:
        raise EngineError("plan", f"the plan {path} is not JSON: {error}", _HINT) from None
    return make_plan(raw)


def make_plan(raw: Any) -> Plan:
    """Check a plan that is already JSON and give it types. Raises EngineError("plan")."""
    _check_schema(raw)
    mistake = check_rules(raw)
    if mistake is not None:
        raise EngineError("plan", f"plan: {mistake.path}: {mistake.message}", _HINT)
    return Plan(
        config=raw["config"],
        family=Family(**raw["family"]),
        anchors=tuple(_make_anchor(anchor) for anchor in raw["anchors"]),
        stitching_layers=tuple(_make_stitching_layer(layer) for layer in raw["stitching_layers"]),
        stitches=tuple(_make_stitch(stitch) for stitch in raw["stitches"]),
        intervals=tuple(Interval(**interval) for interval in raw["intervals"]),
        steps=raw["totals"]["steps"],
        raw=raw,
    )


def _check_schema(raw: Any) -> None:
    import jsonschema
    from jsonschema.exceptions import best_match

    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    error = best_match(jsonschema.Draft202012Validator(schema).iter_errors(raw))
    if error is not None:
        message = error.message if len(error.message) <= 300 else error.message[:297] + "..."
        raise EngineError("plan", f"plan: {error.json_path}: {message}", _HINT)


def _make_anchor(raw: dict[str, Any]) -> PlanAnchor:
    weights = raw["weights"]
    return PlanAnchor(**{**raw, "weights": None if weights is None else Weights(**weights)})


def _make_stitching_layer(raw: dict[str, Any]) -> StitchingLayer:
    return StitchingLayer(**{**raw, "points": tuple((front, end) for front, end in raw["points"])})


def _make_stitch(raw: dict[str, Any]) -> Stitch:
    route = tuple(Segment(**segment) for segment in raw["route"])
    return Stitch(**{**raw, "route": route, "stitching_layers": tuple(raw["stitching_layers"])})

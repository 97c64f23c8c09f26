"""The palette on disk: palette.json, adapter.safetensors and a model card; and loading it back.

The anchors are not copied. The palette names them with the SHA-256 of their weights, and refuses others.
`adapter.safetensors` holds neither time nor path nor run id: equal runs give equal files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..files import read_json, write_atomic, write_json
from ..plan import Plan, Stitch
from .card import make_card

if TYPE_CHECKING:
    from torch import Tensor

    from ..anchors.base import Anchor

SCHEMA_VERSION = 1
PALETTE_FILE = "palette.json"
ADAPTER_FILE = "adapter.safetensors"
CARD_FILE = "README.md"

#: (stitch, split) -> metric -> value.
Evaluations = Mapping[tuple[int, str], Mapping[str, "float | None"]]


@dataclass(frozen=True)
class Choice:
    """What training leaves behind: ids of the palette, the score's name, every stitch's score and draws."""

    stitches: Sequence[int]
    score: str
    scores: Sequence[float | None]
    draws: Sequence[int]


def make_palette(
    plan: Plan, anchors: Sequence[Anchor], classes: Sequence[str], choice: Choice, evaluations: Evaluations
) -> dict[str, Any]:
    """The content of palette.json (ts/engine/run-files.ts)."""
    task = plan.config["task"]
    return {
        "schema_version": SCHEMA_VERSION,
        "method": plan.method,
        "score": choice.score,
        "task": {"type": task["type"], "metric": task["metric"], "classes": list(classes)},
        "anchors": [_describe_anchor(plan, number, anchor) for number, anchor in enumerate(anchors)],
        "stitches": [_describe_stitch(plan.stitches[id_], choice, evaluations) for id_ in choice.stitches],
    }


def write_palette(folder: Path, palette: dict[str, Any], tensors: Mapping[str, Tensor]) -> list[Path]:
    """Write the three files, last palette.json, which names the adapter's SHA-256; returns their paths."""
    from safetensors.torch import save

    folder.mkdir(parents=True, exist_ok=True)
    adapter = save({name: tensors[name] for name in sorted(tensors)})
    palette = {**palette, "adapter_sha256": hashlib.sha256(adapter).hexdigest()}
    write_atomic(folder / ADAPTER_FILE, adapter)
    write_atomic(folder / CARD_FILE, make_card(palette).encode())
    write_json(folder / PALETTE_FILE, palette)
    return [folder / name for name in (PALETTE_FILE, ADAPTER_FILE, CARD_FILE)]


def read_palette(folder: Path) -> dict[str, Any]:
    """palette.json. Raises EngineError("plan") where the run has none."""
    file = folder / PALETTE_FILE
    if not file.exists():
        raise EngineError(
            "plan",
            f"{folder.parent} has no palette yet",
            f"Finish the run with `esta resume {folder.parent}`.",
        )
    try:
        palette: dict[str, Any] = read_json(file)
    except json.JSONDecodeError as error:
        raise EngineError("weights", f"{file} is not JSON: {error}", "Finish the run again.") from None
    return palette


def check_anchors(palette: Mapping[str, Any], anchors: Sequence[Anchor]) -> None:
    """Raises EngineError("weights") unless the anchors are those that the palette was made with."""
    for named, anchor in zip(palette["anchors"], anchors, strict=True):
        if named["sha256"] != anchor.sha256:
            raise EngineError(
                "weights",
                f"the weights of anchor {named['name']} changed: their SHA-256 is {anchor.sha256[:12]}..., "
                f"the palette was made with {named['sha256'][:12]}...",
                f"Restore the weights that {named['location']} had, or adapt anew.",
            )


def read_adapter(folder: Path, palette: Mapping[str, Any]) -> dict[str, Tensor]:
    """The adapter's tensors. Raises EngineError("weights") where the file is not the palette's."""
    from safetensors.torch import load

    file = folder / ADAPTER_FILE
    content = file.read_bytes() if file.exists() else b""
    if hashlib.sha256(content).hexdigest() != palette["adapter_sha256"]:
        raise EngineError(
            "weights",
            f"{file} {'is not the file that the palette was written with' if content else 'is missing'}",
            "Restore it, or write the palette again with `esta resume`.",
        )
    return load(content)


def _describe_anchor(plan: Plan, number: int, anchor: Anchor) -> dict[str, Any]:
    weights = plan.anchors[number].weights
    assert weights is not None  # it was loaded from there
    return {
        "name": plan.anchors[number].name,
        "source": weights.source,
        "location": weights.location,
        "revision": weights.revision,
        "sha256": anchor.sha256,
    }


def _describe_stitch(stitch: Stitch, choice: Choice, evaluations: Evaluations) -> dict[str, Any]:
    metrics = {
        split: dict(values) for (id_, split), values in sorted(evaluations.items()) if id_ == stitch.id
    }
    return {
        "id": stitch.id,
        "name": stitch.name,
        "route": [{"anchor": part.anchor, "start": part.start, "end": part.end} for part in stitch.route],
        "stitching_layers": list(stitch.stitching_layers),
        "macs": stitch.macs,
        "params": stitch.params,
        "interval": stitch.interval,
        "score": choice.scores[stitch.id],
        "draws": choice.draws[stitch.id],
        "metrics": metrics,
    }

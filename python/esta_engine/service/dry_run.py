"""The dry run: a plan's network is built on the meta device, from the plan alone, and tried without numbers.

Nothing is allocated, so that LLaMA 13B takes seconds on any machine. What is shown: every stitch has the
parameters that the plan claims, and the shapes of one route of each kind (the anchors it passes through, in
order) fit from its inputs to its logits, with all that the method puts on it. Where stitches are tuned one by
one, only those are tried: the network has no parts for others.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..events import EventWriter
from ..plan import Plan, Stitch, read_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..anchors.base import Anchor


def dry_run(plan_file: Path, front: int | None) -> int:
    """Try the plan, tell it as the event `dry_run`; returns the exit code.

    Raises EngineError("plan") that names the first stitch whose parameters or shapes are not the plan's.
    """
    began = time.monotonic()
    plan = read_plan(plan_file)
    with EventWriter(None, str(uuid.uuid4()), front) as events:
        events.write("dry_run", **try_plan(plan))
        seconds = time.monotonic() - began
        events.write("finished", outputs=[], seconds=seconds, training_seconds=0.0)
    return 0


def try_plan(plan: Plan) -> dict[str, Any]:
    """Fields of the event. Raises as `dry_run` does."""
    import torch

    from ..adaptation.methods import make_network
    from ..anchors.blank import blank_anchors

    anchors = blank_anchors(plan)
    _check_parameters(plan, anchors)
    with torch.device("meta"):  # also what draws its initial values
        network = make_network(plan, anchors)
    routes = []
    for stitch in _one_of_each_kind(plan.runnable):
        shape = _try_route(plan, network, stitch)
        routes.append({"stitch": stitch.id, "name": stitch.name, "logits": shape})
    return {
        "anchors": [{"name": anchor.name, "params": anchor.params} for anchor in plan.anchors],
        "stitches": len(plan.stitches),
        "routes": routes,
    }


def _one_of_each_kind(stitches: Sequence[Stitch]) -> list[Stitch]:
    """The first stitch through each sequence of anchors, in order of the plan."""
    kinds: dict[tuple[int, ...], Stitch] = {}
    for stitch in stitches:
        kinds.setdefault(tuple(part.anchor for part in stitch.route), stitch)
    return list(kinds.values())


def _try_route(plan: Plan, network: Any, stitch: Stitch) -> list[int]:
    """Shape of the logits of one example, gradients' graph included."""
    import torch

    from .blank import BlankData

    expected = [1, plan.family.classes]
    inputs = {name: tensor.to("meta") for name, tensor in BlankData(plan, 1).train_batch(0, 0).inputs.items()}
    if plan.family.kind == "llama":
        expected.insert(1, inputs["input_ids"].shape[1])
    else:
        inputs.pop("attention_mask", None)  # encoders look at its values to see whether there is padding
    try:
        with torch.device("meta"):
            network.biases.create(stitch.id)
            logits = network(inputs, stitch.id)
    except (RuntimeError, ValueError, IndexError, NotImplementedError) as error:
        reason = str(error).strip().splitlines()[0]
        raise _mismatch(stitch, f"its shapes do not fit: {reason}") from error
    shape = list(logits.shape)
    if shape != expected:
        raise _mismatch(stitch, f"it gives logits of shape {shape}, the plan's are {expected}")
    return shape


def _check_parameters(plan: Plan, anchors: Sequence[Anchor]) -> None:
    """Of every stitch's merged network: stem of the first anchor, blocks, junctions, head of the last."""
    parts = [_Parts(anchor) for anchor in anchors]
    for stitch in plan.stitches:
        first, last = parts[stitch.route[0].anchor], parts[stitch.route[-1].anchor]
        found = _total(first.stem) + _total(last.end)
        found -= sum(size for name, size in first.stem.items() if name in last.end)  # tied embeddings
        found += sum((part.end - part.start) * parts[part.anchor].block for part in stitch.route)
        for number in stitch.stitching_layers:
            layer = plan.stitching_layers[number]
            found += (layer.in_width + 1) * layer.out_width
        if found != stitch.params:
            raise _mismatch(stitch, f"it has {found:,} parameters, the plan says {stitch.params:,}")


class _Parts:
    """Sizes of an anchor's parameters, those of stem and end by identity, for they may be tied."""

    def __init__(self, anchor: Anchor) -> None:
        self.stem = _sizes(anchor.embedding_modules())
        head = anchor.own_head()
        self.end = _sizes([*anchor.final_modules(), *([] if head is None else [head])])
        self.block = _total(_sizes([anchor.blocks[0]]))


def _sizes(modules: Any) -> dict[int, int]:
    return {id(one): one.numel() for module in modules for one in module.parameters()}


def _total(sizes: dict[int, int]) -> int:
    return sum(sizes.values())


def _mismatch(stitch: Stitch, what: str) -> EngineError:
    return EngineError(
        "plan",
        f"stitch {stitch.id} ({stitch.name}): {what}",
        "Check the family's shapes; if they are right, this is a defect: please report it.",
        stitch=stitch.id,
    )

"""Taking a finished run up again: its palette's network, or every stitch from its final checkpoint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..deployment.palette import check_anchors, read_adapter, read_palette
from ..errors import EngineError
from ..plan import Plan
from .assembly import Assembly, assemble
from .checkpoint import load_checkpoint
from .run_folder import RunFolder

if TYPE_CHECKING:
    import torch


def load_palette(
    folder: RunFolder, plan: Plan, device: torch.device, allow_download: bool = False
) -> tuple[Assembly, dict[str, Any]]:
    """(network with the palette's adapter, palette.json).

    Raises EngineError("plan") where there is none yet, ("weights") where anchors or adapter changed.
    """
    from ..nn.tensors import load_adapter_tensors

    palette = read_palette(folder.palette)
    tensors = read_adapter(folder.palette, palette)
    parts = assemble(plan, device, allow_download)
    check_anchors(palette, parts.anchors)
    load_adapter_tensors(parts.network, tensors)
    return parts, palette


def require_kept(palette: dict[str, Any], stitch: Any) -> int:
    """`stitch`, which must be an id of the palette's. Raises EngineError("plan")."""
    kept = [entry["id"] for entry in palette["stitches"]]
    if not isinstance(stitch, int) or stitch not in kept:
        raise EngineError(
            "plan",
            f"stitch {stitch!r} is not in the palette; it holds {', '.join(map(str, kept))}",
            "`esta pareto RUN` shows the palette.",
        )
    return stitch


def load_stitches(
    folder: RunFolder,
    plan: Plan,
    device: torch.device,
    listed: list[int] | None,
    allow_download: bool = False,
) -> tuple[Assembly, list[int]]:
    """(network that can run them, their ids): the palette's stitches where none are listed.

    Raises EngineError as `load_palette` and `load_final_biases` do.
    """
    parts, palette = load_palette(folder, plan, device, allow_download)
    kept = [stitch["id"] for stitch in palette["stitches"]]
    stitches = kept if listed is None else listed
    outside = sorted(set(stitches) - set(kept))
    if outside:
        load_final_biases(folder, parts, outside)
    return parts, stitches


def load_final_biases(folder: RunFolder, parts: Assembly, stitches: Iterable[int]) -> None:
    """Add the biases of stitches outside the palette, which only the final checkpoint holds.

    A stitch that was never drawn has none, there or anywhere. Raises EngineError("weights").
    """
    from ..nn.tensors import load_adapter_tensors, shared_tensors

    saved = load_checkpoint(folder.checkpoint)
    if saved is None:
        raise EngineError(
            "weights",
            f"{folder.checkpoint} is gone, and stitches outside the palette have their biases there only",
            "Evaluate the palette's stitches, or run again.",
        )
    _, tensors, _ = saved
    wanted = {f"biases.{stitch}" for stitch in stitches}
    shared = {name: tensor.detach() for name, tensor in shared_tensors(parts.network).items()}
    biases = {name: tensor for name, tensor in tensors.items() if name in wanted}
    load_adapter_tensors(parts.network, {**shared, **biases})

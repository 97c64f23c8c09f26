"""Stitching layers and heads by least squares: no gradient step needed to start well.

Stitching layers as SN-Net has them (arXiv 2302.06586, section 3.2): for a stitch point (front block j, end
block k) the rows of X are the tokens that leave block j, those of Y the tokens that enter block k, on
training images. A layer shared by several points starts at the mean of their solutions. One pass of the
anchors over the samples serves every point of every layer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from ..errors import EngineError
from ..nn.least_squares import CrossMoments, Moments, Solver
from ..nn.network import StitchedNetwork
from ..nn.ridge_classifier import fit_classifier
from ..nn.stitching_layer import StitchingLayer as Layer
from ..plan import StitchingLayer
from .data import TrainingBatch

#: (anchor, number of blocks passed): 0 is what enters the first block.
_Tap = tuple[int, int]


@torch.no_grad()
def fit_stitching_layers(
    network: StitchedNetwork,
    layers: Sequence[StitchingLayer],
    batches: Iterable[TrainingBatch],
    ridge: float,
    device: torch.device,
) -> None:
    """Set weight and bias of the network's stitching layers, which `layers` describe in their order.

    Raises EngineError("numeric" or "data").
    """
    pairs = dict(enumerate([_taps_of(layer, point) for point in layer.points] for layer in layers))
    every = sorted({pair for points in pairs.values() for pair in points})
    moments, crosses = _accumulate(network, every, batches, device)
    solvers = {front: Solver(moments[front], ridge) for front in sorted({front for front, _ in every})}
    for number, points in pairs.items():
        solutions = [solvers[front].solve(moments[end], crosses[front, end]) for front, end in points]
        weight = torch.stack([weight for weight, _ in solutions]).mean(dim=0)
        bias = torch.stack([bias for _, bias in solutions]).mean(dim=0)
        module = network.stitching_layers[number]
        assert isinstance(module, Layer)
        module.set_solution(weight, bias)


@torch.no_grad()
def fit_heads(
    network: StitchedNetwork, owners: Sequence[int], examples: Iterable[TrainingBatch], device: torch.device
) -> None:
    """Start every new head from the features that its whole anchor gives (a linear probe before fine-tuning:
    Kumar et al., arXiv 2202.10054). `owners`: the plan's anchor of each head, in their order. Models that
    keep their own head are left as they are, and no example is read where all do.

    Raises EngineError("numeric" or "data").
    """
    heads: dict[int, list[nn.Linear]] = defaultdict(list)
    for owner, head in zip(owners, network.heads, strict=True):
        if not network.anchor(owner).keeps_own_head:
            assert isinstance(head, nn.Linear)
            heads[owner].append(head)
    if not heads:
        return
    features, labels = _features(network, sorted(heads), examples, device)
    if len(labels) < 2:
        raise EngineError(
            "data",
            f"got {len(labels)} training examples to fit the heads on; two are the least",
            "Give more.",
        )
    for owner, seen in features.items():
        weight, bias = fit_classifier(seen, labels.to(seen.device), heads[owner][0].out_features)
        for head in heads[owner]:
            head.weight.copy_(weight)
            head.bias.copy_(bias)


def _features(
    network: StitchedNetwork,
    anchors: Sequence[int],
    examples: Iterable[TrainingBatch],
    device: torch.device,
) -> tuple[dict[int, Tensor], Tensor]:
    """(anchor -> (n, F), labels (n)): what the heads of whole anchors, stitches of the same numbers, see.

    In one pass, so that no more than a batch of inputs is kept.
    """
    found: dict[int, list[Tensor]] = {number: [] for number in anchors}
    labels = [torch.empty(0, dtype=torch.int64)]
    for batch in examples:
        labels.append(batch.labels)
        inputs = {name: tensor.to(device) for name, tensor in batch.inputs.items()}
        for number, parts in found.items():
            features = network.features(inputs, number)
            # Metal has no float64.
            parts.append(features.cpu() if features.device.type == "mps" else features)
    every = {number: torch.cat(parts) for number, parts in found.items() if parts}
    for number, features in every.items():
        if not torch.isfinite(features).all():
            raise _not_finite(network.anchor(number).name, "behind its last block")
    return every, torch.cat(labels)


def _taps_of(layer: StitchingLayer, point: tuple[int, int]) -> tuple[_Tap, _Tap]:
    block, landing = point
    return (layer.front_anchor, block + 1), (layer.end_anchor, landing)


def _accumulate(
    network: StitchedNetwork,
    pairs: Sequence[tuple[_Tap, _Tap]],
    batches: Iterable[TrainingBatch],
    device: torch.device,
) -> tuple[dict[_Tap, Moments], dict[tuple[_Tap, _Tap], CrossMoments]]:
    wanted: dict[int, set[int]] = defaultdict(set)
    for pair in pairs:
        for anchor, position in pair:
            wanted[anchor].add(position)
    moments: dict[_Tap, Moments] = defaultdict(Moments)
    crosses = {pair: CrossMoments() for pair in pairs}
    seen = 0
    for batch in batches:
        inputs = {name: tensor.to(device) for name, tensor in batch.inputs.items()}
        seen += len(batch.labels)
        rows = {tap: moments[tap].add(tokens) for tap, tokens in _tap_tokens(network, inputs, wanted).items()}
        for (front, end), cross in crosses.items():
            cross.add(rows[front], rows[end])
    if pairs and not seen:
        raise EngineError(
            "data", "no training examples to fit the stitching layers on", "Give a training part."
        )
    return moments, crosses


def _tap_tokens(
    network: StitchedNetwork, inputs: dict[str, Tensor], wanted: dict[int, set[int]]
) -> dict[_Tap, Tensor]:
    """Tokens of all examples as rows (B * N, D), at each tap; padding, which means nothing, left out."""
    padded = inputs.get("attention_mask")
    kept = None if padded is None or bool(padded.all()) else padded.bool()
    rows: dict[_Tap, Tensor] = {}
    for number, positions in sorted(wanted.items()):
        anchor = network.anchor(number)
        hidden = anchor.embed(inputs)
        context = anchor.make_context(inputs, hidden)
        for position in range(max(positions) + 1):
            if position > 0:
                hidden = network.run_block(number, position - 1, hidden, context)
            if position in positions:
                if not torch.isfinite(hidden if kept is None else hidden[kept]).all():
                    raise _not_finite(anchor.name, f"before block {position}")
                flat = hidden.reshape(-1, hidden.shape[-1]) if kept is None else hidden[kept]
                # Metal has no float64, which the sums need.
                rows[number, position] = flat.cpu() if flat.device.type == "mps" else flat
    return rows


def _not_finite(name: str, where: str) -> EngineError:
    return EngineError(
        "numeric",
        f"anchor {name} gives numbers that are not finite {where}",
        "Check its weights and that the inputs are preprocessed as it expects.",
    )

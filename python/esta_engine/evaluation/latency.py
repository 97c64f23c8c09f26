"""How long a forward pass takes: networks take turns, so that whatever else the machine does hits all alike.

A round runs every network once, in an order of its own. A few rounds at the start are not counted: they load
code, fill caches and wake the processor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..plan import Plan
from ..seeding import generator

WARM_UP_ROUNDS = 3


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one forward pass of a batch: median and quartiles."""

    median_ms: float
    low_ms: float
    high_ms: float


def sample_batch(plan: Plan, batch_size: int, device: torch.device) -> dict[str, Tensor]:
    """Random images, or random texts of the plan's whole length without padding."""
    shared, rng = plan.family.input, generator(0, "latency-batch")
    if "image_size" in shared:
        side, channels = int(shared["image_size"]), int(shared["channels"])
        return {"pixel_values": torch.randn(batch_size, channels, side, side, generator=rng).to(device)}
    size = (batch_size, plan.family.tokens)
    ids = torch.randint(int(shared["vocabulary_size"]), size, generator=rng).to(device)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def turn_order(networks: int, turn: int) -> list[int]:
    """The order of one round: another one each time, so that nobody always follows the same network."""
    return torch.randperm(networks, generator=generator(0, "latency-order", turn)).tolist()


@torch.inference_mode()
def measure_latencies(
    networks: Sequence[Callable[..., Any]],
    inputs: Mapping[str, Tensor],
    device: torch.device,
    repeats: int,
    after_round: Callable[[], None] = lambda: None,
) -> list[Latency]:
    """Latency of each network on one batch over `repeats` counted rounds; `after_round` may end it."""
    times: list[list[float]] = [[] for _ in networks]
    for turn in range(WARM_UP_ROUNDS + repeats):
        for index in turn_order(len(networks), turn):
            _synchronise(device)
            began = time.perf_counter_ns()
            networks[index](**inputs)
            _synchronise(device)
            if turn >= WARM_UP_ROUNDS:
                times[index].append((time.perf_counter_ns() - began) / 1e6)
        after_round()
    return [summarise(own) for own in times]


def summarise(times: Sequence[float]) -> Latency:
    """Median and quartiles, linear between neighbours."""
    low, median, high = torch.tensor(times, dtype=torch.float64).quantile(_QUARTILES).tolist()
    return Latency(median, low, high)


_QUARTILES = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)


def group_by_room(sizes: Sequence[int], room: float) -> list[list[int]]:
    """Positions of `sizes` in groups, in order, that each fit into `room`; what is larger stands alone."""
    groups: list[list[int]] = []
    filled = 0
    for position, size in enumerate(sizes):
        if groups and filled + size <= room:
            groups[-1].append(position)
            filled += size
        else:
            groups.append([position])
            filled = size
    return groups


def _synchronise(device: torch.device) -> None:
    """Wait for what was queued on the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()

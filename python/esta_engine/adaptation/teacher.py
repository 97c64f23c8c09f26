"""Teachers: the largest anchor's logits as targets beside the labels (distillation, arXiv 1503.02531).

`tuned`: a frozen copy of it, made when the phase that trains anchors first ends. `co-trained`: as it is at
every step.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ..nn.network import StitchedNetwork
from ..nn.tensors import adapter_tensors, load_adapter_tensors
from ..plan import Segment
from .data import TrainingBatch
from .objective import Distillation, labelled_logits

_PREFIX = "teacher."
#: The own biases of a teacher's only stitch, as `adapter_tensors` names them.
_OWN_BIAS = "biases.0"


class Teacher:
    """`settings`: `distillation` of the method. Nothing is distilled before a tuned teacher is made."""

    def __init__(
        self, network: StitchedNetwork, largest: int, settings: Mapping[str, Any], precision: str
    ) -> None:
        self.student = network
        self.largest = largest
        self.settings = settings
        self.precision = precision
        self.tuned: StitchedNetwork | None = None

    @property
    def wanted(self) -> bool:
        """Whether stitches ever learn from one."""
        return self.settings["teacher"] != "none"

    def make(self) -> None:
        """Keep the largest anchor as it is now, if a tuned teacher is wanted."""
        if self.settings["teacher"] == "tuned":
            has_own_bias = self.student.biases.parameter(self.largest) is not None
            self.tuned = _copy_anchor(self.student, self.largest, has_own_bias)

    @torch.no_grad()
    def distillations(
        self, stitch: int, batches: Sequence[TrainingBatch], device: torch.device
    ) -> list[Distillation] | None:
        """One a batch; None where the stitch learns from labels alone, as the largest anchor does."""
        co_trained = self.settings["teacher"] == "co-trained"
        if stitch == self.largest or (self.tuned is None and not co_trained):
            return None
        network, number = (self.student, self.largest) if self.tuned is None else (self.tuned, 0)
        weight, temperature = self.settings["weight"], self.settings["temperature"]
        logits = [labelled_logits(network, number, batch, self.precision, device)[0] for batch in batches]
        return [Distillation(values, weight, temperature) for values in logits]

    def state(self) -> dict[str, Tensor]:
        """Copies of a tuned teacher's tensors, as `teacher.NAME`."""
        tensors = {} if self.tuned is None else adapter_tensors(self.tuned)
        return {_PREFIX + name: tensor for name, tensor in tensors.items()}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Put `state` back; tensors of other prefixes are left out."""
        own = {
            name.removeprefix(_PREFIX): tensor for name, tensor in tensors.items() if name.startswith(_PREFIX)
        }
        self.tuned = None
        if own:
            # The student's largest anchor may have got biases of its own since the copy was made.
            self.tuned = _copy_anchor(self.student, self.largest, has_own_bias=_OWN_BIAS in own)
            load_adapter_tensors(self.tuned, own)


@torch.no_grad()
def _copy_anchor(network: StitchedNetwork, number: int, has_own_bias: bool) -> StitchedNetwork:
    """A network of one whole anchor, its only stitch 0, that shares the frozen weights."""
    network.bring(number)  # its biases are read, all on one device
    anchor, head = network.anchor(number), network.head_of(number)
    shared = [t for t in (*anchor.parameters(), *anchor.buffers()) if not t.requires_grad]
    memo = {id(tensor): tensor for tensor in shared}
    copied = copy.deepcopy(anchor, memo)
    whole = replace(network.stitches[number], id=0, route=(Segment(0, 0, anchor.depth),))
    sites, has_shared = network.biases.sites, bool(network.biases.shared)
    kept_head: Any = copied.own_head() if anchor.keeps_own_head else copy.deepcopy(head)
    teacher = StitchedNetwork([copied], [whole], [], [kept_head], bias_sites=sites, shared_biases=has_shared)
    for index in range(anchor.depth):
        mine, theirs = teacher.biases.shared_of(0, index), network.biases.shared_of(number, index)
        if mine is not None and theirs is not None:
            mine.copy_(theirs)
    if has_own_bias:
        own, created = network.biases.parameter(number), teacher.biases.create(0)
        assert own is not None and created is not None
        created.copy_(own)
    teacher.parks = network.parks
    return teacher.place_on(network.device, network.parking)

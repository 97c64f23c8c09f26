"""Everything a job works with, made from its plan: the stitched network, and the task's data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..libraries import import_transformers
from ..plan import Plan
from ..terms import TEXT_KINDS

if TYPE_CHECKING:
    import torch

    from ..anchors.base import Anchor
    from ..data.preprocessing import Preprocessor
    from ..data.task import TaskData, Warn
    from ..nn.network import StitchedNetwork


@dataclass(frozen=True)
class Assembly:
    """`processor` turns images into tensors; None for families that read text, which have tokenizers."""

    anchors: list[Anchor]
    network: StitchedNetwork
    processor: Preprocessor | None

    @property
    def preprocessor(self) -> Preprocessor:
        """Raises EngineError("plan") for a family that reads text."""
        if self.processor is None:
            raise EngineError(
                "plan",
                "this family reads text, and images were given",
                "Use a family that reads images; `esta families` lists their kinds.",
            )
        return self.processor

    @cached_property
    def tokenizer(self) -> Any:
        """Of the first anchor that has one; the others' agree with it. Raises EngineError("weights")."""
        from ..anchors.tokenizers import has_tokenizer
        from ..data.chat import load_tokenizer

        folders = [anchor.folder for anchor in self.anchors if anchor.folder is not None]
        return load_tokenizer(next(filter(has_tokenizer, folders), folders[0]))

    @property
    def stop_tokens(self) -> set[int]:
        """Tokens that end an answer, whichever anchor or tokenizer says so."""
        from ..data.chat import stop_tokens

        models = [anchor.model for anchor in self.anchors]
        configs = [model.config for model in models] + [model.generation_config for model in models]
        return stop_tokens(self.tokenizer, *configs)

    @property
    def context(self) -> int:
        """The longest sequence that every anchor has positions for."""
        return min(anchor.tokens for anchor in self.anchors)


def require_task(plan: Plan) -> None:
    """Raises EngineError("plan") for a plan that was made without a task: it can be looked at, not run."""
    if plan.config.get("task") is None:
        raise EngineError(
            "plan",
            "plan: $.config.task: missing, and there is nothing to adapt to",
            "Add a task and plan again.",
        )


def assemble(
    plan: Plan, device: torch.device, allow_download: bool, check: Callable[[], None] = lambda: None
) -> Assembly:
    """Load the anchors and build the network on `device`. `check` runs between the slow parts.

    Raises EngineError("weights" or "environment").
    """
    import_transformers()
    from ..adaptation.methods import make_network
    from ..anchors.load import load_anchors
    from ..data.preprocessing import load_preprocessor

    _silence_progress_bars()
    anchors = load_anchors(plan, allow_download=allow_download)
    check()
    processor = None
    if plan.family.kind not in TEXT_KINDS:
        folders = [anchor.folder for anchor in anchors if anchor.folder is not None]
        made = plan.family.input
        processor = load_preprocessor(folders, int(made.get("channels", 3)), int(made["image_size"]))
    network = make_network(plan, anchors).place_on(device)
    check()
    return Assembly(anchors, network, processor)


def _silence_progress_bars() -> None:
    """stderr is for messages: progress is told by events."""
    from transformers.utils import logging

    logging.disable_progress_bar()


def load_data(plan: Plan, parts: Assembly, check: Callable[[], None], warn: Warn) -> TaskData:
    """Raises EngineError("data"), and ("weights") for a tokenizer that is missing or cannot serve."""
    from ..data.task import make_task_data

    require_task(plan)
    if parts.processor is not None:
        return make_task_data(plan, preprocessor=parts.processor, check=check, warn=warn)
    return make_task_data(plan, tokenizer=parts.tokenizer, check=check, warn=warn)

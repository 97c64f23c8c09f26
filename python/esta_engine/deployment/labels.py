"""Names as models' configurations and hubs have them."""

from __future__ import annotations

from collections.abc import Sequence


def label_tables(classes: Sequence[str]) -> tuple[dict[int, str], dict[str, int]]:
    """(number -> name, name -> number)."""
    return dict(enumerate(classes)), {name: number for number, name in enumerate(classes)}


def pipeline_tag(task: str) -> str:
    """What model hubs call a task of the configuration."""
    return "text-generation" if task == "instruction-tuning" else task

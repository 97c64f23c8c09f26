"""Names of classes as a model's configuration has them."""

from __future__ import annotations

from collections.abc import Sequence


def label_tables(classes: Sequence[str]) -> tuple[dict[int, str], dict[str, int]]:
    """(number -> name, name -> number)."""
    return dict(enumerate(classes)), {name: number for number, name in enumerate(classes)}

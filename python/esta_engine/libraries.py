"""Importing torch and transformers for less than they cost.

Their modules make about a million objects that stay. While they load, Python's collector looks through all of
them for garbage again and again, a fifth of the time that it takes: here it rests meanwhile, and leaves out
afterwards, for good, what they made.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

#: What every model of the library needs, whatever its architecture.
_MODELS = "transformers.modeling_utils"


def import_torch() -> Any:
    """Raises ImportError."""
    return _import("torch")


def import_transformers() -> None:
    """Load what the models of the library stand on. Raises ImportError."""
    _import(_MODELS)


def _import(name: str) -> Any:
    if name in sys.modules:
        return import_module(name)
    with _uncollected():
        return import_module(name)


@contextmanager
def _uncollected() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()

"""Python packages that only some settings need, and that are no part of the set-up."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from .errors import EngineError

#: Where the files are that pip installs such packages from.
_ROOT = Path(__file__).resolve().parents[2]


def require_packages(names: tuple[str, ...], requirements: str, what: str) -> None:
    """Raises EngineError("environment") with the command that installs what is missing of `names`.

    `requirements`: the file's name; `what`: who needs them, up to "needs".
    """
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise EngineError(
            "environment",
            f"{what} needs the Python package{'s' * (len(missing) > 1)} "
            f"{' and '.join(missing)}, which {sys.executable} has not",
            f"Install with: {sys.executable} -m pip install -r {_ROOT / requirements}",
        )

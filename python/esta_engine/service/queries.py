"""Short questions of the front: what is here, what is this model, what does a stitch say to these examples.

One entry, JSON in and JSON out, for pythonia (`handle`) and for JSON lines over stdin and stdout (`serve`).
Errors are data: nothing is raised into the transport, and no number in an answer is other than finite.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..events import to_json_line
from ..plan import Plan, read_plan
from .environment import choose_device, device_name, installed_packages
from .run_folder import RunFolder

if TYPE_CHECKING:
    from .assembly import Assembly


def handle(request: str) -> str:
    """The entry for pythonia: `answer`, in a process that leaves stdout and Ctrl-C to the front."""
    with suppress(ValueError):  # signals can be set in the main thread only
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    with redirect_stdout(sys.stderr):
        return answer(request)


def answer(request: str) -> str:
    """`{"query": NAME, ...}` -> `{"ok": true, "result"}`, `{"ok": false, "error": {code, message, hint}}`."""
    try:
        return to_json_line({"ok": True, "result": _answer(json.loads(request))})
    except json.JSONDecodeError as error:
        found = {"code": "plan", "message": f"the request is not JSON: {error}", "hint": None}
    except EngineError as error:
        found = {"code": error.code, "message": error.message, "hint": error.hint}
    except Exception as error:
        found = {"code": "unexpected", "message": f"{type(error).__name__}: {error}", "hint": None}
    return to_json_line({"ok": False, "error": found})


def serve() -> int:
    """Answer one request a line of stdin until it ends. stdout holds answers only: prints go to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the front owns Ctrl-C and ends us by closing stdin
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        if line.strip():
            try:
                answers.write(answer(line))
                answers.flush()
            except BrokenPipeError:
                break
    return 0


def _answer(request: Any) -> Any:
    name = request.get("query") if isinstance(request, dict) else None
    if name not in QUERIES:
        raise EngineError("plan", f"no query {name!r}; there are {', '.join(QUERIES)}")
    return QUERIES[name](request)


def _environment(request: dict[str, Any]) -> dict[str, Any]:
    """Versions, and the device that `device` (auto unless given) resolves to."""
    device = choose_device(request.get("device", "auto"))
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "packages": installed_packages(),
        "device": str(device),
        "device_name": device_name(device),
    }


def _describe(request: dict[str, Any]) -> dict[str, Any]:
    """What the `config.json` of a model folder says, and how many parameters its files hold; no torch."""
    folder = Path(_text(request, "folder"))
    file = folder / "config.json"
    if not file.is_file():
        raise EngineError(
            "weights", f"{folder} holds no config.json", "Name a folder in Hugging Face layout."
        )
    return {"config": json.loads(file.read_text(encoding="utf-8")), "parameters": _stored_parameters(folder)}


def _predict(request: dict[str, Any]) -> dict[str, Any]:
    """Classes of `images` (paths) or `texts` by stitch `stitch` of the palette in `run`."""
    from .predict import predict

    plan, parts, palette = _load(str(Path(_text(request, "run")).absolute()), request.get("device", "cpu"))
    return predict(plan, parts, palette, request.get("stitch"), request)


QUERIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "environment": _environment,
    "describe": _describe,
    "predict": _predict,
}


@lru_cache(maxsize=1)
def _load(run: str, device: str) -> tuple[Plan, Assembly, dict[str, Any]]:
    """The palette that was asked for last stays loaded: a conversation is about one run."""
    from .restore import load_palette

    folder = RunFolder(run)
    folder.require_run()
    plan = read_plan(folder.plan)
    parts, palette = load_palette(folder, plan, choose_device(device))
    return plan, parts, palette


def _stored_parameters(folder: Path) -> int | None:
    """Numbers in the folder's safetensors files, from their headers alone; None where there are no files."""
    import math

    from safetensors import safe_open

    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return None
    total = 0
    for file in files:
        with safe_open(str(file), framework="np") as tensors:
            total += sum(math.prod(tensors.get_slice(name).get_shape()) for name in list(tensors.keys()))
    return total


def _text(request: dict[str, Any], key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str) or not value:
        raise EngineError("plan", f"the query needs {key!r}, got {value!r}")
    return value

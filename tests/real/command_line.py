"""The command line, run as a user does; what it needed is told by the system."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def esta(*arguments: str, stdin: str | None = None) -> str:
    """stdout of a command that must end well."""
    command = ["node", str(ROOT / "bin" / "esta.js"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, input=stdin)
    assert done.returncode == 0, f"esta {' '.join(arguments)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def adapt(config: dict[str, Any], folder: Path, *arguments: str) -> Path:
    """A finished run of `config`, replaced where there was one; its folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = folder.with_suffix(".yaml")
    file.write_text(json.dumps({"version": 1, **config}, indent=2), encoding="utf-8")
    force = ["--force"] if folder.exists() else []
    esta("adapt", str(file), "--run-dir", str(folder), "--python", sys.executable, *force, *arguments)
    return folder


def step_seconds(run: Path) -> float:
    """Median over a run's steps."""
    events = [json.loads(line) for line in (run / "events.ndjson").read_text(encoding="utf-8").splitlines()]
    steps = sorted(event["step_ms"] for event in events if event["event"] == "step")
    return steps[len(steps) // 2] / 1000


def peak_bytes_of_children() -> int:
    """The largest process that was started and has ended since this one began."""
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

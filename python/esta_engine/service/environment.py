"""What a result was produced with: versions, device, threads, git state, seeds; and choosing the device."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import EngineError
from ..libraries import import_torch
from ..plan import Plan

if TYPE_CHECKING:
    import torch

PACKAGES = (
    "torch",
    "transformers",
    "safetensors",
    "datasets",
    "pillow",
    "numpy",
    "scikit-learn",
    "jsonschema",
)
#: estakit's root, where bin/, models/ and python/ lie.
ROOT = Path(__file__).resolve().parents[3]


def choose_device(name: str) -> torch.device:
    """`auto` -> CUDA, then MPS, then CPU; a device that is named must be there.

    Raises EngineError("environment").
    """
    torch_ = _import_torch()
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if is_available(device))
    if not is_available(name):
        found = ", ".join(device for device in ("cpu", "cuda", "mps") if is_available(device))
        raise EngineError(
            "environment",
            f"device {name} is not available; there is {found}",
            "Set run.device to one of them.",
        )
    device: torch.device = torch_.device(name)
    return device


def is_available(device: str) -> bool:
    """`device`: cpu, cuda or mps, or one of several as cuda:1."""
    torch_ = _import_torch()
    kind, _, number = device.partition(":")
    if kind == "cuda":
        return bool(torch_.cuda.is_available()) and int(number or 0) < torch_.cuda.device_count()
    return kind == "cpu" or (kind == "mps" and bool(torch_.backends.mps.is_available()))


def set_up_torch(device: torch.device, threads: int) -> None:
    """Fix the thread count and prefer deterministic kernels: results depend on both.

    The CPU's kernels that the engine uses are deterministic anyway, and asking for it imports the compiler.
    """
    torch_ = _import_torch()
    torch_.set_num_threads(threads)
    if device.type != "cpu":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS needs to be deterministic
        torch_.use_deterministic_algorithms(True, warn_only=True)
        torch_.utils.deterministic.fill_uninitialized_memory = False  # costs time, changes no result


def describe_environment(plan: Plan, run_id: str, device: torch.device, threads: int) -> dict[str, Any]:
    """The content of environment.json (ts/engine/run-files.ts)."""
    return {
        "schema_version": 1,
        "run_id": run_id,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": installed_packages(),
        "device": str(device),
        "device_name": device_name(device),
        "threads": threads,
        "git": git_state(ROOT),
        "seeds": dict(plan.config["training"]["seeds"]),
    }


def installed_packages() -> dict[str, str]:
    """Versions of the packages that results depend on; those that are not there are left out."""
    found = {"estakit": __version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def device_name(device: torch.device) -> str:
    """The maker's name of the device, where it tells one."""
    torch = _import_torch()
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return _processor_name() if device.type == "cpu" else platform.processor() or device.type


def git_state(root: Path) -> dict[str, Any] | None:
    """Commit and whether the tree differs from it; None where estakit is no git clone of its own."""
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "HEAD").strip()
        dirty = bool(_git(root, "status", "--porcelain", "--untracked-files=no").strip())
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "dirty": dirty}


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout


def _processor_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _import_torch() -> Any:
    try:
        return import_torch()
    except ImportError as error:
        raise EngineError(
            "environment", f"PyTorch cannot be imported: {error}", "Run `esta setup`."
        ) from None

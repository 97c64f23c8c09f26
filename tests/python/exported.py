"""What tests of exports share: a palette.json, and reading the result back where estakit is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from esta_engine.plan import Plan
from pico import CLASSES
from safetensors.torch import load_file, save_file

#: A process without estakit. `read(folder, inputs)`, which follows, gives the tensors of a folder by name.
_ELSEWHERE = """
import sys
class Refuse:
    def find_spec(self, name, *_):
        if name.split(".")[0] == "esta_engine":
            raise ImportError("estakit is not here")
sys.meta_path.insert(0, Refuse())
import torch
from safetensors.torch import load_file, save_file
torch.set_num_threads(1)
{read}
given, out, *folders = sys.argv[1:]
inputs, found = load_file(given), {{}}
for folder in folders:
    with torch.no_grad():
        found |= {{f"{{folder}}/{{name}}": tensor for name, tensor in read(folder, inputs).items()}}
save_file(found, out)
"""


def read_elsewhere(
    read: str, inputs: dict[str, torch.Tensor], folders: list[Path], scratch: Path
) -> tuple[dict[str, torch.Tensor], list[str]]:
    """(FOLDER/NAME -> what `read`, the source of a function, gave of it, the lines that it printed), from one
    process.
    """
    scratch.mkdir()
    given, out = scratch / "inputs.safetensors", scratch / "out.safetensors"
    save_file(inputs, given)
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(scratch / "hf"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE.format(read=read), str(given), str(out), *map(str, folders)],
        cwd=scratch, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return load_file(out), done.stdout.splitlines()


def palette_of(plan: Plan) -> dict[str, Any]:
    """As much of palette.json as exporting reads; every stitch is kept."""
    task: dict[str, Any] = {"type": "instruction-tuning", "metric": "perplexity", "classes": []}
    if plan.family.kind != "llama":
        kind = "text-classification" if plan.family.kind == "bert" else "image-classification"
        names = [f"class-{number}" for number in range(CLASSES)]
        task = {"type": kind, "metric": "accuracy", "classes": names}
    stitches = [
        {
            "id": stitch.id, "name": stitch.name, "macs": stitch.macs, "params": stitch.params,
            "route": [vars(part) for part in stitch.route], "metrics": {"test": {task["metric"]: 0.5}},
        }
        for stitch in plan.stitches
    ]  # fmt: skip
    anchors = [{"name": anchor.name} for anchor in plan.anchors]
    return {"method": plan.method, "task": task, "anchors": anchors, "stitches": stitches}

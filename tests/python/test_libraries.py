"""Libraries are imported without the collector, which works on afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import esta_engine

SCRIPT = """
import gc, sys
walks = []
gc.callbacks.append(lambda phase, info: walks.append(info["generation"]) if phase == "start" else None)
from esta_engine.libraries import import_torch, import_transformers
torch = import_torch()
import_transformers()
assert torch is sys.modules["torch"] and "transformers.modeling_utils" in sys.modules
print(len(walks), gc.isenabled(), gc.get_freeze_count() > 100_000)
walks.clear()
import_torch(), import_transformers()
class Node: pass
node = Node(); node.itself = node; del node
print(gc.collect() > 0, walks == [2])
try:
    import esta_engine.libraries as libraries
    libraries._import("no_such_package")
except ImportError:
    print(gc.isenabled())
"""


def test_nothing_is_collected_while_libraries_load_and_everything_after() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(esta_engine.__file__).parents[1])}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    first, after, failed = done.stdout.splitlines()
    assert int(first.split()[0]) < 100 and first.endswith("True True")
    assert after == "True True" and failed == "True"

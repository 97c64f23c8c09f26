"""Libraries are imported without the collector, which works on afterwards."""

from __future__ import annotations

from runs import python_output

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
    first, after, failed = python_output(SCRIPT).splitlines()
    assert int(first.split()[0]) < 100 and first.endswith("True True")
    assert after == "True True" and failed == "True"

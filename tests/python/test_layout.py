"""The layout of the engine: imports go one way, nothing is circular, and it speaks through events only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "python" / "esta_engine"

# Rank of each folder; an import may go to the same or a lower rank. Modules beside them are the leaves.
RANKS = {"nn": 1, "anchors": 1, "data": 1, "adaptation": 2, "evaluation": 2, "deployment": 2, "service": 3}
LEAF, ENTRY = 0, 4
# The plan is checked, and `--help` printed, without waiting for these.
HEAVY = {"torch", "transformers", "datasets", "sklearn", "scipy", "pandas", "pyarrow"}
LIGHT_MODULES = {
    "__init__.py",
    "__main__.py",
    "errors.py",
    "events.py",
    "plan.py",
    "plan_rules.py",
    "terms.py",
}
# Where the engine as a process ends: its exit code, its last words.
MAY_SPEAK = {"__main__.py", "service"}

Sources = dict[str, str]


def read_sources() -> Sources:
    return {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}


def find_violations(sources: Sources) -> list[str]:
    """Everything that is wrong with the package, one line each; keys are paths relative to it."""
    trees = {file: ast.parse(text, file) for file, text in sources.items()}
    imports = {file: list(_imports(file, tree)) for file, tree in trees.items()}
    found: list[str] = []
    for file, tree in trees.items():
        found += [
            f"{file} imports {target}: {_part(file)} must not know {_part(target)}"
            for target, _ in imports[file]
            if target in sources and _rank(target) > _rank(file)
        ]
        if file in LIGHT_MODULES:
            found += [f"{file} imports {name} at start" for name in _heavy_at_start(tree)]
        if _part(file) not in MAY_SPEAK:
            found += [f"{file} uses {name}" for name in _speech(tree)]
    edges = {file: [target for target, at_start in found if at_start] for file, found in imports.items()}
    return found + _cycles(edges)


def _part(file: str) -> str:
    return file.split("/")[0]


def _rank(file: str) -> int:
    if file == "__main__.py":
        return ENTRY
    return RANKS.get(_part(file), LEAF)


def _imports(file: str, tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """(file, whether it is loaded with the module) of every import from the package itself."""
    lazy = {id(node) for outer in ast.walk(tree) if _waits(outer) for node in ast.walk(outer)}
    for node in ast.walk(tree):
        for dotted in _modules(file, node):
            for target in _candidates(dotted):
                yield target, id(node) not in lazy


def _waits(node: ast.AST) -> bool:
    """Imports inside functions and under `if TYPE_CHECKING` are not loaded with the module."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def _modules(file: str, node: ast.AST) -> list[str]:
    """Dotted names below esta_engine that a statement imports; "" is the package itself."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
        return [name.partition(".")[2] for name in names if name.split(".")[0] == "esta_engine"]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.level == 0:
        if (node.module or "").split(".")[0] != "esta_engine":
            return []
        base = (node.module or "").split(".")[1:]
    else:
        folder = file.split("/")[:-1]
        base = folder[: len(folder) - node.level + 1] + (node.module.split(".") if node.module else [])
    return [".".join([*base, alias.name]) for alias in node.names] + [".".join(base)]


def _candidates(dotted: str) -> list[str]:
    path = dotted.replace(".", "/")
    return [f"{path}.py", f"{path}/__init__.py"] if path else []


def _heavy_at_start(tree: ast.Module) -> list[str]:
    lazy = {id(node) for outer in ast.walk(tree) if _waits(outer) for node in ast.walk(outer)}
    names: list[str] = []
    for node in ast.walk(tree):
        if id(node) in lazy:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name.split(".")[0] for alias in node.names]
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names.append((node.module or "").split(".")[0])
    return [name for name in names if name in HEAVY]


def _speech(tree: ast.Module) -> list[str]:
    """Prints, uses of the standard streams, and exits."""
    speech = {"sys.stdout", "sys.stderr", "sys.exit", "os._exit"}
    found = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    calls = [
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    return [name for name in found if name in speech] + [
        f"{name}()" for name in calls if name in ("print", "exit")
    ]


def _cycles(edges: dict[str, list[str]]) -> list[str]:
    done: set[str] = set()
    found: list[str] = []

    def visit(file: str, path: list[str]) -> None:
        if file in path:
            found.append("cycle: " + " -> ".join([*path[path.index(file) :], file]))
        elif file not in done:
            for target in edges.get(file, []):
                if target != file:
                    visit(target, [*path, file])
            done.add(file)

    for file in edges:
        visit(file, [])
    return found


def test_engine_is_in_order() -> None:
    sources = read_sources()
    assert len(sources) > 20
    assert find_violations(sources) == []


def _tree(**bad: str) -> Sources:
    """A small package in order, with some files replaced by bad ones (`__` stands for a slash)."""
    good = {
        "__init__.py": "",
        "errors.py": "class EngineError(Exception): ...",
        "plan.py": "from .errors import EngineError\ndef check():\n    import torch",
        "nn/__init__.py": "",
        "nn/lora.py": "import torch\nfrom ..errors import EngineError",
        "adaptation/__init__.py": "",
        "adaptation/trainer.py": "from esta_engine.nn.lora import Lora\nfrom ..nn import lora",
        "service/__init__.py": "",
        "service/run.py": "import sys\nfrom ..adaptation.trainer import train\nsys.stderr.write('x')",
        "__main__.py": "import sys\nfrom .service.run import run\nsys.exit(run())",
    }
    return {**good, **{name.replace("__", "/") + ".py": text for name, text in bad.items()}}


def test_checker_accepts_a_package_in_order() -> None:
    assert find_violations(_tree()) == []


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"errors": "from .nn.lora import Lora"}, "errors.py imports nn/lora.py"),
        ({"nn__lora": "from ..adaptation import trainer"}, "nn must not know adaptation"),
        ({"nn__lora": "import esta_engine.service.run"}, "nn must not know service"),
        ({"nn__lora": "def f():\n    from ..service.run import run"}, "nn must not know service"),
        ({"adaptation__trainer": "from esta_engine.service import run"}, "adaptation must not know service"),
        ({"plan": "import torch.nn"}, "plan.py imports torch at start"),
        ({"plan": "from transformers import ViTModel"}, "plan.py imports transformers at start"),
        ({"nn__lora": "print('x')"}, "nn/lora.py uses print()"),
        ({"nn__lora": "import sys\nsys.stdout.write('x')"}, "nn/lora.py uses sys.stdout"),
        ({"adaptation__trainer": "import os\nos._exit(1)"}, "uses os._exit"),
        ({"errors": "from .plan import check"}, "cycle: "),
        ({"nn__lora": "from .other import a", "nn__other": "from . import lora"}, "cycle: nn/lora.py"),
    ],
)
def test_checker_finds(bad: dict[str, str], expected: str) -> None:
    assert expected in "\n".join(find_violations(_tree(**bad)))


def test_checker_lets_cycles_pass_that_are_not_loaded() -> None:
    lazy = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .plan import check"
    assert find_violations(_tree(errors=lazy)) == []

"""Executes a notebook from start to end and prints what its cells gave as one JSON list, in order.

    python run_notebook.py FILE FOLDER

FOLDER is where the kernel works; JUPYTER_PATH says where the kernel that FILE names is described. Each cell
comes as `{"source", "outputs", "messages": {type: count}}`; one that fails ends the run with its
traceback and code 1.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


class Recorder(NotebookClient):
    """Counts each cell's messages: nbclient keeps only the last form of an output that is updated."""

    seen: dict[int, Counter[str]]

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        self.seen.setdefault(cell_index, Counter())[msg["msg_type"]] += 1
        return super().process_message(msg, cell, cell_index)


def main(file: str, folder: str) -> int:
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    kernel = notebook.metadata.kernelspec.name
    # Generous, as for every test: it only ends what hangs.
    client = Recorder(notebook, timeout=300, kernel_name=kernel, resources={"metadata": {"path": folder}})
    client.seen = {}
    try:
        client.execute()
    except CellExecutionError as error:
        print(error, file=sys.stderr)
        return 1
    cells = [
        {"source": cell.source, "outputs": cell.outputs, "messages": client.seen.get(index, {})}
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    ]
    print(json.dumps(cells))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

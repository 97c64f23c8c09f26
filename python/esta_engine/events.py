"""Events of a run: one JSON object a line, in `events.ndjson` and, while a front listens, on descriptor 3.

The file is the record; the descriptor is a courtesy. When the front dies the writer only notes it
(`front_gone`), and the run loop ends as it would on SIGTERM. The shapes are those of ts/engine/events.ts.
"""

from __future__ import annotations

import errno
import json
import math
import os
import select
import stat
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1
#: Where execa hands the engine a pipe for its events (`stdio: ['ignore', 'pipe', 'pipe', 'pipe']`).
FRONT_DESCRIPTOR = 3

_GONE = {errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN}


def find_front(descriptor: int = FRONT_DESCRIPTOR) -> int | None:
    """`descriptor` if a front listens there, else None.

    To be called before the process opens any file: only then is an open descriptor 3 an inherited one.
    """
    try:
        mode = os.fstat(descriptor).st_mode
        writable = not hasattr(os, "get_blocking") or _is_writable(descriptor)
    except OSError:
        return None
    if not writable or not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return None
    os.set_inheritable(descriptor, False)
    return descriptor


def to_json_line(record: Mapping[str, Any]) -> str:
    """One line of strict JSON: numbers that are not finite become null, their paths are in `non_finite`."""
    lost: list[str] = []
    clean = {key: _finite(value, key, lost) for key, value in record.items()}
    if lost:
        clean["non_finite"] = lost
    return json.dumps(clean, allow_nan=False, separators=(",", ":"), ensure_ascii=False) + "\n"


class EventWriter:
    """Appends events to a file and sends them to the front. Not thread-safe: the run loop alone writes.

    `front` is a descriptor from `find_front`, or None where nobody listens. `path` is None before a run has a
    folder: a failure that early is told to the front alone.
    """

    def __init__(self, path: Path | None, run_id: str, front: int | None = None) -> None:
        self.run_id = run_id
        self._front = front
        self._gone = False
        if path is not None:
            cut_torn_line(path)
        self._file = None if path is None else path.open("a", encoding="utf-8")

    def write(self, event: str, **fields: Any) -> None:
        """Append one event and flush it. A front that is gone is noted, never raised."""
        time = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"schema_version": SCHEMA_VERSION, "event": event, "run_id": self.run_id, "time": time}
        line = to_json_line({**head, **fields})
        if self._file is not None:
            self._file.write(line)
            self._file.flush()
        self._send(line.encode())

    def warning(self, code: str, message: str, hint: str | None = None) -> None:
        self.write("warning", code=code, message=message, hint=hint)

    @property
    def front_gone(self) -> bool:
        """True once the process that listened has closed its end; asks the kernel, so no write is needed."""
        if self._front is not None and not self._gone:
            poll = select.poll()
            poll.register(self._front, 0)
            self._gone = any(flags & (select.POLLERR | select.POLLHUP) for _, flags in poll.poll(0))
        return self._gone

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, line: bytes) -> None:
        if self._front is None or self._gone:
            return
        try:
            while line:
                line = line[os.write(self._front, line) :]
        except OSError as error:
            if error.errno not in _GONE:
                raise
            self._gone = True


def _is_writable(descriptor: int) -> bool:
    """False for the reading end of a pipe, as some shells and test runners leave one at descriptor 3."""
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY


def cut_torn_line(path: Path) -> None:
    """Cut off the half-written last line that a killed run may have left: every line of the file is JSON."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)


def _finite(value: Any, path: str, lost: list[str]) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        lost.append(path)
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(item, f"{path}.{key}", lost) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item, f"{path}[{index}]", lost) for index, item in enumerate(value)]
    return value

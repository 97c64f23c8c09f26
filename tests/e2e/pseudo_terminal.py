"""Runs a command in a pseudo-terminal: python pseudo_terminal.py ROWS COLUMNS COMMAND...

What the command draws goes to stdout as it is. Lines of JSON on stdin act on it: {"keys": TEXT} types,
{"resize": [ROWS, COLUMNS]} resizes. Ends with the command's exit code, 128 + N where signal N ended it.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios


def set_size(descriptor: int, rows: int, columns: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def act(request: dict[str, object], terminal: int) -> None:
    if "keys" in request:
        os.write(terminal, str(request["keys"]).encode())
    if "resize" in request:
        set_size(terminal, *request["resize"])  # type: ignore[misc]


def relay(terminal: int) -> None:
    """Copy until the command has closed its side."""
    sources = [terminal, 0]
    unread = b""
    while True:
        ready, _, _ = select.select(sources, [], [])
        if 0 in ready:
            chunk = os.read(0, 65536)
            if not chunk:
                sources.remove(0)
            *lines, unread = (unread + chunk).split(b"\n")
            for line in lines:
                act(json.loads(line), terminal)
        if terminal in ready:
            try:
                drawn = os.read(terminal, 65536)
            except OSError:  # Linux says EIO once the other side is closed
                return
            if not drawn:
                return
            os.write(1, drawn)


def main() -> int:
    rows, columns, *command = sys.argv[1:]
    process, terminal = pty.fork()
    if process == 0:
        set_size(0, int(rows), int(columns))
        os.execvp(command[0], command)
    relay(terminal)
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())

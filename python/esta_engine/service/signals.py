"""Requests to stop: SIGINT, SIGTERM, SIGHUP, and the end of the front that listened.

A request is noted and honoured at the next safe point (between steps, batches or evaluated stitches); a
second signal ends the process at once, which is safe too, since every file is whole or absent. Ctrl-C at a
terminal reaches the engine twice, as SIGINT from it and as SIGTERM from the front: that is one request.
"""

from __future__ import annotations

import os
import signal
import time
from types import FrameType

from ..events import EventWriter

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
#: What the `stopped` event says, and the exit code, where no signal came but the front went.
FRONT_GONE = "front-gone"
#: Another signal than the first, this soon after it, is the front handing on what the terminal sent to both.
_ECHO_SECONDS = 2.0


class Stopped(Exception):
    """The run was asked to stop; `signal` names the request."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.signal = name

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells have it; 143 (SIGTERM's) where the front is gone."""
        name = "SIGTERM" if self.signal == FRONT_GONE else self.signal
        return 128 + int(getattr(signal, name))


class StopRequest:
    """Handlers of the stopping signals, from `install` on."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._noted_at = 0.0

    def install(self) -> None:
        for name in _SIGNALS:
            if hasattr(signal, name):  # SIGHUP is not known everywhere
                signal.signal(getattr(signal, name), self._note)

    def check(self, events: EventWriter) -> None:
        """Raises Stopped once a signal has come or the front is gone."""
        if self._name is None and events.front_gone:
            self._name = FRONT_GONE
        if self._name is not None:
            raise Stopped(self._name)

    def _note(self, number: int, frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if self._name is None:
            self._name, self._noted_at = name, time.monotonic()
        elif name == self._name or time.monotonic() - self._noted_at > _ECHO_SECONDS:
            os._exit(128 + number)

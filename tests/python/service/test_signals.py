"""Requests to stop, in processes of their own, since handlers are the process's."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from esta_engine.service.signals import FRONT_GONE, Stopped
from runs import ROOT

SCRIPT = """
import os, signal, sys
from esta_engine.events import EventWriter
from esta_engine.service.signals import Stopped, StopRequest
stop, events = StopRequest(), EventWriter(None, "run")
stop.install()
stop.check(events)
for number in map(int, sys.argv[1:]):
    os.kill(os.getpid(), number)
try:
    stop.check(events)
except Stopped as stopped:
    print(stopped.signal)
    sys.exit(stopped.exit_code)
"""


@pytest.mark.parametrize(
    ("sent", "code", "told"),
    [
        ([], 0, ""),
        ([signal.SIGINT], 130, "SIGINT\n"),
        ([signal.SIGTERM], 143, "SIGTERM\n"),
        ([signal.SIGHUP], 129, "SIGHUP\n"),
        ([signal.SIGINT, signal.SIGINT], 130, ""),  # the second ends the process at once
        ([signal.SIGINT, signal.SIGTERM], 143, ""),
    ],
)
def test_the_first_signal_is_noted_and_the_second_ends(sent: list[int], code: int, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, map(int, sent))],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "python")},
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, told, "")


def test_a_front_that_is_gone_counts_as_a_request_to_terminate() -> None:
    assert Stopped(FRONT_GONE).exit_code == 143

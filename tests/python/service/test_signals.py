"""Requests to stop, as a real process hears them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import esta_engine
import pytest

ENGINE = Path(esta_engine.__file__).parents[1]

LISTEN = """
import time
from esta_engine.service.signals import StopRequest
stop = StopRequest()
stop.install()
print("ready", flush=True)
deadline = time.monotonic() + 60
while stop._name is None and time.monotonic() < deadline:
    time.sleep(0.01)
print(stop._name, flush=True)
while time.monotonic() < deadline:
    time.sleep(0.01)
"""


def start() -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ENGINE)}
    command = [sys.executable, "-c", LISTEN]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [(signal.SIGINT, signal.SIGINT, 130), (signal.SIGTERM, signal.SIGTERM, 143)],
)
def test_the_same_signal_twice_ends_at_once(first: int, second: int, code: int) -> None:
    process = start()
    process.send_signal(first)
    assert process.stdout is not None and process.stdout.readline() == f"{signal.Signals(first).name}\n"
    process.send_signal(second)
    assert process.wait(30) == code


def test_ctrl_c_at_a_terminal_is_one_request_though_the_front_hands_it_on() -> None:
    process = start()
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None and process.stdout.readline() == "SIGINT\n"
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130

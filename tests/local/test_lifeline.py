"""No process is left behind, however the first one ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.emulator import REPOSITORY
from tests.local.processes import alive, descendants
from tests.local.small_app import write_assembly

pytestmark = pytest.mark.integration

PROGRAM = """
import signal, sys, time
from pathlib import Path
from local.stack import LocalStack

signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background hands down that it is ignored
with LocalStack(Path(sys.argv[1]), assembly=Path(sys.argv[2])):
    print("up", flush=True)
    time.sleep(60)
"""


def run_until_up(folder: Path) -> tuple["subprocess.Popen[str]", list[int]]:
    assembly = write_assembly(folder / "assembly", folder / "journal")
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder / "state"), str(assembly)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "shared")])},
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "up\n"
    return program, descendants(program.pid)


def kill(program: "subprocess.Popen[str]") -> None:
    program.kill()


def interrupt(program: "subprocess.Popen[str]") -> None:
    program.send_signal(signal.SIGINT)


def terminate(program: "subprocess.Popen[str]") -> None:
    program.terminate()


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(kill, id="kill -9"),
        pytest.param(interrupt, id="ctrl-c", marks=pytest.mark.extended),
        pytest.param(terminate, id="sigterm", marks=pytest.mark.extended),
    ],
)
def test_a_parent_that_ends_leaves_no_process_behind(
    tmp_path: Path, end: Callable[["subprocess.Popen[str]"], None]
) -> None:
    program, below = run_until_up(tmp_path)
    assert len(below) >= 6  # emulator, lander, poller, service, a worker per function
    end(program)
    program.communicate(timeout=15)
    deadline = time.monotonic() + 5
    while (left := [pid for pid in below if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []

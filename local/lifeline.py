"""Processes that end together, whatever ends the first of them.

A child's standard input is a pipe that only its parent holds open. When the parent is gone, even by kill -9, the child
reads the end of that pipe and kills its own process group, so what it started goes too. No signal, no polling, no
platform call.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


def end_with_parent() -> None:
    """Kill this process's group as soon as standard input ends. Call first thing in a child that `start` started."""
    threading.Thread(target=_watch, name="lifeline", daemon=True).start()


def _watch() -> None:
    while os.read(0, 4096):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


class Child:
    """A process in a session of its own: Ctrl-C reaches only the parent, which then stops its children in order."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path | None = None) -> None:
        self.name = name
        self.process = process
        self.log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def stop(self, grace_seconds: float = 5.0) -> int:
        """Ask with SIGTERM, then kill the group. Give the exit status."""
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(grace_seconds)
        return self.kill()

    def kill(self) -> int:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        status = self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        return status

    def last_words(self, characters: int = 2000) -> str:
        """Give the end of the process's log, for an error message."""
        if self.log is None or not self.log.exists():
            return ""
        return self.log.read_text(errors="replace")[-characters:]


def start(
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: Path,
    folder: Path | None = None,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Start a child that is to call `end_with_parent`, its output going to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = _popen(command, environment, output, folder, pass_fds)
    return Child(name, process, log)


def _popen(
    command: Sequence[str],
    environment: Mapping[str, str],
    output: IO[bytes],
    folder: Path | None,
    pass_fds: Sequence[int],
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        list(command),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd=folder,
        pass_fds=tuple(pass_fds),
        start_new_session=True,
    )


def module_command(module: str, *arguments: str) -> list[str]:
    """Give the command that runs one of our modules with this interpreter."""
    return [sys.executable, "-m", module, *arguments]

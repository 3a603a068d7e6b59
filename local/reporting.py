"""How a process of the local runtime reports (a status file, replaced often) and takes commands (signals)."""

import json
import os
import queue
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.positions import write_whole

PERIOD_S = 0.2


def report_until_stopped(
    path: Path,
    *,
    start: Callable[[], None],
    status: Callable[[], Mapping[str, Any]],
    on_first_signal: Callable[[], None],
    on_second_signal: Callable[[], None],
) -> None:
    """Write `status` to `path` until SIGTERM; run the commands of SIGUSR1 and SIGUSR2 in between.

    `commands` in the status counts the commands done, `ready` says that `start` is over.
    """
    orders: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda received, _frame: orders.put(received))
    commands = {signal.SIGUSR1: on_first_signal, signal.SIGUSR2: on_second_signal}
    done = 0
    start()
    while True:
        report = {"at": time.time(), "pid": os.getpid(), "ready": True, "commands": done, **status()}
        write_whole(path, json.dumps(report))
        try:
            order = orders.get(timeout=PERIOD_S)
        except queue.Empty:
            continue
        if order not in commands:
            return
        commands[signal.Signals(order)]()
        done += 1


def read_report(path: Path) -> dict[str, Any]:
    """Give the newest status, empty before the first."""
    try:
        report: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return report

"""Schedules that invoke a function at a rate. The time of day is not modelled: cron schedules are listed, not run."""

import re
import threading
import time
from collections.abc import Callable

import msgspec

from local.poller.workers import InvocationError

UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
RETRY_S = 0.2


class Schedule(msgspec.Struct, frozen=True):
    """A schedule as deployed; `payload` is the JSON event of the target."""

    name: str
    function_name: str
    expression: str
    payload: str = "{}"


def rate_seconds(expression: str) -> float | None:
    """Give the period of a rate expression, None for any other kind."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    return int(found[1]) * UNIT_SECONDS[found[2]] if found else None


class ScheduleRunner:
    """Invokes one function again and again until stopped; `trigger` makes it do so now."""

    def __init__(self, schedule: Schedule, invoke: Callable[[object, str], object], period_s: float) -> None:
        self.schedule = schedule
        self.runs = 0
        self.failures = 0
        self.last_error = ""
        self.last_run_at = 0.0
        self._invoke = invoke
        self._period_s = period_s
        self._wanted = threading.Event()
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            self._wanted.wait(self._period_s)
            self._wanted.clear()
            if not self._stopped.is_set():
                self._run_once()

    def _run_once(self) -> None:
        started = time.time()
        try:
            self._invoke(msgspec.json.decode(self.schedule.payload), f"schedule/{self.schedule.name}")
        except InvocationError as failure:
            self.failures += 1
            self.last_error = str(failure)[:500]
        self.runs += 1
        self.last_run_at = started

    def trigger(self) -> None:
        self._wanted.set()

    def stop(self) -> None:
        self._stopped.set()
        self._wanted.set()

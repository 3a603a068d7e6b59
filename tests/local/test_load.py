"""What the load test counts: use of processes by part, and delays by their rank."""

import os
import subprocess
import sys

from local import usage
from local.load import Delays, _course, _delay


def test_children_are_counted_with_this_process() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert child.pid in set(usage._family(os.getpid()))
        parts = usage.by_part()
    finally:
        child.communicate(b"\n")
    assert parts["command"].resident_bytes > 1_000_000
    assert sum(part.processes for part in parts.values()) >= 2


def test_seconds_between_two_looks_are_those_used_meanwhile() -> None:
    earlier = {"a": usage.Use(1.0)}
    assert usage.seconds_between(earlier, {"a": usage.Use(1.5), "b": usage.Use(2.0)}) == {"a": 0.5, "b": 2.0}


def test_delays_are_told_by_rank() -> None:
    assert _delay([]) == Delays(0)
    assert _delay([float(ms) for ms in range(1, 102)]) == Delays(101, 51.0, 100.0, 101.0)


def test_course_of_memory_is_told_early_midway_last_and_most() -> None:
    assert _course([float(step) for step in range(20)]) == [2.0, 10.0, 19.0, 19.0]

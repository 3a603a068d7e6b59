"""Processor time and memory of this process and all that it started, by part; from /proc, so on Linux only."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Use(msgspec.Struct):
    """What one part used: processor seconds since it started, and bytes of memory it holds now."""

    seconds: float = 0.0
    resident_bytes: int = 0
    processes: int = 0


def by_part() -> dict[str, Use]:
    """Give the use of each part; empty where there is no /proc."""
    parts: dict[str, Use] = {}
    for pid in _family(os.getpid()):
        try:
            stat = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            name = _part_of(pid)
        except (OSError, IndexError):
            continue  # it ended while we looked
        use = parts.setdefault(name, Use())
        use.seconds += (int(stat[11]) + int(stat[12])) / TICKS_A_SECOND
        use.resident_bytes += int(stat[21]) * PAGE_BYTES
        use.processes += 1
    return parts


def seconds_between(earlier: Mapping[str, Use], later: Mapping[str, Use]) -> dict[str, float]:
    """Give the processor seconds that each part used between two looks."""
    return {name: round(use.seconds - earlier.get(name, Use()).seconds, 2) for name, use in later.items()}


def module_environment() -> dict[str, str]:
    """Give a child that knows no AWS what it needs to find our modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONUNBUFFERED": "1"}


def _family(root: int) -> Iterator[int]:
    """Give a process and its descendants."""
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        for task in (PROC / str(pid) / "task").glob("*/children"):
            try:
                waiting += [int(child) for child in task.read_text().split()]
            except OSError:
                continue


def _part_of(pid: int) -> str:
    words = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    if pid == os.getpid():
        return "command"
    if "local.poller.environment" in words:
        return words[words.index("local.poller.environment") + 2].partition("/")[0].partition(".")[0] + _function(pid)
    if "local.launch" in words:
        return words[words.index("-m", words.index("local.launch")) + 1]
    modules = [word for word in words if word.startswith("local.")]
    return modules[0].removeprefix("local.") if modules else Path(words[0]).name


def _function(pid: int) -> str:
    for entry in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
        if entry.startswith(b"AWS_LAMBDA_FUNCTION_NAME="):
            return " " + entry.partition(b"=")[2].decode()
    return ""

"""The state of the stack: processes, how far each reader is, what has landed, and whether law 3 holds."""

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from local.page.cells import Cell, Column, Row, number, row
from local.page.following import NOTHING_UP, Following
from local.page.law import Counted, count
from local.page.live import Now, following_of, stream
from local.page.shell import render, shell
from local.usage import PAGE_BYTES, PROC, TICKS_A_SECOND

PROCESSES: Final = (
    Column("Process"),
    Column("Process id", "number less"),
    Column("Processor s", "number"),
    Column("Memory, MB", "number"),
    Column("Started", "number less"),
    Column("State"),
)
READERS: Final = (
    Column("Reader"),
    Column("Of", "less"),
    Column("Behind, s", "number"),
    Column("Records", "number"),
    Column("Batches", "number less"),
    Column("Failed", "number"),
    Column("Given up", "number"),
)
DELIVERIES: Final = (
    Column("Delivery"),
    Column("Rows", "number"),
    Column("Objects", "number less"),
    Column("Rejected", "number"),
    Column("Held", "number"),
)
EQUATIONS: Final = (Column("Law 3"), Column("Left"), Column("Right"), Column("Verdict", "nowrap"))
FIGURES: Final = (
    ("lines", "Lines in Kinesis", ""),
    ("rows", "Rows in the lake", ""),
    ("behind", "Furthest behind", "s"),
    ("law", "Law 3", ""),
)
_MADE: Final = re.compile(r"^.*-([A-Za-z]{3,}?)(?:Function|Stream)?[0-9A-Fa-f]{8,}(?:-[0-9a-f]+)?$")
COUNT_S: Final = 3.0
"""Counting reads the whole lake; it is done again only when as much as ten times its own duration has passed."""


async def page(request: Request) -> HTMLResponse:
    """Show it."""
    following = following_of(request)
    body = render(
        "stack.html",
        now=view(following, ""),
        figures=FIGURES,
        tables=(
            ("processes", "Processes", PROCESSES, "Nothing runs."),
            ("readers", "Readers of the streams", READERS, "Nothing reads."),
            ("deliveries", "Landing in the lake", DELIVERIES, "Nothing is landed."),
        ),
        equations=EQUATIONS,
        endpoint=following.state.get("endpoint", ""),
        folder=str(following.folder),
        left_out=following.state.get("status", {}).get("left_out", {}),
        started=following.state.get("status", {}).get("seconds_to_start", {}),
        complaint="" if following.is_up else NOTHING_UP,
    )
    return shell(request, "Stack", body, scripts=["live.js"])


async def live(request: Request) -> Response:
    """Send it each second."""
    return stream(request, view)


def view(following: Following, zone: str) -> Now:
    """Give what the processes reported last."""
    status: Mapping[str, Any] = following.state.get("status", {})
    readers = status.get("poller", {}).get("mappings", [])
    counted = _counter.of(following)
    behind = max((reader["behind_seconds"] for reader in readers), default=None)
    verdict, look = counted.verdict() if counted else ("–", "")
    return Now(
        {
            "processes": list(_processes(following.state, status)),
            "readers": [_reader(reader) for reader in readers],
            "deliveries": [_delivery(delivery) for delivery in status.get("lander", {}).get("deliveries", [])],
            "equations": _equations(counted),
        },
        {
            "lines": number(counted.lines if counted else None),
            "rows": number(counted.rows if counted else None),
            "behind": number(behind, 1),
            "law": verdict,
        },
        {"law": look},
    )


class _Counter:
    """Counts law 3's terms in a thread of its own, no more often than the machine can bear; only while one looks."""

    def __init__(self) -> None:
        self._counted: Counted | None = None
        self._of: object = None
        self._due = 0.0
        self._counting = threading.Lock()

    def of(self, following: Following) -> Counted | None:
        """Give the newest count, and begin another if it is time."""
        if following.alerts is not self._of:
            self._of, self._counted = following.alerts, None
        if following.is_up and time.monotonic() >= self._due and self._counting.acquire(blocking=False):
            threading.Thread(target=self._count, args=(dict(following.state), self._of), daemon=True).start()
        return self._counted

    def _count(self, state: Mapping[str, Any], of: object) -> None:
        begun = time.monotonic()
        try:
            counted = count(state, begun, self._counted)
            if of is self._of:
                self._counted = counted
        finally:
            self._due = time.monotonic() + max(COUNT_S, 10 * (time.monotonic() - begun))
            self._counting.release()


_counter = _Counter()


def _equations(counted: Counted | None) -> list[Row]:
    if counted is None:
        return []
    return [
        row(
            equation.title,
            (equation.title, _sum(equation.left), _sum(equation.right), Cell(*counted.verdict_of(equation))),
        )
        for equation in counted.equations
    ]


def _sum(terms: Mapping[str, int]) -> str:
    return " + ".join(f"{value:,} {name}" for name, value in terms.items())


def short(name: str) -> str:
    """Give the readable part of a name that CloudFormation made: stack, construct, digest."""
    return _MADE.sub(r"\1", name)


def _processes(state: Mapping[str, Any], status: Mapping[str, Any]) -> Iterator[Row]:
    if not state:
        return
    dead = status.get("dead", [])
    yield _process("stack", state["pid"], dead)
    yield _process("emulator", status["emulator"]["pid"], dead)
    for service in status.get("services", []):
        gone = [] if service["alive"] else [service["name"]]
        yield _process(service["name"], service["pid"], gone, service["starts"])
    for part in ("poller", "lander"):
        yield _process(part, status.get(part, {}).get("pid"), dead)
    for pool in status.get("poller", {}).get("pools", []):
        for place, pid in enumerate(pool["pids"]):
            yield _process(f"{short(pool['function'])} {place + 1}", pid, [], pool["started"])
    yield _process("page", os.getpid(), [])


def _process(name: str, pid: int | None, dead: list[str], starts: int = 1) -> Row:
    used = _use(pid) if pid else None
    gone = name in dead or (used is None and PROC.is_dir())
    cells = (
        name,
        str(pid or "–"),
        number(used[0] if used else None, 1),
        number(used[1] / 1e6 if used else None),
        f"{starts:,}×",
        Cell("ended" if gone else "runs", "bad" if gone else "good"),
    )
    return row(name, cells)


def _use(pid: int) -> tuple[float, int] | None:
    """Give a process's processor seconds and bytes of memory; None where it is gone or there is no /proc."""
    try:
        stat = (Path(PROC) / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(stat[11]) + int(stat[12])) / TICKS_A_SECOND, int(stat[21]) * PAGE_BYTES


def _reader(reader: Mapping[str, Any]) -> Row:
    counts = reader["counts"]
    behind = reader["behind_seconds"]
    return row(
        reader["identifier"],
        (
            short(reader["function"]),
            "alert table" if ":dynamodb:" in reader["source"] else short(reader["source"].rpartition("/")[2]),
            Cell(number(behind, 1), "bad" if behind > 30 else "warn" if behind > 5 else ""),
            number(counts["delivered"]),
            number(counts["batches"]),
            Cell(number(counts["failed_invocations"]), "bad" if counts["failed_invocations"] else ""),
            Cell(number(counts["discarded"] + counts["lost"]), "bad" if counts["discarded"] + counts["lost"] else ""),
        ),
    )


def _delivery(delivery: Mapping[str, Any]) -> Row:
    rejected = delivery["rejected"]
    return row(
        delivery["name"],
        (
            short(delivery["name"]),
            number(delivery["rows"]),
            number(delivery["objects"]),
            Cell(number(rejected), "bad" if rejected else ""),
            number(delivery["buffered_records"]),
        ),
    )


ROUTES: Final = (Route("/stack", page), Route("/live/stack", live))

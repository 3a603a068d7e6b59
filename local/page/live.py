"""What changes while one looks, as server-sent events: tables and figures each second, alerts as they are stored."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from local.page.alert_list import AlertList, Entry, Wanted
from local.page.cells import Row, plain
from local.page.following import Following
from local.page.times import chosen_zone

LOOK_S: Final = 0.1
GATHER_S: Final = 0.15
"""How long more is gathered after alerts were sent: many a second are few messages."""
PERIOD_S: Final = 1.0
MOST_AT_ONCE: Final = 60
_encoder = msgspec.json.Encoder()


class Now(msgspec.Struct, frozen=True):
    """What a page shows at a moment: rows by table, text by figure, the class of a figure's text where it has one."""

    tables: dict[str, Sequence[Row]] = {}
    figures: dict[str, str] = {}
    looks: dict[str, str] = {}

    def event(self) -> bytes:
        """Write it as an event."""
        tables = {name: plain(rows) for name, rows in self.tables.items()}
        return event("now", {"tables": tables, "figures": self.figures, "looks": self.looks})


View = Callable[[Following, str], Now]
"""Gives what a page shows, times in the chosen zone."""
Listed = Callable[[Following, Entry, str], Row]


def following_of(request: Request) -> Following:
    """Give what the page knows of the running stack."""
    found: Following = request.app.state.following
    return found


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """Read what a list is narrowed to."""
    named = {name: query.get(name, "").strip() for name in Wanted.__struct_fields__}
    return Wanted(**named)


def stream(request: Request, view: View, listed: Listed | None = None) -> StreamingResponse:
    """Send a page's view each second, and with `listed` its alerts as they change, the newest first.

    `since` or, after a break, the id of the last event says from which change on.
    """
    following, zone = following_of(request), chosen_zone(request)
    wanted = wanted_of(request.query_params)
    begun = request.headers.get("last-event-id") or request.query_params.get("since") or ""
    change = int(begun) if begun.isdigit() else following.alerts.change

    async def events() -> AsyncIterator[bytes]:
        alerts, told, due = following.alerts, change, 0.0
        yield b"retry: 1000\n\n"
        while True:
            if following.alerts is not alerts:
                yield event("another", {})
                return
            if time.monotonic() >= due:
                due = time.monotonic() + PERIOD_S
                yield (await run_in_threadpool(view, following, zone)).event()
            newest = alerts.change
            if listed is not None and newest != told:
                yield event("alerts", _news(following, alerts, told, wanted, listed, zone), newest)
                told = newest
                await asyncio.sleep(GATHER_S)
            await asyncio.sleep(LOOK_S)

    return StreamingResponse(events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _news(
    following: Following, alerts: AlertList, told: int, wanted: Wanted, listed: Listed, zone: str
) -> dict[str, Any]:
    entries = alerts.since(told, MOST_AT_ONCE, wanted)
    return {"rows": plain([listed(following, entry, zone) for entry in entries]), "total": f"{len(alerts):,}"}


def event(name: str, data: Any, number: int | None = None) -> bytes:
    """Write a server-sent event; its data is one line of JSON."""
    identity = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (identity, name.encode(), _encoder.encode(data))

"""The first page: instruments, feeds and the newest alerts, each second anew."""

import time
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from surveillance.alerts import SEVERITIES
from surveillance.events import SECOND

from local.page.alert_rows import SHORT, short
from local.page.board import Board, Feed, Line, decimals_of
from local.page.cells import Cell, Column, Row, number, row
from local.page.csv_export import csv_response
from local.page.following import NOTHING_UP, Following
from local.page.live import Now, following_of, stream
from local.page.shell import render, shell
from local.page.times import chosen_zone, clock, zone_for

INSTRUMENTS: Final = (
    Column("Symbol"),
    Column("Open alerts"),
    Column("Last 2 min", "less"),
    Column("Last", "number"),
    Column("Change", "number"),
    Column("Bid", "number less"),
    Column("Ask", "number less"),
    Column("Spread, bp", "number less"),
    Column("Events/s", "number"),
    Column("Orders/s", "number less wide"),
    Column("Trades/s", "number less"),
    Column("Volume", "number less wide"),
    Column("Last event", "number less wide"),
)
FEEDS: Final = (
    Column("Feed"),
    Column("Newest, s ago", "number"),
    Column("Events/s", "number"),
    Column("Events", "number less"),
    Column("Gaps", "number"),
    Column("State"),
)
FIGURES: Final = (
    ("rate", "Events", "a second"),
    ("instruments", "Instruments", ""),
    ("alerts", "Open alerts", ""),
    ("worst", "Critical, high", ""),
    ("carried", "Feed to stream, p50", "ms"),
    ("carried_most", "Feed to stream, p95", "ms"),
    ("alerted", "Alert to here, p50", "ms"),
    ("alerted_most", "Alert to here, p95", "ms"),
)
MOST_ROWS: Final = 300
NEWEST: Final = 14
STALE_S: Final = 5.0
DEAD_S: Final = 30.0
TRACE_WIDTH, TRACE_HEIGHT = 96.0, 20.0


async def page(request: Request) -> HTMLResponse:
    """Show the board."""
    following, zone = following_of(request), chosen_zone(request)
    now = view(following, zone)
    body = render(
        "board.html",
        now=now,
        figures=FIGURES,
        instruments=INSTRUMENTS,
        feeds=FEEDS,
        short=SHORT,
        since=following.alerts.change,
        newest=[short(following, entry, zone) for entry in following.alerts.since(0, NEWEST)],
        most=NEWEST,
        complaint="" if following.is_up else NOTHING_UP,
    )
    return shell(request, "Board", body, scripts=["live.js"])


async def live(request: Request) -> Response:
    """Send it each second."""
    return stream(request, view, short)


async def export(request: Request) -> Response:
    """Give the instruments as CSV, numbers unrounded."""
    following = following_of(request)
    with following.lock:
        rows = [_exported(following, line) for line in _lines(following.board)]
    return csv_response("board.csv", EXPORTED, rows)


def view(following: Following, zone: str) -> Now:
    """Give what the board shows now."""
    board = following.board
    with following.lock:
        lines = [_instrument(following, line, zone) for line in _lines(board)[:MOST_ROWS]]
        feeds = [_feed(feed) for _, feed in sorted(board.feeds.items())]
        carried = sorted(board.delays_ns)
        rate, instruments = board.rate, len(board.lines)
    opened = following.alerts.open()
    alerted = sorted(following.tail.delays_ns) if following.tail else []
    figures = {
        "rate": number(rate),
        "instruments": number(instruments),
        "alerts": number(sum(opened.values())),
        "worst": f"{opened['critical']:,}, {opened['high']:,}",
        "carried": _milliseconds(carried, 0.5),
        "carried_most": _milliseconds(carried, 0.95),
        "alerted": _milliseconds(alerted, 0.5),
        "alerted_most": _milliseconds(alerted, 0.95),
        "total": f"{len(following.alerts):,}",
    }
    looks = {"worst": "severity critical" if opened["critical"] else "severity high" if opened["high"] else ""}
    return Now({"instruments": lines, "feeds": feeds}, figures, looks)


def _milliseconds(delays_ns: list[int], share: float) -> str:
    return number(delays_ns[int(share * (len(delays_ns) - 1))] / 1e6) if delays_ns else "–"


def _lines(board: Board) -> list[Line]:
    """Give instruments by name, the busiest where there are too many to show."""
    lines = list(board.lines.values())
    if len(lines) > MOST_ROWS:
        lines = sorted(lines, key=lambda line: -line.rates()[2])[:MOST_ROWS]
    return sorted(lines, key=lambda line: line.symbol)


def _instrument(following: Following, line: Line, zone: str) -> Row:
    known = following.instrument(line.symbol)
    places = decimals_of(known, line)
    change = line.change(known.previous_close if known else None)
    orders, trades, events = line.rates()
    best, state = line.best, f" ({line.state})" if line.state not in ("", "open") else ""
    return row(
        line.symbol,
        (
            Cell(line.symbol + state, link=f"/alerts?symbol={_quoted(line.symbol)}"),
            _open(following.alerts.open_of(line.symbol)),
            Cell("", points=_points(line)),
            number(line.last, places),
            Cell("–" if change is None else f"{change:+.2%}".replace("-", "−"), _direction(change)),
            number(best.bid, places),
            number(best.ask, places),
            number(line.spread_bp, 1),
            number(events),
            number(orders),
            number(trades, 1),
            number(line.volume),
            clock(line.last_ts, zone_for(zone, following.zone(line.symbol)), 0),
        ),
    )


def _quoted(symbol: str) -> str:
    from urllib.parse import quote

    return quote(symbol, safe="")


def _direction(change: float | None) -> str:
    return "" if not change else "up" if change > 0 else "down"


def _open(counts: dict[str, int]) -> Cell:
    whole = sum(counts.values())
    worst = next((severity for severity in reversed(SEVERITIES) if counts.get(severity)), "")
    return Cell(f"{whole:,}", badge=f"severity {worst}") if worst else Cell("0", "quiet")


def _points(line: Line) -> str:
    """Give the trace of the last price as points of SVG."""
    prices = list(line.trace)
    if len(prices) < 2:
        return ""
    low, high = min(prices), max(prices)
    span, step = (high - low) or 1.0, TRACE_WIDTH / (len(prices) - 1)
    middle = high == low
    return " ".join(
        f"{place * step:.1f},{TRACE_HEIGHT / 2 if middle else 1.5 + (high - price) / span * (TRACE_HEIGHT - 3):.1f}"
        for place, price in enumerate(prices)
    )


def _feed(feed: Feed) -> Row:
    age = (time.time_ns() - feed.received_ts) / SECOND if feed.received_ts else None
    quiet = age is not None and age > STALE_S
    said = feed.state or ("quiet" if quiet else "live")
    look = "bad" if said == "silent" or (age or 0) > DEAD_S else "warn" if said != "live" else "good"
    return row(
        feed.name,
        (
            feed.name,
            number(age, 1),
            number(feed.rate),
            number(feed.events),
            Cell(number(feed.gaps), "bad" if feed.gaps else ""),
            Cell(said, look),
        ),
    )


EXPORTED: Final = (
    *("symbol", "last", "change", "bid", "ask", "spread_bp", "events_per_second", "orders_per_second"),
    *("trades_per_second", "volume", "open_alerts", "last_event_ts"),
)


def _exported(following: Following, line: Line) -> list[object]:
    known = following.instrument(line.symbol)
    orders, trades, events = line.rates()
    opened = sum(following.alerts.open_of(line.symbol).values())
    change = line.change(known.previous_close if known else None)
    best = line.best
    prices = [line.last, change, best.bid, best.ask, line.spread_bp]
    return [line.symbol, *prices, events, orders, trades, line.volume, opened, line.last_ts]


ROUTES: Final = (Route("/", page), Route("/live/board", live), Route("/board.csv", export))

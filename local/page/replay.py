"""An alert's order book, event by event, from the lake: what the page plays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from surveillance.alerts import Alert
from surveillance.episode import Episode, arrival_days, read_episode, window
from surveillance.events import DAY, EVERYTHING, SECOND
from surveillance.feeds.arrival import in_order_of_arrival
from surveillance.wire import Decoded

from local.page.alert_pages import alert_of_request
from local.page.board import Line, decimals_of
from local.page.csv_export import csv_response
from local.page.live import following_of
from local.page.times import chosen_zone, written, zone_for

MOST_STEPS: Final = 20_000
MOST_TOUCHES: Final = 6_000
CSV_COLUMNS: Final = ("ts", "event", "named", "best_bid", "best_ask", "changes")


async def data(request: Request) -> Response:
    """Give the episode; `landed` is false while the lake lacks its end."""
    return JSONResponse(await run_in_threadpool(_data, request))


async def export(request: Request) -> Response:
    """Give the episode's events as CSV, each with what it did to the book as `price: before > after`."""
    episode = await run_in_threadpool(_episode, request)
    rows = [
        (
            *(step.ts, step.words, str(step.named).lower(), step.bid, step.ask),
            "; ".join(f"{price:.10g}: {before:g} > {after:g}" for price, before, after in step.changes),
        )
        for step in episode.steps
    ]
    return csv_response(f"{episode.alert.alert_id}.csv", CSV_COLUMNS, rows)


def _episode(request: Request) -> Episode:
    alert = alert_of_request(request)
    lake = Path(following_of(request).state["lake_path"])
    return read_episode(alert, lake_events(lake, alert), MOST_STEPS)


def lake_events(lake: Path, alert: Alert) -> Iterator[Decoded]:
    """Read from a lake on disk what concerns an alert's symbol, up to the end of what is shown, as it arrived."""
    days = arrival_days(alert)
    folders = [lake / "events" / f"year={day:%Y}" / f"month={day:%m}" / f"day={day:%d}" for day in days]
    files = [str(path) for folder in folders for path in sorted(folder.glob("**/*.parquet"))]
    if not files:
        return
    start, end = window(alert)
    with duckdb.connect() as connection:
        table = connection.execute(
            "select * from read_parquet($files, hive_partitioning = false, union_by_name = true) "
            "where symbol in ($symbol, $all) and ts between $first and $last",
            {"files": files, "symbol": alert.symbol, "all": EVERYTHING, "first": start - DAY, "last": end},
        ).to_arrow_table()
    yield from in_order_of_arrival([Decoded(table)])


def _data(request: Request) -> dict[str, Any]:
    following, zone = following_of(request), chosen_zone(request)
    episode = _episode(request)
    alert, start = episode.alert, episode.start
    own = zone_for(zone, following.zone(alert.symbol, alert.venue))
    newest = max((step.ts for step in episode.steps), default=0)
    hours, minutes, seconds = (int(part) for part in written(start, own, 0)[11:].split(":"))
    last = episode.trades[-1].price if episode.trades else episode.touch[-1][1] if episode.touch else None
    return {
        "landed": newest >= alert.end_ts,
        "cut": len(episode.steps) >= MOST_STEPS,
        "length": episode.end - start,
        "clock": hours * 3600 + minutes * 60 + seconds + start % SECOND / SECOND,
        "decimals": decimals_of(following.instrument(alert.symbol), Line(alert.symbol, last=last)),
        "alert": [alert.start_ts - start, alert.end_ts - start, alert.detected_ts - start],
        "opening": list(episode.opening.items()),
        "steps": [
            [step.ts - start, step.kind, step.words, step.named, step.changes, step.bid, step.ask]
            for step in episode.steps
        ],
        "touch": [[ts - start, bid, ask] for ts, bid, ask in _thinned(episode.touch)],
        "trades": [
            [trade.ts - start, trade.price, trade.size, trade.side, trade.named] for trade in _thinned(episode.trades)
        ],
        "bars": [[bar.ts - start, bar.seconds, bar.open, bar.high, bar.low, bar.close] for bar in episode.bars],
        "lives": [
            [life.start - start, (life.end or episode.end) - start, life.price, life.size, life.side, life.ended]
            for life in episode.lives
            if (life.end or episode.end) >= start
        ],
        "marks": [[ts - start, words] for ts, words in episode.marks[:40]],
        "moments": [ts - start for ts in episode.moments],
        "depth": [list(levels.items()) for levels in episode.depth],
    }


def _thinned(points: list[Any]) -> list[Any]:
    return points[:: -(-len(points) // MOST_TOUCHES)] if points else []


ROUTES: Final = (Route("/alerts/{alert_id}/replay.json", data), Route("/alerts/{alert_id}/events.csv", export))

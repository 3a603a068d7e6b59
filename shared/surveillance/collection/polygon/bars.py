"""Polygon's aggregates as rows of bars; the feed's decoder reads them."""

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from surveillance.collection.event_bars import bars_of_events
from surveillance.collection.polygon.paging import SOURCE
from surveillance.collection.work import Found
from surveillance.events import DAY, INTERVALS, SECOND
from surveillance.feeds.polygon.answers import add_answer
from surveillance.feeds.polygon.messages import Frame

SPANS: Final[Mapping[str, str]] = {"1m": "1/minute", "5m": "5/minute", "1h": "1/hour", "1d": "1/day"}
"""The intervals there are, as the path writes them."""


def add_bars(found: Found, answer: Any, interval: str) -> None:
    """Add the bars of an answer: stocks to `raw_bars`, pairs of currencies to `raw_fx`."""
    if not isinstance(answer, Mapping) or not answer.get("results"):
        return
    frame = Frame()
    add_answer(frame, answer, f"range/{SPANS[interval]}", None)
    found.rejected.update(reject.reason for reject in frame.rejected)
    found.left_out.update(frame.left_out)
    usable = [row for row in frame.rows if _is_whole(row, found)]
    for name, zone in (("raw_bars", "America/New_York"), ("raw_fx", "UTC")):
        kept = [row for row in usable if ("/" in row["symbol"]) == (name == "raw_fx")]
        if kept:
            events = pa.Table.from_pylist([{**row, "volume": row["volume"]} for row in kept])
            found.tables.setdefault(name, []).append(bars_of_events(events, SOURCE, found.left_out, zone))


def _is_whole(row: Mapping[str, Any], found: Found) -> bool:
    for name in ("symbol", "ts", "open", "high", "low", "close"):
        if row[name] is None:
            found.rejected[f"missing:{name}"] += 1
            return False
    return True


def length_ns(interval: str) -> int:
    """Give how long a bar is."""
    return DAY if interval == "1d" else INTERVALS[interval] * SECOND

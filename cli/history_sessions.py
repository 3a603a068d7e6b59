"""Sessions of exchanges, from their calendars, into the lake: as known on the last day that has bars."""

from datetime import UTC, date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from surveillance.adapters.history import HistoryLake, Written
from surveillance.calendar import exchange_sessions
from surveillance.history.tables import BY_NAME

EXCHANGES: Final = ("XNYS",)
SOURCE: Final = "exchange_calendars"
TABLE: Final = BY_NAME["raw_market_sessions"]


def write_sessions(lake: HistoryLake, first: date, last: date) -> Written:
    """List the sessions of the years from `first` to `last`; one already listed with the same times keeps its row."""
    listed = lake.read(TABLE)
    known = {(row["exchange"], row["date"]): row for row in sorted(listed.to_pylist(), key=lambda row: row["as_of"])}
    rows = listed.to_pylist()
    for exchange in EXCHANGES:
        for row in _sessions(exchange, date(first.year, 1, 1), date(last.year, 12, 31), last):
            old = known.get((exchange, row["date"]))
            if old is None or (old["open_at"], old["close_at"]) != (row["open_at"], row["close_at"]):
                rows.append(row)
    rows.sort(key=lambda row: (row["exchange"], row["date"], row["as_of"]))
    return lake.replace(TABLE, [pa.Table.from_pylist(rows, schema=TABLE.columns)])


def _sessions(exchange: str, first: date, last: date, as_of: date) -> list[dict[str, Any]]:
    found = exchange_sessions(exchange, first, last)
    longest: int = pc.mode(pa.array([close - opens for _, opens, close in found]))[0]["mode"].as_py()
    return [
        {
            "exchange": exchange,
            "date": day,
            "open_at": _moment(opens),
            "close_at": _moment(close),
            "early_close": close - opens < longest,
            "source": SOURCE,
            "as_of": as_of,
        }
        for day, opens, close in found
    ]


def _moment(ts: int) -> datetime:
    return datetime.fromtimestamp(ts // 1_000_000_000, UTC).replace(tzinfo=None)

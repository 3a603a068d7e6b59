"""Sessions of exchanges as rows of `raw_market_sessions`: what a calendar said on a day."""

from datetime import UTC, date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from surveillance.calendar import exchange_sessions
from surveillance.history.tables import BY_NAME, Table

EXCHANGES: Final = ("XNYS",)
SOURCE: Final = "exchange_calendars"
SESSIONS: Final[Table] = BY_NAME["raw_market_sessions"]


def listed_sessions(listed: pa.Table, first: date, last: date) -> pa.Table:
    """Add the sessions of the years from `first` to `last`, as known on the last; one listed with its times stays."""
    rows = listed.to_pylist()
    known = {(row["exchange"], row["date"]): row for row in sorted(rows, key=lambda row: row["as_of"])}
    for exchange in EXCHANGES:
        for row in _sessions(exchange, date(first.year, 1, 1), date(last.year, 12, 31), last):
            old = known.get((exchange, row["date"]))
            if old is None or (old["open_at"], old["close_at"]) != (row["open_at"], row["close_at"]):
                rows.append(row)
    rows.sort(key=lambda row: (row["exchange"], row["date"], row["as_of"]))
    return pa.Table.from_pylist(rows, schema=SESSIONS.columns)


def is_session(exchange: str, day: date) -> bool:
    """Say whether an exchange traded on a day; raises `InputError` for an unknown exchange."""
    found = exchange_sessions(exchange, date(day.year, 1, 1), date(day.year, 12, 31))
    return any(session == day for session, _, _ in found)


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

"""The days on which US stocks trade, whatever range is asked for."""

from collections.abc import Iterator
from datetime import date

from surveillance.calendar import exchange_sessions


def session_days(first: date, last: date) -> Iterator[date]:
    """Give the sessions of XNYS in a range; calendars are built a year at a time, and kept."""
    for year in range(first.year, last.year + 1):
        for day, _, _ in exchange_sessions("XNYS", date(year, 1, 1), date(year, 12, 31)):
            if first <= day <= last:
                yield day

"""Trading schedules: when a symbol's sessions open and close, in nanoseconds, UTC."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from surveillance.errors import InputError
from surveillance.events import DAY, SECOND

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SLACK_DAYS = 8
_EPOCH = date(1970, 1, 1)


class Schedule(msgspec.Struct, frozen=True):
    """Where sessions come from: one fixed session, daily times in a zone, or an exchange's calendar."""

    calendar: str | None = None
    timezone: str | None = None
    open: str | int | None = None
    close: str | int | None = None

    def sessions(self, first_ts: int, last_ts: int) -> list[tuple[int, int]]:
        """Give (open, close) of every session that may touch [first_ts, last_ts], in order."""
        if isinstance(self.open, int) and isinstance(self.close, int):
            return [(self.open, self.close)]
        first = _day(first_ts) - timedelta(days=_SLACK_DAYS)
        last = _day(last_ts) + timedelta(days=_SLACK_DAYS)
        listed = exchange_sessions(self.calendar, first, last) if self.calendar else None
        if self.open is None or self.close is None:
            return [(start, end) for _, start, end in listed or ()]
        days = [day for day, _, _ in listed] if listed is not None else _days(first, last)
        return [self._on(day) for day in days]

    def _on(self, day: date) -> tuple[int, int]:
        zone = ZoneInfo(self.timezone or "UTC")
        start, end = (_moment(day, str(text), zone) for text in (self.open, self.close))
        return start, end if end > start else _moment(day + timedelta(days=1), str(self.close), zone)


def _day(ts: int) -> date:
    return date(1970, 1, 1) + timedelta(days=ts // DAY)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _moment(day: date, text: str, zone: ZoneInfo) -> int:
    moment = datetime.combine(day, time.fromisoformat(text), zone)
    return int(moment.timestamp()) * SECOND + moment.microsecond * 1000


@lru_cache(maxsize=64)
def exchange_sessions(name: str, first: date, last: date) -> tuple[tuple[date, int, int], ...]:
    """Give (date, open, close) of an exchange's sessions from its calendar; raises InputError for an unknown name."""
    import exchange_calendars

    try:
        after = max(last, first + timedelta(days=1))  # a calendar of one day is refused
        calendar = exchange_calendars.get_calendar(name, start=str(first), end=str(after))
    except exchange_calendars.errors.InvalidCalendarName as error:
        raise InputError(f"{name} is no calendar that exchange_calendars knows.") from error
    opens = calendar.opens.dt.tz_localize(None).astype("datetime64[ns]").astype("int64")
    closes = calendar.closes.dt.tz_localize(None).astype("datetime64[ns]").astype("int64")
    return tuple(
        (session.date(), int(start), int(end))
        for session, start, end in zip(calendar.sessions, opens, closes, strict=True)
        if session.date() <= last
    )


def session_days(name: str) -> "Callable[[int, int], npt.NDArray[np.int64]]":
    """Give a function that lists the days with a session from a first to a last day, all counted from 1970-01-01."""

    def days(first: int, last: int) -> "npt.NDArray[np.int64]":
        import numpy as np

        listed = exchange_sessions(name, _EPOCH + timedelta(days=first), _EPOCH + timedelta(days=last))
        return np.array([(day - _EPOCH).days for day, _, _ in listed], dtype=np.int64)

    return days

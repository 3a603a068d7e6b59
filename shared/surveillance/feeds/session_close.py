"""When a day's session closed, for daily bars.

The calendar is built for the days asked for, with an explicit start and end: its own default starts 20 years before
today, so results would depend on the clock and older bars would find no session.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from surveillance.events import DAY
from surveillance.feeds.local_time import HOUR, NEW_YORK, wall_to_utc

REGULAR_CLOSE: Final = 16 * HOUR
"""New York wall-clock time; stands in on a day that is no session, so that a wrong bar is kept and can be judged."""
FIRST_YEAR: Final = 1950
LAST_YEAR: Final = 2099
LONGEST_SPAN_YEARS: Final = 30
"""A calendar is built for no longer span, so that one absurd date costs no calendar of centuries."""
_EPOCH: Final = date(1970, 1, 1)


def session_closes(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the close of XNYS in UTC nanoseconds for days counted from 1970-01-01, in any order and with repeats."""
    unique, place = np.unique(days, return_inverse=True)
    closes = wall_to_utc(unique * DAY + REGULAR_CLOSE, NEW_YORK)
    years = np.array([(_EPOCH + timedelta(days=int(day))).year for day in unique], np.int64)
    for first, last in _spans(np.unique(years)):
        known_days, known_closes = _sessions(first, last)
        at = np.searchsorted(known_days, unique)
        inside = (years >= first) & (years <= last) & (at < known_days.size)
        inside[inside] = known_days[at[inside]] == unique[inside]
        closes[inside] = known_closes[at[inside]]
    return closes[place]


def _spans(years: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    years = years[(years >= FIRST_YEAR) & (years <= LAST_YEAR)]
    while years.size:
        span = years[years < years[0] + LONGEST_SPAN_YEARS]
        yield int(span[0]), int(span[-1])
        years = years[span.size :]


@lru_cache(maxsize=32)
def _sessions(first_year: int, last_year: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from exchange_calendars import get_calendar

    calendar: Any = get_calendar("XNYS", start=f"{first_year}-01-01", end=f"{last_year}-12-31")
    closes = calendar.closes
    return (
        closes.index.as_unit("ns").asi8 // DAY,
        np.asarray(closes.dt.as_unit("ns").astype("int64"), np.int64),
    )

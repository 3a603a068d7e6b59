"""Sessions: rows on days without trading, and sessions without a row, by the exchange's calendar."""

from collections.abc import Callable

import numpy as np

from surveillance.quality.bars import Bars, Integers
from surveillance.quality.findings import Findings
from surveillance.quality.settings import FLAGGED, QUARANTINED

SessionDays = Callable[[int, int], Integers]
"""Gives the days (since the epoch, ascending) with a session from a first to a last day."""


def check_sessions(bars: Bars, sessions: SessionDays | None, findings: Findings) -> Bars:
    """Quarantine rows on days without a session; report sessions between a symbol's first and last row that lack one.

    Without a calendar nothing is checked: week ends are trading days of some markets.
    """
    if sessions is None or not len(bars):
        return bars
    days = sessions(int(bars.day.min()), int(bars.day.max()))
    if not len(days):
        return bars
    place = np.minimum(np.searchsorted(days, bars.day), len(days) - 1)
    closed = days[place] != bars.day
    findings.add(bars, np.flatnonzero(closed), "non_trading_day", "date", QUARANTINED)
    bars, place = bars.where(~closed), place[~closed]
    gap = np.zeros(len(bars), dtype=np.int64)
    gap[1:] = np.where(bars.symbol[1:] == bars.symbol[:-1], place[1:] - place[:-1] - 1, 0)
    after = np.flatnonzero(gap > 0)
    if len(after):
        size = gap[after]
        offset = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        missing = days[np.repeat(place[after] - size, size) + offset]
        findings.add_missing_rows(np.repeat(bars.symbol[after], size), missing, "missing_session", FLAGGED)
    return bars

"""Weekly and monthly bars from daily ones; the last one of a symbol holds the days there are so far."""

from collections.abc import Callable
from typing import Final

import numpy as np

from surveillance.indicators.definition import Bars, Floats
from surveillance.indicators.series import Days, Places, Series, known_volume

_WEEK_SHIFT: Final = 3  # day 0 of the epoch was a Thursday


def _same(days: Days) -> Days:
    return days


def _monday(days: Days) -> Days:
    return days - (days + _WEEK_SHIFT) % 7


def _first_of_month(days: Days) -> Days:
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int32)


INTERVALS: Final[dict[str, Callable[[Days], Days]]] = {"D": _same, "W": _monday, "M": _first_of_month}
"""What the date of a bar is: the day, the week's Monday, the month's first."""


def in_interval(daily: Series, interval: str) -> Series:
    """Give bars of days (D), weeks (W) or months (M)."""
    if interval == "D" or not len(daily.days):
        return daily
    earliest = daily.days.min()
    by_day = INTERVALS[interval](np.arange(earliest, daily.days.max() + 1, dtype=np.int32))
    dates = by_day[daily.days - earliest]
    is_first = np.concatenate([np.ones(1, bool), dates[1:] != dates[:-1]])
    is_first[daily.starts[:-1]] = True
    first = np.flatnonzero(is_first)
    last = np.concatenate([first[1:], [len(dates)]]) - 1
    opened, high, low, close, volume = daily.bars
    starts = np.searchsorted(first, daily.starts)
    bars = Bars(
        opened[first],
        np.maximum.reduceat(high, first),
        np.minimum.reduceat(low, first),
        close[last],
        known_volume(_summed(volume, first), starts),
    )
    return Series(daily.symbols, starts, dates[first], daily.through[last], bars)


def _summed(volume: Floats, first: Places) -> Floats:
    unknown = np.isnan(volume)
    if not unknown.any():
        return np.add.reduceat(volume, first)
    total = np.add.reduceat(np.where(unknown, 0.0, volume), first)
    total[np.add.reduceat(~unknown, first, dtype=np.int64) == 0] = np.nan
    return total

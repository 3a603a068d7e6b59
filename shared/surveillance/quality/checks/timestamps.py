"""Time stamps: a row's date and time must exist, fit each other, and rise in the order of the input."""

from bisect import bisect_left
from typing import Final

import numpy as np

from surveillance.quality.bars import DAY_MS, ROW_COLUMNS, Bars, Integers, Mask
from surveillance.quality.findings import Findings
from surveillance.quality.settings import FIXED, QUARANTINED, Settings

SECONDS_AS_MS: Final = 1_000
"""A stamp in seconds that was read as milliseconds lies in January 1970."""


def check_timestamps(bars: Bars, settings: Settings, findings: Findings) -> Bars:
    """Quarantine rows without a usable date, mend stamps of the wrong unit, count rows out of order."""
    first = int(np.datetime64(settings.first_date, "D").astype(np.int64))
    last = int(np.datetime64(settings.last_date, "D").astype(np.int64))
    lost = (bars.day < first) | (bars.day >= last)
    findings.add(bars, np.flatnonzero(lost), "bad_timestamp", "date", QUARANTINED)
    bars = bars.where(~lost)
    apart = np.abs(bars.time - bars.day * DAY_MS)
    off = np.flatnonzero(apart > 2 * DAY_MS)
    if len(off):
        scaled = bars.time[off] * SECONDS_AS_MS
        fits = np.abs(scaled - bars.day[off] * DAY_MS) <= 2 * DAY_MS
        repaired = np.where(fits, scaled, bars.day[off] * DAY_MS)
        findings.add(bars, off, "timestamp_unit", "ts", FIXED, repaired.astype(np.float64))
        time = bars.time.copy()
        time[off] = repaired
        order = np.lexsort((time, bars.symbol))
        bars = bars.with_columns(time=time)
        bars = bars.with_columns(**{name: getattr(bars, name)[order] for name in ROW_COLUMNS})
    _count_disorder(bars, findings)
    return bars


def _count_disorder(bars: Bars, findings: Findings) -> None:
    """Report the fewest rows that would have to move; a symbol listed newest first is in order too."""
    if len(bars) < 2:
        return
    same = bars.symbol[1:] == bars.symbol[:-1]
    back = same & (bars.row[1:] < bars.row[:-1])
    if not back.any():
        return
    groups = len(bars.names)
    pairs = np.bincount(bars.symbol[1:][same], minlength=groups)
    backward = np.bincount(bars.symbol[1:][back], minlength=groups)
    for code in np.flatnonzero((backward > 0) & (backward < pairs)).tolist():
        first, end = np.searchsorted(bars.symbol, (code, code + 1))
        rows = bars.row[first:end] * (-1 if 2 * backward[code] > pairs[code] else 1)
        moved = np.flatnonzero(~_longest_rising(rows)) + first
        findings.add(bars, moved, "out_of_order", "ts", FIXED)


def _longest_rising(values: Integers) -> Mask:
    """Mark a longest rising subsequence (patience sorting, C. Schensted 1961)."""
    tails: list[int] = []
    places: list[int] = []
    before = np.full(len(values), -1)
    for place, value in enumerate(values.tolist()):
        pile = bisect_left(tails, value)
        before[place] = places[pile - 1] if pile else -1
        tails[pile : pile + 1] = [value]
        places[pile : pile + 1] = [place]
    chosen = np.zeros(len(values), dtype=bool)
    place = places[-1] if places else -1
    while place >= 0:
        chosen[place] = True
        place = int(before[place])
    return chosen

"""Time stamps: a row's date and time must exist, fit each other, and rise in the order of the input."""

from typing import Final

import numpy as np

from surveillance.quality.bars import DAY_MS, ROW_COLUMNS, Bars
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
    """A symbol that runs backwards throughout is merely listed newest first."""
    if len(bars) < 2:
        return
    same = bars.symbol[1:] == bars.symbol[:-1]
    back = same & (bars.row[1:] < bars.row[:-1])
    if not back.any():
        return
    groups = len(bars.names)
    pairs = np.bincount(bars.symbol[1:][same], minlength=groups)
    reversed_ = np.bincount(bars.symbol[1:][back], minlength=groups) == pairs
    mixed = np.flatnonzero(back & ~reversed_[bars.symbol[1:]])
    findings.add(bars, mixed + 1, "out_of_order", "ts", FIXED)

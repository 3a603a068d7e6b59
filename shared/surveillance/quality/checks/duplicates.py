"""Duplicates: one row a symbol and moment."""

import numpy as np

from surveillance.quality.bars import PRICES, Bars
from surveillance.quality.findings import Findings
from surveillance.quality.settings import QUARANTINED


def check_duplicates(bars: Bars, findings: Findings) -> Bars:
    """Keep the last row of the input for each symbol and moment; the others are quarantined.

    A source corrects itself by writing again, so the later row wins. Rows with the same values are `duplicate`, with
    other prices `conflicting_duplicate`.
    """
    if len(bars) < 2:
        return bars
    twin = np.zeros(len(bars), dtype=bool)
    twin[:-1] = (bars.symbol[1:] == bars.symbol[:-1]) & (bars.time[1:] == bars.time[:-1])
    if not twin.any():
        return bars
    places = np.flatnonzero(twin)
    equal = np.ones(len(places), dtype=bool)
    for name in (*PRICES, "volume"):
        values = getattr(bars, name)
        here, there = values[places], values[places + 1]
        equal &= (here == there) | (np.isnan(here) & np.isnan(there))
    findings.add(bars, places[equal], "duplicate", "", QUARANTINED)
    findings.add(bars, places[~equal], "conflicting_duplicate", "", QUARANTINED)
    single = bars.with_columns(split=np.where(twin, 1.0, bars.split), dividend=np.where(twin, 0.0, bars.dividend))
    return single.where(~twin)

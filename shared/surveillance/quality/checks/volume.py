"""Volume: prices that move without trading."""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars
from surveillance.quality.findings import Findings
from surveillance.quality.settings import FLAGGED, NOTED

RARE_SHARE: Final = 0.05
"""Above this share of its rows, a symbol without volume is one that hardly trades (or trades out of hours)."""


def check_volume(bars: Bars, findings: Findings) -> Bars:
    """Flag rows whose volume is 0 or unknown although the price moved, where that is rare for the symbol; note others."""
    idle = ~(bars.volume > 0)
    if not idle.any():
        return bars
    moved = bars.high > bars.low
    moved[1:] |= (bars.close[1:] != bars.close[:-1]) & (bars.symbol[1:] == bars.symbol[:-1])
    groups = len(bars.names)
    share = np.bincount(bars.symbol[idle], minlength=groups) / np.maximum(np.bincount(bars.symbol, minlength=groups), 1)
    rare = share[bars.symbol] <= RARE_SHARE
    findings.add(bars, np.flatnonzero(idle & moved & rare), "zero_volume", "volume", FLAGGED)
    findings.add(bars, np.flatnonzero(idle & ~(moved & rare)), "zero_volume", "volume", NOTED)
    return bars

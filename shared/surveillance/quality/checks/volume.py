"""Volume: prices that move without trading."""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars
from surveillance.quality.findings import Findings
from surveillance.quality.settings import FLAGGED, NOTED

RARE_SHARE: Final = 0.05
FEW_ROWS: Final = 2
"""With more rows than either, a symbol without volume is one that hardly trades (or trades out of hours)."""


def check_volume(bars: Bars, findings: Findings) -> Bars:
    """Flag rows without volume although the price moved, where that is rare for the symbol; note others."""
    idle = ~(bars.volume > 0)
    if not idle.any():
        return bars
    moved = bars.high > bars.low
    moved[1:] |= (bars.close[1:] != bars.close[:-1]) & (bars.symbol[1:] == bars.symbol[:-1])
    groups = len(bars.names)
    count = np.bincount(bars.symbol[idle], minlength=groups)
    some = np.bincount(bars.symbol[~idle], minlength=groups) > 0
    rare = some & (count <= np.maximum(RARE_SHARE * np.bincount(bars.symbol, minlength=groups), FEW_ROWS))
    rare = rare[bars.symbol]
    findings.add(bars, np.flatnonzero(idle & moved & rare), "zero_volume", "volume", FLAGGED)
    findings.add(bars, np.flatnonzero(idle & ~(moved & rare)), "zero_volume", "volume", NOTED)
    return bars

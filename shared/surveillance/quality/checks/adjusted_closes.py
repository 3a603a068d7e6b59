"""The vendor's adjusted close of single rows: its ratio to the close may only step where a dividend is.

Where it does for one row, the close is mended if it lies outside the row's range and the adjusted close implies one
within; else the adjusted close is.
"""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars
from surveillance.quality.dividend_events import LEAST_STEP, STEP_NOISE, adjustment_steps
from surveillance.quality.findings import Findings
from surveillance.quality.settings import FIXED, Settings

LEAST: Final = 1e-4


def check_adjusted_closes(bars: Bars, settings: Settings, findings: Findings) -> Bars:
    """Mend rows whose ratio steps away and back with the next row, or falls on a symbol's last row."""
    steps, noise = adjustment_steps(bars, settings)
    threshold = np.maximum(LEAST, LEAST_STEP + STEP_NOISE * noise[bars.symbol])
    known = np.nan_to_num(steps)
    following = np.concatenate([known[1:], [0.0]])
    ends = bars.ends()
    following[ends] = 0.0
    away = np.abs(known) > threshold
    back = away & (np.abs(known + following) <= threshold)
    lone_end = away & ends & (known < 0)
    wrong = (back & ~ends | lone_end) & (bars.dividend == 0)
    first = np.concatenate([[False], bars.starts()[:-1]])
    opening = first & away & (np.abs(following) <= threshold) & (known < 0) & (bars.dividend == 0)
    places = np.flatnonzero(wrong)
    heads = np.flatnonzero(opening & ~wrong) - 1
    adjusted = bars.adjusted.copy()
    with np.errstate(invalid="ignore"):
        adjusted[places] = bars.adjusted[places] * np.exp(-known[places])
        adjusted[heads] = bars.adjusted[heads] * np.exp(known[heads + 1])
    both = np.concatenate([places, heads])
    if not len(both):
        return bars
    implied = bars.close[both] * bars.adjusted[both] / adjusted[both]
    outside = (bars.close[both] > bars.high[both]) | (bars.close[both] < bars.low[both])
    close_wrong = outside & (implied <= bars.high[both]) & (implied >= bars.low[both])
    closes, others = both[close_wrong], both[~close_wrong]
    close = bars.close.copy()
    close[closes] = implied[close_wrong]
    adjusted[closes] = bars.adjusted[closes]
    findings.add(bars, closes, "close_against_adjusted", "close", FIXED, close[closes])
    findings.add(bars, others, "adjusted_close", "adjusted_close", FIXED, adjusted[others])
    return bars.with_columns(adjusted=adjusted, close=close)

"""Open, high, low and close: the high is the highest, the low the lowest."""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars
from surveillance.quality.findings import Findings
from surveillance.quality.settings import FLAGGED, NOTED

ROUNDING: Final = 1e-6
HARMLESS_SHARE: Final = 0.01
"""Official opens and closes come from auctions or from mid prices and may lie a little outside the traded range."""


def check_price_order(bars: Bars, findings: Findings) -> Bars:
    """Flag rows whose high is below the low, or whose open or close lies outside them; note the latter up to 1 %."""
    top = np.maximum(bars.open, bars.close)
    bottom = np.minimum(bars.open, bars.close)
    above = np.maximum(top, bars.low) / bars.high - 1.0
    below = bars.low / bottom - 1.0
    excess = np.where(bars.high < bars.low * (1.0 - ROUNDING), np.inf, np.maximum(above, below))
    for column, share in (("high", above), ("low", np.where(above > ROUNDING, 0.0, below))):
        out = share > ROUNDING
        if out.any():
            findings.add(bars, np.flatnonzero(out & (excess > HARMLESS_SHARE)), "price_order", column, FLAGGED)
            findings.add(bars, np.flatnonzero(out & (excess <= HARMLESS_SHARE)), "price_order", column, NOTED)
    return bars

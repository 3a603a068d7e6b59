"""Factors that make prices comparable across splits and dividends; the prices themselves stay as they are.

A row's split factor is the product of shares before ÷ shares after over all later splits; its dividend factor that of
1 − dividend ÷ close before (in shares of after) over all later ex-dates. Adjusted price = price × both, adjusted volume
= volume ÷ split factor. The newest row of each symbol has factors of 1. Adjusted highs and lows enclose the
adjusted open and close, also where those of the source do not.
Source: CRSP, "Calculations: price adjusted for distributions".
"""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars, Floats
from surveillance.quality.settings import Settings

LARGEST_SHARE: Final = 0.99


def factors(bars: Bars, settings: Settings) -> tuple[Floats, Floats]:
    """Give each row's (split factor, dividend factor)."""
    starts = bars.starts()
    split = np.where(starts, 0.0, -np.log(bars.split)) if settings.basis == "raw" else np.zeros(len(bars))
    before = np.ones(len(bars))
    before[1:] = bars.close[:-1] * np.exp(split[1:])
    share = np.where(starts | (bars.dividend == 0), 0.0, np.clip(bars.dividend / before, 0.0, LARGEST_SHARE))
    return _product_of_later(bars, split), _product_of_later(bars, np.log1p(-share))


def _product_of_later(bars: Bars, logs: Floats) -> Floats:
    """Multiply over the later rows of the symbol; exactly 1 where there is nothing to multiply."""
    if not logs.any():
        return np.ones(len(bars))
    product = np.ones(len(bars))
    total = np.cumsum(logs)
    bounds = np.flatnonzero(bars.starts())
    sizes = np.diff(np.append(bounds, len(bars)))
    end = np.repeat(total[bounds + sizes - 1], sizes)
    later = end - total
    some = np.abs(later) > 1e-12
    product[some] = np.exp(later[some])
    return product

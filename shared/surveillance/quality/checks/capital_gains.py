"""Capital gains of funds: some sources list them beside the dividend, some beside it and in it too."""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars
from surveillance.quality.likelihood import fit
from surveillance.quality.noise import log_returns
from surveillance.quality.settings import Settings

COUNTED_TWICE: Final = 1.0
"""Nats in favour of gains being in the dividend already."""
SMALLEST_NOISE: Final = 0.005


def check_capital_gains(bars: Bars, settings: Settings) -> Bars:
    """Take gains out of what was paid where a fund's prices fell by the dividend alone.

    This decides what a source means by its columns and finds no fault; a wrong adjusted close is found after it.
    """
    places = np.flatnonzero((bars.gain > 0) & ~bars.starts())
    if not len(places):
        return bars
    before = bars.close[places - 1] / (bars.split[places] if settings.basis == "raw" else 1.0)
    price = log_returns(bars.close, bars.starts())[places] + np.log(bars.close[places - 1] / before)
    noise = np.maximum(bars.noise[bars.symbol[places]], SMALLEST_NOISE)
    listed = bars.dividend[places] - bars.gain[places]
    alone, both = (np.minimum(cash / before, 0.95) for cash in (listed, bars.dividend[places]))
    gain = fit(price - np.log1p(-alone), noise) - fit(price - np.log1p(-both), noise)
    total = np.bincount(bars.symbol[places], weights=gain, minlength=len(bars.names)) + COUNTED_TWICE
    inside = (total > 0)[bars.symbol[places]] & (bars.gain[places] <= listed)
    dividend = bars.dividend.copy()
    dividend[places[inside]] -= bars.gain[places[inside]]
    return bars.with_columns(dividend=dividend)

"""Missing splits: the price and the vendor's adjusted close agree on a usual split ratio that no record tells of."""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars, Integers, Mask
from surveillance.quality.checks.splits import WINDOW_DAYS
from surveillance.quality.checks.steps import RATIOS
from surveillance.quality.dividend_events import STEP_NOISE, adjustment_steps
from surveillance.quality.findings import Findings
from surveillance.quality.noise import log_returns
from surveillance.quality.settings import FIXED, Settings

ROUNDING: Final = 0.002
PRICE_SHARE: Final = 0.35
"""How far the price step may lie from the split's, as a share of it."""


def check_missing_splits(bars: Bars, settings: Settings, findings: Findings) -> Bars:
    """Add the splits that raw prices and their adjustment show."""
    if settings.basis != "raw":
        return bars
    steps, noise = adjustment_steps(bars, settings)
    usual = np.log(np.array([*RATIOS, *(1.0 / ratio for ratio in RATIOS)]))
    places = np.flatnonzero(np.nan_to_num(np.abs(steps)) > np.log(min(RATIOS)) - ROUNDING)
    if not len(places):
        return bars
    nearest = usual[np.argmin(np.abs(steps[places, None] - usual), axis=1)]
    price = log_returns(bars.close, bars.starts())[places]
    exact = np.abs(steps[places] - nearest) <= ROUNDING + STEP_NOISE * noise[bars.symbol[places]]
    felt = np.abs(price + nearest) <= PRICE_SHARE * np.abs(nearest)
    found = exact & felt & ~_listed_near(bars, places)
    split = bars.split.copy()
    split[places[found]] = np.exp(nearest[found])
    findings.add(bars, places[found], "missing_split", "split", FIXED, split[places[found]])
    return bars.with_columns(split=split)


def _listed_near(bars: Bars, places: Integers) -> Mask:
    """Say whether a split of the symbol is listed some weeks around each place: then its day may be wrong."""
    listed = np.flatnonzero(bars.split != 1.0)
    if not len(listed):
        return np.zeros(len(places), dtype=bool)
    near = np.zeros(len(places), dtype=bool)
    after = np.searchsorted(listed, places)
    for other in (listed[np.maximum(after - 1, 0)], listed[np.minimum(after, len(listed) - 1)]):
        near |= (bars.symbol[other] == bars.symbol[places]) & (
            np.abs(bars.day[other] - bars.day[places]) <= WINDOW_DAYS
        )
    return near

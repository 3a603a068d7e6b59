"""Ex-dates as a table: what is stated, what the vendor's adjusted close implies, and what the price did."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from surveillance.quality.bars import Bars, Floats, Integers, Mask
from surveillance.quality.noise import log_returns, medians
from surveillance.quality.settings import Settings

LEAST_STEP: Final = 1e-5
STEP_NOISE: Final = 8.0
STALE_SHARE: Final = 0.3
SMALLEST_NOISE: Final = 0.005
LONG_BAR_DAYS: Final = 5
SAME: Final = 0.02
"""Vendors round."""
SAME_IF_LATE: Final = 0.2


@dataclass(frozen=True)
class ExDates:
    """One entry an ex-date or step of the adjustment. Shares are of the close before.

    `place` is the row that is the first to trade without the dividend, `step_place` the one before which the adjustment
    steps (weekly bars are adjusted up to their first day, so that theirs steps a bar later). `implied` is NaN without
    an adjusted close. `price` is the log return with splits taken out, `weight` 0 where the symbol did not trade;
    stated and implied agree within the share `slack`. Of a late step that is more, as the close before the ex-date
    lies inside the bar, and `price` is the lower of both bars' returns.
    """

    place: Integers
    step_place: Integers
    symbol: Integers
    day: Integers
    before: Floats
    stated: Floats
    implied: Floats
    tolerance: Floats
    slack: Floats
    price: Floats
    noise: Floats
    weight: Floats


def adjustment_steps(bars: Bars, settings: Settings) -> tuple[Floats, Floats]:
    """Give the log step of the vendor's dividend factor before each row (NaN if unknown), and each symbol's noise."""
    starts = bars.starts()
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.log(bars.adjusted / bars.close)
    known = np.isfinite(factor)
    last = np.maximum.accumulate(np.where(known, np.arange(len(bars)), -1))
    usable = last >= 0
    usable[usable] = bars.symbol[last[usable]] == bars.symbol[usable]
    filled = np.where(usable, factor[np.maximum(last, 0)], np.nan)
    steps = np.full(len(bars), np.nan)
    steps[1:] = np.where(starts[1:], np.nan, filled[1:] - filled[:-1])
    if settings.basis == "raw":
        steps = steps - np.log(bars.split)
    finite = np.isfinite(steps)
    noise = medians(np.abs(steps[finite]), bars.symbol[finite], len(bars.names))
    return steps, noise


def find_ex_dates(bars: Bars, settings: Settings) -> ExDates | None:
    """Find the rows at which something is stated or adjusted; None if there are none."""
    starts = bars.starts()
    steps, step_noise = adjustment_steps(bars, settings)
    threshold = LEAST_STEP + STEP_NOISE * step_noise[bars.symbol]
    stepped = np.abs(np.nan_to_num(steps)) > threshold
    paid = (bars.dividend > 0) & ~starts
    step_place = np.arange(len(bars))
    late = _late(bars, paid, stepped, starts)
    step_place[late] += 1
    stepped[step_place[late]] = False
    places = np.flatnonzero(paid | stepped)
    if not len(places):
        return None
    at = step_place[places]
    scale = bars.split[places] if settings.basis == "raw" else np.ones(len(places))
    before = bars.close[places - 1] / scale
    returns = log_returns(bars.close, starts)
    price = np.minimum(returns[places], np.where(at > places, returns[at], np.inf)) + np.log(scale)
    noise = np.maximum(bars.noise[bars.symbol[places]], SMALLEST_NOISE)
    still = np.bincount(bars.symbol[(returns == 0) & ~starts], minlength=len(bars.names)) / np.maximum(
        np.bincount(bars.symbol, minlength=len(bars.names)), 1
    )
    stale = (bars.volume[places] == 0) | ((price == 0) & (still[bars.symbol[places]] > STALE_SHARE))
    return ExDates(
        place=places,
        step_place=at,
        symbol=bars.symbol[places].astype(np.int64),
        day=bars.day[places],
        before=before,
        stated=bars.dividend[places] / before,
        implied=-np.expm1(-steps[at]),
        tolerance=threshold[places],
        slack=np.where(at > places, SAME_IF_LATE, SAME),
        price=price,
        noise=noise,
        weight=np.where(stale, 0.0, 1.0),
    )


def _late(bars: Bars, paid: Mask, stepped: Mask, starts: Mask) -> Integers:
    """Find the dividends of weekly and longer bars whose adjustment follows with the next bar."""
    gaps = np.zeros(len(bars))
    gaps[1:] = np.where(starts[1:], 0, np.diff(bars.day))
    inner = ~starts
    typical = medians(gaps[inner], bars.symbol[inner], len(bars.names))
    following = np.zeros(len(bars), dtype=bool)
    following[:-1] = stepped[1:] & ~paid[1:] & ~starts[1:]
    return np.flatnonzero(paid & ~stepped & following & (typical[bars.symbol] >= LONG_BAR_DAYS))

"""Continuity: price steps that nothing listed explains.

`missing_split`: the close steps by a usual split ratio, the open already did, and the price stays. `price_spike`: one
row lies far off and the next is back. `price_step`: any other step far beyond the symbol's noise. All are flagged, none
is repaired: companies do crash, and symbols do pass from one company to another.
"""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars, Floats, Mask
from surveillance.quality.findings import Findings
from surveillance.quality.noise import log_returns
from surveillance.quality.settings import FLAGGED, Settings

RATIOS: Final = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
LEAST_STEP: Final = 0.4
LEAST_SPIKE: Final = 0.15
STEP_NOISE: Final = 12.0
SPIKE_NOISE: Final = 10.0
RETURNED_SHARE: Final = 0.25
RATIO_NOISE: Final = 1.5
SMALLEST_NOISE: Final = 0.01


def check_steps(bars: Bars, settings: Settings, findings: Findings) -> Bars:
    """Flag unexplained steps."""
    if len(bars) < 3:
        return bars
    starts = bars.starts()
    steps = log_returns(bars.close, starts)
    if settings.basis == "raw":
        steps = steps + np.where(starts, 0.0, np.log(bars.split))
    paid = (bars.dividend > 0) & ~starts
    before = np.concatenate([[np.nan], bars.close[:-1]]) / (bars.split if settings.basis == "raw" else 1.0)
    share = np.where(paid, np.minimum(bars.dividend / before, 0.95), 0.0)
    steps = np.where(paid, steps - np.log1p(-np.nan_to_num(share)), steps)
    noise = np.maximum(bars.noise[bars.symbol], SMALLEST_NOISE)
    following = np.concatenate([np.where(starts[1:], 0.0, steps[1:]), [0.0]])
    large = np.abs(steps)
    spike = (
        (np.minimum(large, np.abs(following)) > np.maximum(LEAST_SPIKE, SPIKE_NOISE * noise))
        & (steps * following < 0)
        & (np.abs(steps + following) < RETURNED_SHARE * large)
    )
    after_spike = np.concatenate([[False], spike[:-1]])
    findings.add(bars, np.flatnonzero(spike), "price_spike", "close", FLAGGED)
    step = (large > np.maximum(LEAST_STEP, STEP_NOISE * noise)) & ~spike & ~after_spike
    split = step & _like_split(bars, steps, noise)
    places = np.flatnonzero(split)
    findings.add(bars, places, "missing_split", "split", FLAGGED, np.exp(-steps[places]))
    findings.add(bars, np.flatnonzero(step & ~split), "price_step", "close", FLAGGED)
    return bars


def _like_split(bars: Bars, steps: Floats, noise: Floats) -> Mask:
    usual = np.log(np.array([*RATIOS, *(1.0 / ratio for ratio in RATIOS)]))
    like = np.zeros(len(bars), dtype=bool)
    for place in np.flatnonzero(np.abs(steps) > LEAST_STEP).tolist():
        opened = steps[place] + np.log(bars.open[place] / bars.close[place])
        near = usual[np.argmin(np.abs(usual + steps[place]))]
        error = max(abs(near + steps[place]), abs(near + opened))
        like[place] = bool(error <= max(RATIO_NOISE * noise[place], 0.02))
    return like

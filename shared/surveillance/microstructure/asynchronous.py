"""Correlation of prices that change at different times, and which of two leads.

Sources: Hayashi and Yoshida, "On covariance estimation of non-synchronously observed diffusion processes", Bernoulli 11
(2005); Hoffmann, Rosenbaum and Yoshida, "Estimation of the lead-lag parameter from non-synchronous data", Bernoulli 19
(2013); the ratio: Huth and Abergel, "High frequency lead/lag relationships", Journal of Empirical Finance 26 (2014).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, Times, floats, integers, same_shape, times


class LeadLag(NamedTuple):
    """Correlation at each lag; the lag where it is strongest, ns, above 0 where the first leads, None if undefined.

    `ratio`: Σ ρ² over lags above 0 by that over lags below: above 1 the first leads.
    """

    lags_ns: Times
    correlation: Floats
    lag_ns: int | None
    ratio: float


def hayashi_yoshida(price: ArrayLike, ts: Any, other_price: ArrayLike, other_ts: Any) -> float:
    """Correlate the log prices of two instruments: Σ Δx Δy over changes whose times overlap, by √(Σ Δx² Σ Δy²).

    Prices (n,) and (m,) with sorted times, ns, all above 0 (others are left out); of several at one time the last
    counts. nan where either does not move. Noise of trade prices fades it: hand in mids.
    """
    x, s = _path("price", price, ts)
    y, t = _path("other_price", other_price, other_ts)
    return _correlation(x, s, y, t)


def lead_lag(price: ArrayLike, ts: Any, other_price: ArrayLike, other_ts: Any, lags_ns: Any) -> LeadLag:
    """Correlate one price with the other some time later, for each lag, ns; above 0 the first would lead.

    Of equally strong lags the one nearest to 0, then the first, is told.
    """
    x, s = _path("price", price, ts)
    y, t = _path("other_price", other_price, other_ts)
    lags = integers("lags_ns", lags_ns)
    found = np.array([_correlation(x, s, y, t - lag) for lag in lags.tolist()])
    squares = np.where(np.isnan(found), -1.0, found**2)
    best = np.lexsort((np.abs(lags), -squares))[:1]
    is_known = bool(len(best)) and squares[best[0]] >= 0.0
    ahead, behind = float(np.nansum(found[lags > 0] ** 2)), float(np.nansum(found[lags < 0] ** 2))
    return LeadLag(lags, found, int(lags[best[0]]) if is_known else None, ahead / behind if behind > 0.0 else np.nan)


def _path(name: str, price: ArrayLike, ts: Any) -> tuple[Floats, Times]:
    prices, at = floats(name, price), times(f"the times of {name}", ts)
    same_shape(**{name: prices, "ts": at})
    known = prices > 0.0
    prices, at = prices[known], at[known]
    last = np.append(at[1:] != at[:-1], True)[: len(at)]
    return np.log(prices[last]), at[last]


def _correlation(x: Floats, s: Times, y: Floats, t: Times) -> float:
    """Sum, for each change of x, what y changed over all its intervals that overlap: a difference of two prices."""
    if len(x) < 2 or len(y) < 2:
        return float("nan")
    end = np.minimum(np.searchsorted(t, s[1:], "left"), len(t) - 1)
    begin = np.maximum(np.searchsorted(t, s[:-1], "right") - 1, 0)
    steps, other_steps = np.diff(x), np.diff(y)
    scale = float(np.sqrt(steps @ steps) * np.sqrt(other_steps @ other_steps))
    return float(steps @ (y[end] - y[begin])) / scale if scale > 0.0 else float("nan")

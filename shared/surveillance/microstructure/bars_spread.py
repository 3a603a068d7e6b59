"""EDGE: the spread from open, high, low and close, where neither quotes nor trades are at hand.

Source: Ardia, Guidotti and Kroencke, "Efficient estimation of bid-ask spreads from open, high, low, and close prices",
Journal of Financial Economics 161 (2024).
"""

from math import copysign, nan, sqrt

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, floats, same_shape


def edge(open_: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike, *, signed: bool = False) -> float:
    """Estimate the spread, as a share of the price, from (n,) bars in order.

    Where noise makes its square negative the absolute value's root is given, with its sign if `signed`. A value that is
    nan or not above 0 is missing and what depends on it left out. nan with fewer than three bars or two that moved,
    and where no open, or no close, is apart from the bar's ends.
    """
    bars = {"open": floats("open", open_), "high": floats("high", high), "low": floats("low", low)}
    bars["close"] = floats("close", close)
    same_shape(**bars)
    if len(bars["open"]) < 3:
        return nan
    opens, highs, lows, closes = (_log(each) for each in bars.values())
    middles = 0.5 * (highs + lows)
    o, h, low_, m = opens[1:], highs[1:], lows[1:], middles[1:]
    h1, l1, c1, m1 = highs[:-1], lows[:-1], closes[:-1], middles[:-1]
    moved = _told((h != low_) | (low_ != c1), h, low_, c1)
    moves = _mean(moved)
    open_ends = _mean(moved * _told(o != h, o, h)) + _mean(moved * _told(o != low_, o, low_))
    close_ends = _mean(moved * _told(c1 != h1, c1, h1)) + _mean(moved * _told(c1 != l1, c1, l1))
    if not (np.nansum(moved) >= 2.0 and open_ends > 0.0 and close_ends > 0.0):
        return nan

    def centred(returns: Floats) -> Floats:
        return returns - _mean(returns) / moves * moved

    up, overnight, carried = centred(m - o), centred(o - c1), centred(m - c1)
    by_middle = -4.0 / open_ends * up * (o - m1) - 4.0 / close_ends * carried * (c1 - m1)
    by_close = -4.0 / open_ends * up * (o - c1) - 4.0 / close_ends * overnight * (c1 - m1)
    first, second = _mean(by_middle), _mean(by_close)
    first_variance = _mean(by_middle**2) - first**2
    second_variance = _mean(by_close**2) - second**2
    total = first_variance + second_variance
    square = (second_variance * first + first_variance * second) / total if total > 0.0 else 0.5 * (first + second)
    root = sqrt(abs(square))
    return copysign(root, square) if signed else root


def _log(price: Floats) -> Floats:
    return np.log(np.where(price > 0.0, price, np.nan))


def _told(condition: npt.NDArray[np.bool_], *needed: Floats) -> Floats:
    """Give 1 or 0, nan where something needed is missing."""
    missing = np.any([np.isnan(each) for each in needed], axis=0)
    return np.where(missing, np.nan, condition.astype(np.float64))


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else nan

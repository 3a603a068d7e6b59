"""Correlation of instruments on a synchronous grid, and whether it broke.

On a fine grid correlation fades where trades do not coincide (Epps, "Comovements in stock prices in the very short
run", JASA 74, 1979): `asynchronous` has none. The break is Fisher's z.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, floats, same_shape, times
from surveillance.microstructure.prevailing import met

BREAK_Z: Final = 3.0
LEAST_PAIRS: Final = 3


def on_grid(price: ArrayLike, ts: Any, grid: Any) -> Floats:
    """Give the last known price at or before each time of the grid, (grid,), ns; nan before the first."""
    prices, at, wanted = floats("price", price), times("ts", ts), times("grid", grid)
    same_shape(price=prices, ts=at)
    known = ~np.isnan(prices)
    return met(prices[known], np.searchsorted(at[known], wanted, "right"))


def grid_correlation(prices: ArrayLike) -> Floats:
    """Correlate log returns of (times, instruments) prices on one grid: (instruments, instruments), −1 to 1.

    Each pair over the intervals both have; nan with fewer than LEAST_PAIRS of them, or where a price does not move.
    """
    taken = floats("prices", prices, 2)
    returns = np.diff(np.log(np.where(taken > 0.0, taken, np.nan)), axis=0)
    known = ~np.isnan(returns)
    filled, counted = np.where(known, returns, 0.0), known.astype(np.float64)
    pairs = counted.T @ counted
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = filled.sum(axis=0) / counted.sum(axis=0)
        filled = np.where(known, returns - shift, 0.0)  # near 0, so that the sums below keep their digits
        sums, squares = filled.T @ counted, (filled**2).T @ counted
        covariance = filled.T @ filled - sums * sums.T / pairs
        variance = squares - sums**2 / pairs
        variance[variance <= 1e-12 * squares] = np.nan
        found = covariance / np.sqrt(variance * variance.T)
    return np.where(pairs >= LEAST_PAIRS, np.clip(found, -1.0, 1.0), np.nan)


def pairs_of(prices: ArrayLike) -> Floats:
    """Count the intervals each pair of (times, instruments) prices shares: (instruments, instruments)."""
    taken = floats("prices", prices, 2)
    known = (taken[1:] > 0.0) & (taken[:-1] > 0.0)
    return known.T.astype(np.float64) @ known


def correlation_break(before: ArrayLike, pairs_before: ArrayLike, after: ArrayLike, pairs_after: ArrayLike) -> Floats:
    """Give z = (atanh ρ₂ − atanh ρ₁) / √(1/(n₁ − 3) + 1/(n₂ − 3)), of any equal shapes; |z| ≥ BREAK_Z is a break.

    Of returns that are normal and independent over time; nan with three pairs or fewer.
    """
    one, other, n, n_after = (np.asarray(each, np.float64) for each in (before, after, pairs_before, pairs_after))
    same_shape(before=one, after=other, pairs_before=n, pairs_after=n_after)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(1.0 / (n - 3.0) + 1.0 / (n_after - 3.0))
        z = (np.arctanh(other) - np.arctanh(one)) / spread
    return np.where((n > 3.0) & (n_after > 3.0), z, np.nan)

"""Does volatility cluster? Engle's ARCH-LM test and the Ljung-Box test, on returns or residuals.

Sources: Engle, "Autoregressive conditional heteroscedasticity", Econometrica 50 (1982); Ljung and Box, "On a measure of
lack of fit in time series models", Biometrika 65 (1978).
"""

from math import erfc, exp, gamma, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from surveillance.errors import InputError
from surveillance.microstructure.inputs import Floats, floats


class Clustering(NamedTuple):
    """A statistic, chi-squared with `lags` degrees of freedom where nothing clusters, and its upper tail's weight."""

    statistic: float
    p_value: float
    lags: int


def arch_lm(returns: ArrayLike, lags: int = 5) -> Clustering:
    """Test for ARCH: T R² of squared returns on `lags` of them and a constant, T = n − lags; returns are not centred.

    nan where squares do not vary or there are too few. Raises InputError for a nan: lags would not be what they say.
    """
    squares = _gapless(returns, lags) ** 2
    rows = len(squares) - lags
    if rows <= lags + 1:
        return Clustering(nan, nan, lags)
    told = squares[lags:] - squares[lags:].mean()
    known = [np.ones(rows), *(squares[lags - lag : len(squares) - lag] for lag in range(1, lags + 1))]
    total = float(told @ told)
    if not total > 0.0:
        return Clustering(nan, nan, lags)
    design = np.column_stack(known)
    left = told - design @ np.linalg.lstsq(design, told)[0]
    return _test(rows * (1.0 - float(left @ left) / total), lags)


def ljung_box(values: ArrayLike, lags: int = 10) -> Clustering:
    """Test for autocorrelation: n (n + 2) Σ ρ_k² / (n − k), k = 1 to `lags`; hand in squared returns for clustering.

    nan where values do not vary or there are too few. Raises InputError for a nan.
    """
    known = _gapless(values, lags)
    n = len(known)
    if n <= lags:
        return Clustering(nan, nan, lags)
    known = known - known.mean()
    total = float(known @ known)
    if not total > 0.0:
        return Clustering(nan, nan, lags)
    terms = [(float(known[lag:] @ known[:-lag]) / total) ** 2 / (n - lag) for lag in range(1, lags + 1)]
    return _test(n * (n + 2) * sum(terms), lags)


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """Give the chance that chi-squared with so many degrees of freedom, a whole number, lies above; exact sums."""
    half = max(statistic, 0.0) / 2.0
    if degrees % 2 == 0:
        term = total = exp(-half)
        for k in range(1, degrees // 2):
            term *= half / k
            total += term
        return total
    total = erfc(sqrt(half))
    term = exp(-half) * sqrt(half) / gamma(1.5)
    for k in range(1, degrees // 2 + 1):
        total += term
        term *= half / (k + 0.5)
    return total


def _gapless(values: ArrayLike, lags: int) -> Floats:
    taken = floats("returns", values)
    if np.isnan(taken).any():
        raise InputError("returns have a gap, so lags would not be what they say.")
    if lags < 1:
        raise InputError("a test needs one lag or more.")
    return taken


def _test(statistic: float, lags: int) -> Clustering:
    return Clustering(statistic, chi_squared_tail(statistic, lags), lags)

"""Returns and realised volatility.

Source: Andersen, Bollerslev, Diebold and Labys, "Modeling and forecasting realized volatility", Econometrica 71 (2003).
"""

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, floats


def log_returns(price: ArrayLike) -> Floats:
    """Give ln(p_t / p_{t−1}) of (n,) prices in order, (n − 1,); nan where either is missing or not above 0."""
    prices = floats("price", price)
    return np.diff(np.log(np.where(prices > 0.0, prices, np.nan)))


def realised_variance(returns: ArrayLike) -> float:
    """Sum squared returns; those that are nan are left out, and without any the sum is nan."""
    known = floats("returns", returns)
    known = known[~np.isnan(known)]
    return float(known @ known) if len(known) else float("nan")


def realised_volatility(returns: ArrayLike, *, periods: float = 1.0) -> float:
    """Give √(periods · Σ r²), as a share of the price, over the time the returns span.

    `periods` is how many such times make what is asked for, as 252 for a year of days. Sample prices on a grid (see
    `correlation.on_grid`): trade by trade the bounce between bid and ask counts as volatility.
    """
    return float(np.sqrt(periods * realised_variance(returns)))

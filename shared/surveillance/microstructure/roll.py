"""Roll's spread: what the bounce between bid and ask says, from trade prices alone.

Source: Roll, "A simple implicit measure of the effective bid-ask spread in an efficient market", Journal of Finance 39
(1984).
"""

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import floats


def roll_spread(price: ArrayLike) -> float:
    """Give 2 √(−cov(Δp_t, Δp_{t−1})), in price, of (n,) prices in order, covariance with ddof 1.

    nan where it is above 0, and with fewer than four prices. A nan price and both changes around it are left out.
    """
    change = np.diff(floats("price", price))
    now, before = change[1:], change[:-1]
    known = ~(np.isnan(now) | np.isnan(before))
    if known.sum() < 2:
        return float("nan")
    covariance = float(np.cov(now[known], before[known], ddof=1)[0, 1])
    return float(2.0 * np.sqrt(-covariance)) if covariance <= 0.0 else float("nan")

"""Amihud's illiquidity: how far money moves the price.

Source: Amihud, "Illiquidity and stock returns", Journal of Financial Markets 5 (2002).
"""

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import floats, same_shape, sizes


def amihud(returns: ArrayLike, money_volume: ArrayLike) -> float:
    """Give mean(|r| / money volume) · 1e6: return per million of money traded, over (n,) days or other intervals.

    Intervals without volume or with a nan are left out; nan where none is left.
    """
    moved, money = floats("returns", returns), sizes("money_volume", money_volume)
    same_shape(returns=moved, money_volume=money)
    known = (money > 0.0) & ~np.isnan(moved)
    return float(np.mean(np.abs(moved[known]) / money[known])) * 1e6 if known.any() else float("nan")

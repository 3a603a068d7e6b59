"""Effective and realised spread and price impact of trades: effective = realised + impact, trade by trade.

Sources: Huang and Stoll, "Dealer versus auction markets", Journal of Financial Economics 41 (1996); SEC Rule 605
(averages by size). Inputs are (n,) arrays in price, directions 1 buy, −1 sell; where the direction is 0 or a price is
nan the result is nan. For bp of the mid see `quoted.in_bp`, with the mid before the trade for all three.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, floats, same_shape


def effective_spread(direction: Any, price: ArrayLike, mid: ArrayLike) -> Floats:
    """Give 2 D (p − m): twice what the trade paid beyond the mid that stood before it."""
    return _twice(direction, price, mid)


def realised_spread(direction: Any, price: ArrayLike, later_mid: ArrayLike) -> Floats:
    """Give 2 D (p − m₊τ): what was left to the liquidity provider, by the mid a time τ after the trade."""
    return _twice(direction, price, later_mid)


def price_impact(direction: Any, mid: ArrayLike, later_mid: ArrayLike) -> Floats:
    """Give 2 D (m₊τ − m): how far the mid moved the trade's way."""
    return _twice(direction, later_mid, mid)


def _twice(direction: Any, one: ArrayLike, other: ArrayLike) -> Floats:
    directions, ones, others = floats("direction", direction), floats("price", one), floats("mid", other)
    same_shape(direction=directions, price=ones, mid=others)
    return np.where(directions == 0.0, np.nan, 2.0 * directions * (ones - others))

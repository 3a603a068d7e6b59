"""Order-flow imbalance: what changes of a book's best prices, or of each of its levels, say about buying and selling.

Sources: Cont, Kukanov and Stoikov, "The price impact of order book events", Journal of Financial Econometrics 12
(2014); by level: Xu, Gould and Howison, "Multi-level order-flow imbalance in a limit order book", Market
Microstructure and Liquidity 4 (2018).
"""

import numpy as np
from numpy.typing import ArrayLike

from surveillance.errors import InputError
from surveillance.microstructure.inputs import Floats, floats, same_shape, sizes


def order_flow_imbalance(bid: ArrayLike, bid_size: ArrayLike, ask: ArrayLike, ask_size: ArrayLike) -> Floats:
    """Give what each row adds, in size: (n,) for best prices, (n, levels) for levels, nan in the first row.

    1{b≥b′} q_b − 1{b≤b′} q_b′ − 1{a≤a′} q_a + 1{a≥a′} q_a′, ′ the row before. Sum it over a time. A missing side (nan
    price or size 0) has no size and the worst price, so one that comes adds its size and one that goes takes it; where
    a size that counts is unknown the result is nan.
    """
    dimensions = np.ndim(np.asarray(bid))
    if dimensions not in (1, 2):
        raise InputError(f"bid has {dimensions} dimensions, not 1 or 2.")
    prices = [floats("bid", bid, dimensions), floats("ask", ask, dimensions)]
    shown = [sizes("bid_size", bid_size, dimensions), sizes("ask_size", ask_size, dimensions)]
    same_shape(bid=prices[0], bid_size=shown[0], ask=prices[1], ask_size=shown[1])
    added = np.full(prices[0].shape, np.nan)
    if len(added):
        added[1:] = _side(prices[0], shown[0], 1.0) - _side(prices[1], shown[1], -1.0)
    return added


def _side(price: Floats, size: Floats, sign: float) -> Floats:
    """Give a side's part; `sign` turns asks so that higher is better."""
    missing = np.isnan(price) | (size == 0.0)
    reach, held = np.where(missing, -np.inf, sign * price), np.where(missing, 0.0, size)
    return np.where(reach[1:] >= reach[:-1], held[1:], 0.0) - np.where(reach[1:] <= reach[:-1], held[:-1], 0.0)

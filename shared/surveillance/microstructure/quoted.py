"""Mid and quoted spread of best prices.

A quote is valid with both prices and bid ≤ ask; at a locked one the spread is 0, of a missing or crossed one all is
nan. Where sizes are handed in too, a side of size 0 is missing.
"""

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, floats, same_shape, sizes


def valid_prices(
    bid: ArrayLike, ask: ArrayLike, bid_size: ArrayLike | None = None, ask_size: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Give bids and asks, (n,) each, both nan where the quote is not valid."""
    bids, asks = floats("bid", bid), floats("ask", ask)
    same_shape(bid=bids, ask=asks)
    valid = bids <= asks
    for name, given in (("bid_size", bid_size), ("ask_size", ask_size)):
        if given is not None:
            size = sizes(name, given)
            same_shape(bid=bids, **{name: size})
            valid &= size != 0.0
    return np.where(valid, bids, np.nan), np.where(valid, asks, np.nan)


def mid_price(
    bid: ArrayLike, ask: ArrayLike, bid_size: ArrayLike | None = None, ask_size: ArrayLike | None = None
) -> Floats:
    """Give (bid + ask) / 2, in price, (n,)."""
    bids, asks = valid_prices(bid, ask, bid_size, ask_size)
    return 0.5 * (bids + asks)


def quoted_spread(
    bid: ArrayLike, ask: ArrayLike, bid_size: ArrayLike | None = None, ask_size: ArrayLike | None = None
) -> Floats:
    """Give ask − bid, in price, (n,); over time it is averaged by `time_weighted`."""
    bids, asks = valid_prices(bid, ask, bid_size, ask_size)
    return asks - bids


def in_bp(price_difference: ArrayLike, mid: ArrayLike) -> Floats:
    """Give a spread or an impact in 1e-4 of the mid: 1e4 · difference / mid; nan where the mid is not above 0."""
    differences, mids = floats("price_difference", price_difference), floats("mid", mid)
    same_shape(price_difference=differences, mid=mids)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(mids > 0.0, 1e4 * differences / mids, np.nan)

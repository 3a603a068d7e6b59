"""Depth of the book near its best prices, and how it leans.

A book is prices and sizes of (n, levels), best first; a nan price or a size of 0 is no level, a nan size unknown. With
levels shown only up to some number, depth beyond them is not counted: figures are then lower bounds.
"""

import numpy as np
from numpy.typing import ArrayLike

from surveillance.errors import InputError
from surveillance.microstructure.inputs import Floats, floats, same_shape, sizes

_ROUNDING = 1e-9


def depth_of_levels(price: ArrayLike, size: ArrayLike, levels: int) -> Floats:
    """Sum one side's size over its first levels, in size, (n,); nan where a size among them is unknown."""
    prices, shown = _side(price, size)
    if not 1 <= levels <= prices.shape[1]:
        raise InputError(f"{levels} levels are asked for; the book has {prices.shape[1]}.")
    total: Floats = shown[:, :levels].sum(axis=1)
    return total


def depth_within(price: ArrayLike, size: ArrayLike, mid: ArrayLike, bp: float) -> Floats:
    """Sum one side's size at prices within `bp` 1e-4 of the mid, that distance included, (n,); nan without a mid."""
    prices, shown = _side(price, size)
    mids = floats("mid", mid)
    same_shape(price=prices[:, 0], mid=mids)
    near = np.abs(prices - mids[:, None]) <= bp * 1e-4 * mids[:, None] * (1.0 + _ROUNDING) + _ROUNDING * mids[:, None]
    return np.where(np.isnan(mids), np.nan, np.where(near, shown, 0.0).sum(axis=1))


def book_imbalance(bid_depth: ArrayLike, ask_depth: ArrayLike) -> Floats:
    """Give (bid − ask) / (bid + ask) of depths, −1 to 1, (n,): best sizes, levels or bp; nan where both are 0."""
    bids, asks = sizes("bid_depth", bid_depth), sizes("ask_depth", ask_depth)
    same_shape(bid_depth=bids, ask_depth=asks)
    with np.errstate(invalid="ignore"):
        return (bids - asks) / (bids + asks)


def _side(price: ArrayLike, size: ArrayLike) -> tuple[Floats, Floats]:
    prices, shown = floats("price", price, 2), sizes("size", size, 2)
    same_shape(price=prices, size=shown)
    return prices, np.where(np.isnan(prices), 0.0, shown)

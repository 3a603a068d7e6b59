"""Displayed depth by price from tracked orders: the levels nearest to the touch, best last, as (price, quantity,
orders).
"""

import numpy as np

from surveillance.engine.batch import CANCEL, FILL, REPLACE
from surveillance.engine.kernel import kernel
from surveillance.engine.tables import LEVELS
from surveillance.events import SECOND

NEAR_LEVELS = 10
SAMPLE_NS = SECOND // 10
PRICE, QUANTITY, ORDERS_AT = 0, 1, 2


@kernel
def place_of(levels, count, side, price):
    """Give the last place whose price is not better than `price`, or −1."""
    k = count - 1
    while k >= 0 and (levels[k, PRICE] - price) * side > 0:
        k -= 1
    return k


@kernel
def add(t, row, side, price, quantity):
    """Show a new order's quantity at its price."""
    m = t.markets[row]
    index = 0 if side > 0 else 1
    levels = t.book[row, index]
    count = m.bids if side > 0 else m.asks
    k = place_of(levels, count, side, price)
    if k >= 0 and levels[k, PRICE] == price:
        levels[k, QUANTITY] += quantity
        levels[k, ORDERS_AT] += 1
        return
    if count < LEVELS:
        for n in range(count, k + 1, -1):
            levels[n, PRICE] = levels[n - 1, PRICE]
            levels[n, QUANTITY] = levels[n - 1, QUANTITY]
            levels[n, ORDERS_AT] = levels[n - 1, ORDERS_AT]
        k += 1
        if side > 0:
            m.bids = count + 1
        else:
            m.asks = count + 1
    elif k < 0:
        return
    else:
        for n in range(k):
            levels[n, PRICE] = levels[n + 1, PRICE]
            levels[n, QUANTITY] = levels[n + 1, QUANTITY]
            levels[n, ORDERS_AT] = levels[n + 1, ORDERS_AT]
    levels[k, PRICE] = price
    levels[k, QUANTITY] = quantity
    levels[k, ORDERS_AT] = 1


@kernel
def change(t, row, side, price, quantity, orders):
    """Add a quantity (negative to take away) and a number of orders to a level that is shown."""
    m = t.markets[row]
    index = 0 if side > 0 else 1
    levels = t.book[row, index]
    count = m.bids if side > 0 else m.asks
    k = place_of(levels, count, side, price)
    if k < 0 or levels[k, PRICE] != price:
        return
    levels[k, QUANTITY] += quantity
    levels[k, ORDERS_AT] += orders
    if levels[k, ORDERS_AT] <= 0:
        for n in range(k, count - 1):
            levels[n, PRICE] = levels[n + 1, PRICE]
            levels[n, QUANTITY] = levels[n + 1, QUANTITY]
            levels[n, ORDERS_AT] = levels[n + 1, ORDERS_AT]
        if side > 0:
            m.bids = count - 1
        else:
            m.asks = count - 1


@kernel
def near(t, row, side):
    """Give the quantity of the ten best levels of a side, or of as many as the feed shows.

    Levels better than the quoted price are left-overs of orders whose end was not shown; they do not count.
    """
    m = t.markets[row]
    levels = t.book[row, 0 if side > 0 else 1]
    count = m.bids if side > 0 else m.asks
    best = m.bid if side > 0 else m.ask
    limit = NEAR_LEVELS
    if 0 < m.shown_levels < limit:
        limit = m.shown_levels
    total = 0.0
    seen = 0
    k = count - 1
    while k >= 0 and seen < limit:
        if not (m.quoted and (levels[k, PRICE] - best) * side > 0):
            total += levels[k, QUANTITY]
            seen += 1
        k -= 1
    return total


@kernel
def sample(t, row, c, ts):
    """Tell the depth of both sides, once in a tenth of a second, where the feed shows as many levels."""
    m = t.markets[row]
    m.next_depth_ts = (ts // SAMPLE_NS + 1) * SAMPLE_NS
    if 0 < m.shown_levels < NEAR_LEVELS:
        return
    c.near_bid = near(t, row, 1)
    c.near_ask = near(t, row, -1)


@kernel
def count(m, e, c):
    """Count what leaves the book of an open market: by trading, and by being withdrawn."""
    if e.action == FILL:
        m.executed_since += c.removed
    elif c.tracked and (e.action == CANCEL or (e.action == REPLACE and c.repriced)):
        m.withdrawn_since += 1


@kernel
def tell(m, c):
    """Tell what left the book since the depth was told before."""
    c.executed_since = m.executed_since
    c.withdrawn_since = m.withdrawn_since
    m.executed_since = 0.0
    m.withdrawn_since = 0


@kernel
def shown_at(t, row, side, price):
    """Give the quantity shown at a price."""
    m = t.markets[row]
    levels = t.book[row, 0 if side > 0 else 1]
    k = place_of(levels, m.bids if side > 0 else m.asks, side, price)
    return levels[k, QUANTITY] if k >= 0 and levels[k, PRICE] == price else 0.0


@kernel
def levels_better(t, row, side, price):
    """Count the shown levels of a side that are better than a price."""
    m = t.markets[row]
    levels = t.book[row, 0 if side > 0 else 1]
    count = m.bids if side > 0 else m.asks
    return count - 1 - place_of(levels, count, side, price)


@kernel
def best(t, row, side):
    """Give the best shown price of a side and its quantity; NaN and 0 where the side is empty."""
    m = t.markets[row]
    count = m.bids if side > 0 else m.asks
    if count == 0:
        return np.nan, 0.0
    levels = t.book[row, 0 if side > 0 else 1]
    return levels[count - 1, PRICE], levels[count - 1, QUANTITY]

"""Formulas of one quote or one trade, for kernels: the one pass over history, and the engine.

A missing price is nan, a side of size 0 is empty, an unknown size is nan. Directions are 1 buy, −1 sell, 0 unknown.
Sources are named where the same formulas are given over arrays.
"""

from math import inf, nan

from surveillance.engine.kernel import kernel

TICK, QUOTE, LEE_READY, EMO, CLNV = range(5)


@kernel
def shown_bid(price, size):
    """Give a bid's price; −inf where there is none."""
    return -inf if size == 0.0 or price != price else price


@kernel
def shown_ask(price, size):
    """Give an ask's price; inf where there is none."""
    return inf if size == 0.0 or price != price else price


@kernel
def mid_of(bid, ask):
    """Give the mid of shown prices; nan unless there are both and they are not crossed."""
    if bid == -inf or ask == inf or bid > ask:
        return nan
    return 0.5 * (bid + ask)


@kernel
def order_flow(bid, bid_size, ask, ask_size, held_bid, held_bid_size, held_ask, held_ask_size):
    """Give the order-flow imbalance of a step between two quotes, in size; prices as shown, empty sides of size 0."""
    bought = (bid_size if bid >= held_bid else 0.0) - (held_bid_size if bid <= held_bid else 0.0)
    sold = (ask_size if ask <= held_ask else 0.0) - (held_ask_size if ask >= held_ask else 0.0)
    return bought - sold


@kernel
def way(value, level):
    """Say on which side of a level a value lies: 1, −1, or 0 at it and where either is nan."""
    return int(value > level) - int(value < level)


@kernel
def direction_of(rule, price, bid, ask, mid, different):
    """Judge a trade by a rule; `mid` is nan where no quote can judge, `different` is the last other price, or nan."""
    by_quote = way(price, mid)
    if rule == TICK or (by_quote == 0 and rule != QUOTE):
        return way(price, different)
    if rule == QUOTE or rule == LEE_READY:
        return by_quote
    if rule == EMO:
        return by_quote if (price == ask) != (price == bid) else way(price, different)
    upper = (0.7 * ask + 0.3 * bid <= price) and price <= ask
    lower = bid <= price and price <= 0.3 * ask + 0.7 * bid
    return by_quote if upper != lower else way(price, different)

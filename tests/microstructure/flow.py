"""Trades and quotes for tests of microstructure."""

import numpy as np
from hypothesis import strategies as st
from surveillance.events import MINUTE, SECOND
from surveillance.microstructure import Quotes, Trades

BEGIN = 1_772_461_800_000_000_000 // MINUTE * MINUTE
TICK = 1.0 / 64.0
"""A power of two: sums, differences and mids of prices are exact."""


def made(trades: int, quotes: int, seed: int, minutes: int = 8, faults: bool = True) -> tuple[Trades, Quotes]:
    """Give a session whose trades hit the quotes, the mid or something between; many times coincide.

    With faults some quotes lack a side, have one of size 0, or are locked or crossed, and some sizes are unknown.
    """
    chance = np.random.default_rng(seed)
    span = minutes * MINUTE
    step = SECOND // 4
    quote_ts = BEGIN + np.sort(chance.integers(0, span // step, quotes)) * step
    trade_ts = BEGIN + np.sort(chance.integers(0, span // step, trades)) * step
    middle = 6400 + np.cumsum(chance.integers(-2, 3, quotes))
    half = chance.integers(1, 4, quotes)
    bid, ask = (middle - half) * TICK, (middle + half) * TICK
    bid_size, ask_size = (100.0 * chance.integers(1, 9, quotes) for _ in range(2))
    if faults and quotes:
        fault = chance.integers(0, 40, quotes)
        bid[fault == 0] = np.nan
        ask_size[fault == 1] = 0.0
        ask[fault == 2] = bid[fault == 2]
        ask[fault == 3] = bid[fault == 3] - TICK
        ask[fault == 4] = np.nan
    last = np.maximum(np.searchsorted(quote_ts, trade_ts) - 1, 0)
    base = middle[last] if quotes else np.full(trades, 6400)
    price = (base + chance.integers(-4, 5, trades)) * TICK
    size = 100.0 * chance.integers(1, 20, trades)
    return Trades(trade_ts, price, size), Quotes(quote_ts, bid, bid_size, ask, ask_size)


sessions = st.builds(made, st.integers(0, 60), st.integers(0, 200), st.integers(0, 2**32 - 1))
"""Sessions of few trades and quotes."""

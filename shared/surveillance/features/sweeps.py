"""Sweeps: the prints that one aggressive order makes at one moment, and how large the largest hundredth of them are."""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.features.bars import sets_price

_NORMAL_99 = 2.326
_MEMORY = 1000.0
"""Sweeps that the mean and variance of log sizes rest on."""


@kernel
def aggressor(e, c):
    """Say who took liquidity: as the feed tells it, else by the side of the mid; 0 where neither does."""
    if e.aggressor:
        return np.int64(e.aggressor)
    mid = (c.bid + c.ask) / 2
    return np.int64(e.price > mid) - np.int64(e.price < mid)


@kernel
def _learn(m):
    """Take a finished sweep into the 99th percentile of a log-normal with the sweeps' mean and variance."""
    m.sweeps += 1
    weight = 1.0 / min(np.float64(m.sweeps), _MEMORY)
    apart = np.log(m.sweep_quantity) - m.sweep_mean
    m.sweep_mean += weight * apart
    m.sweep_variance = (1.0 - weight) * (m.sweep_variance + weight * apart * apart)
    m.large_sweep = np.exp(m.sweep_mean + _NORMAL_99 * np.sqrt(m.sweep_variance))


@kernel
def take(m, e, c):
    """Add a print to the running sweep, or begin the next one; tell the context what it amounts to so far."""
    if not sets_price(e):
        return
    order = e.buy_order_id if c.side > 0 else e.sell_order_id
    if c.side and m.sweep_ts == c.ts and m.sweep_side == c.side and m.sweep_order == order:
        m.sweep_quantity += e.quantity
        m.sweep_prints += 1
        m.sweep_levels += m.sweep_price != e.price
    else:
        if m.sweep_prints:
            _learn(m)
        m.sweep_ts = c.ts
        m.sweep_side = c.side
        m.sweep_order = order
        m.sweep_quantity = e.quantity
        m.sweep_prints = 1
        m.sweep_levels = 1
    m.sweep_price = e.price
    c.sweep_quantity = m.sweep_quantity
    c.sweep_prints = m.sweep_prints
    c.sweep_levels = m.sweep_levels
    c.large_sweep = m.large_sweep
    c.sweeps = m.sweeps

"""Sweeps: the prints that one aggressive order makes at one moment, and how large the largest hundredth of them are."""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.features.bars import sets_price

_SHARE, _LEARNING = 0.99, 32
_STEPS = ((512, 0.5), (4096, 0.2))
"""Sweeps seen, and the factor a step until then; a tenth from then on."""


@kernel
def aggressor(e, c):
    """Say who took liquidity: as the feed tells it, else by the side of the mid; 0 where neither does."""
    if e.aggressor:
        return np.int64(e.aggressor)
    mid = (c.bid + c.ask) / 2
    return np.int64(e.price > mid) - np.int64(e.price < mid)


@kernel
def _learn(m):
    """Move the 99th percentile a step towards a finished sweep, by a factor: it scales with the sizes.

    The largest of the first sweeps stands in while there are few.
    """
    step = _STEPS[0][1] if m.sweeps < _STEPS[0][0] else _STEPS[1][1] if m.sweeps < _STEPS[1][0] else 0.1
    if m.sweeps < _LEARNING:
        m.large_sweep = max(m.large_sweep, m.sweep_quantity)
    elif m.sweep_quantity > m.large_sweep:
        m.large_sweep *= 1 + step * _SHARE
    else:
        m.large_sweep *= 1 - step * (1 - _SHARE)
    m.sweeps += 1


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

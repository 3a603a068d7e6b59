"""What is usual for a market and an owner: order size, messages a minute, bursts of messages."""

import numpy as np

from surveillance.engine.batch import FILL, NEW, REPLACE
from surveillance.engine.kernel import kernel
from surveillance.events import MINUTE, SECOND, STATES
from surveillance.reference import ENTITY_TYPES

SMOOTHING = 0.1
BURST_DRAIN = 100.0
"""Messages a second that an owner may send without its burst growing."""
PAUSE_NS = 30 * SECOND
"""An owner silent for longer begins anew."""
QUOTING_ORDERS = 5
"""So many orders on either side within one to two minutes are quoting as a matter of course."""
MARKET_MAKER = ENTITY_TYPES.index("market_maker") + 1
FAR = 4.0
_LEARNING_MINUTES = 3
_OPEN = STATES["open"]
_FAST, _SLOW, _LEARNING = 1.125, 1.0078125, 64


@kernel
def order_entered(m, quantity):
    """Move the running median of order sizes a step towards a new order, by a factor: it scales with the sizes."""
    if m.orders == 0:
        m.usual_quantity = quantity
    step = _FAST if m.orders < _LEARNING else _SLOW
    if quantity > m.usual_quantity:
        m.usual_quantity *= step
    elif quantity < m.usual_quantity:
        m.usual_quantity /= step
    m.orders += 1


@kernel
def message(m, ts):
    """Count a message of an open market; at the turn of a minute fold the finished one into mean and variance.

    The first minute, seen in part, is left out; the next weigh as in a plain mean until a minute weighs `SMOOTHING`.
    Once some are known, a minute moves them by no more than `FAR` standard deviations: a flood is not the usual.
    """
    if m.state != _OPEN:
        return
    minute = ts // MINUTE
    if minute != m.message_minute:
        if m.message_minute:
            if m.message_minutes:
                apart = np.float64(m.messages) - m.message_mean
                if m.message_minutes > _LEARNING_MINUTES:
                    far = FAR * np.sqrt(max(m.message_variance, m.message_mean))
                    apart = min(max(apart, -far), far)
                weight = max(SMOOTHING, 1.0 / m.message_minutes)
                m.message_mean += weight * apart
                m.message_variance = (1.0 - weight) * (m.message_variance + weight * apart * apart)
            m.message_minutes += 1
        m.message_minute = minute
        m.messages = 0
    m.messages += 1


@kernel
def burst(p, ts):
    """Add a message to an owner's burst: what exceeds `BURST_DRAIN` a second, never below 0 (a leaky bucket)."""
    drained = p.burst - (ts - p.burst_ts) * (BURST_DRAIN / SECOND)
    p.burst = max(drained, 0.0) + 1.0
    p.burst_ts = ts
    return p.burst


@kernel
def roll(p, ts):
    """Begin an owner's minute: the orders it entered in the last one stay known, older ones are forgotten."""
    minute = ts // MINUTE
    if minute != p.minute:
        for index in range(2):
            p.entered_before[index] = p.entered[index] if minute == p.minute + 1 else 0
            p.entered[index] = 0
        p.minute = minute


@kernel
def makes_market(c):
    """Say whether an owner is known to make markets, or has of late entered orders on both sides as if it did."""
    return c.owner != 0 and (c.entity == MARKET_MAKER or min(c.recent_same, c.recent_opposite) >= QUOTING_ORDERS)


@kernel
def count_order(p, session, ts, action, before, after, removed):
    """Count an owner's orders and executions of a session as RTS 9 does.

    An entry and a cancellation are one order each, a modification is both (Regulation (EU) 2017/566, annex); `before`
    and `after` are the open quantities around a modification.
    """
    if p.counted != session or ts - p.active_ts > PAUSE_NS:
        p.active_since = ts
    p.active_ts = ts
    if p.counted != session:
        p.counted = session
        p.order_messages = 0
        p.order_volume = 0.0
        p.executions = 0
        p.executed_volume = 0.0
    if action == FILL:
        p.executions += 1
        p.executed_volume += removed
    elif action == REPLACE:
        p.order_messages += 2
        p.order_volume += before + after
    else:
        p.order_messages += 1
        p.order_volume += after if action == NEW else removed

"""What is usual for a market and an owner: order size, messages a minute, bursts of messages."""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.events import MINUTE, SECOND

SMOOTHING = 0.1
BURST_DRAIN = 100.0
"""Messages a second that an owner may send without its burst growing."""
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
    """Count a message of the market; at the turn of a minute fold the finished one into mean and variance."""
    minute = ts // MINUTE
    if minute != m.message_minute:
        if m.message_minute:
            count = np.float64(m.messages)
            if m.message_minutes == 0:
                m.message_mean = count
            else:
                apart = count - m.message_mean
                m.message_mean += SMOOTHING * apart
                m.message_variance = (1 - SMOOTHING) * (m.message_variance + SMOOTHING * apart * apart)
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

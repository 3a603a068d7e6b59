"""One-minute bars from trades, until the feed brings its own; a closed minute is never closed again."""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.events import CONDITIONS, CORRECTIONS, INTERVALS, MINUTE
from surveillance.features import history

INTERVAL_SECONDS = tuple(INTERVALS.values())
INTERVAL_NAMES = {seconds: name for name, seconds in INTERVALS.items()}
BREAK_NS = 180 * MINUTE
"""Bars further apart than this are of different sessions: longer than a halt, shorter than a night."""
_CORRECT = CORRECTIONS["correct"]

_UNFIT = (
    (1 << (CONDITIONS["late"] - 1))
    | (1 << (CONDITIONS["out_of_sequence"] - 1))
    | (1 << (CONDITIONS["average_price"] - 1))
)


@kernel
def sets_price(e):
    """Say whether a print sets the last price: late, out-of-sequence and average-price prints do not."""
    return e.correction == 0 and (e.conditions & _UNFIT) == 0


@kernel
def head(c, m, row, place, ts):
    """Fill what contexts and bars both begin with."""
    c.ts = ts
    c.session = m.session
    c.event = place
    c.market = row
    c.parameters = m.parameters
    c.gaps = m.gaps
    c.late = m.late
    c.quarantined = m.quarantined
    c.tick = m.tick
    c.previous_close = m.previous_close
    c.close_stands_in = m.close_stands_in
    c.opened_ts = m.opened_ts
    c.close_ts = m.close_ts


@kernel
def surroundings(b, m):
    """Fill what a closed bar tells beside its trades: the best prices when it closed."""
    b.bid = m.bid
    b.ask = m.ask
    b.sentiment = np.nan


@kernel
def _emit(t, row, bars, place):
    m = t.markets[row]
    n = bars.used[0]
    bars.used[0] = n + 1
    b = bars.rows[n]
    head(b, m, row, place, m.bar_end)
    b.interval_s = 60
    b.bar_open = m.bar_open
    b.bar_high = m.bar_high
    b.bar_low = m.bar_low
    b.bar_close = m.bar_close
    b.volume = m.bar_volume
    b.money = m.bar_money
    b.trade_count = m.bar_trades
    b.empty_before = m.bar_empty
    b.made = 1
    surroundings(b, m)
    m.bar_empty = 0
    m.bar_closed = m.bar_end
    history.fold(m, m.bar_end, 60, m.bar_volume)


@kernel
def advance(t, row, bars, place, ts):
    """Close the minutes that end at or before `ts` and open the one that holds it."""
    m = t.markets[row]
    if m.fed_minutes or ts < m.bar_end:
        return
    if m.bar_end:
        stop(t, row, bars, place, ts)
    m.bar_end = (ts // MINUTE + 1) * MINUTE


@kernel
def stop(t, row, bars, place, ts):
    """Close the open minute; minutes from its end to `ts` count as empty."""
    m = t.markets[row]
    if m.bar_end == 0:
        return
    if m.bar_trades:
        _emit(t, row, bars, place)
    else:
        m.bar_empty = min(m.bar_empty + 1, 1_000_000)
    if ts > m.bar_end:
        m.bar_empty = min(m.bar_empty + (ts - m.bar_end) // MINUTE, 1_000_000)
    m.bar_end = 0
    m.bar_trades = 0
    m.bar_volume = 0.0
    m.bar_money = 0.0
    m.bar_open = np.nan


@kernel
def take(m, e):
    """Add a trade to the open minute; volume counts every print, prices only those that set them."""
    if m.bar_end == 0:
        return
    m.bar_trades += 1
    m.bar_volume += e.quantity
    m.bar_money += e.quantity * e.price
    if sets_price(e):
        if np.isnan(m.bar_open):
            m.bar_open = e.price
            m.bar_high = e.price
            m.bar_low = e.price
        m.bar_high = max(m.bar_high, e.price)
        m.bar_low = min(m.bar_low, e.price)
        m.bar_close = e.price
    elif m.bar_trades == 1:
        m.bar_close = e.price
        m.bar_high = e.price
        m.bar_low = e.price


@kernel
def correct(m, d, e):
    """Take a cancelled trade out of the minute that counted it, or put the corrected one in its place."""
    if d.minute == 0 or d.minute != m.bar_end:
        return
    price = d.price
    quantity = 0.0
    if e.correction == _CORRECT:
        quantity = e.quantity if e.quantity > 0 else d.quantity
        price = d.price if np.isnan(e.price) else e.price
    m.bar_volume = max(m.bar_volume + (quantity - d.quantity), 0.0)
    m.bar_money = max(m.bar_money + (quantity * price - d.quantity * d.price), 0.0)
    d.quantity = quantity
    d.price = price


@kernel
def interval_place(seconds):
    """Number an interval, for histories kept by interval; −1 for one that is none of the contract's."""
    for k in range(len(INTERVAL_SECONDS)):
        if INTERVAL_SECONDS[k] == seconds:
            return k
    return -1

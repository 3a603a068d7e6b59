"""Trading sessions: from `status` events, else a schedule, else the UTC day. A new session is a new page."""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.events import DAY, STATES
from surveillance.features import bars, minutes, orders, past, quotes

PRE_OPEN, OPEN, HALTED, CLOSING, CLOSED = (STATES[s] for s in ("pre_open", "open", "halted", "closing", "closed"))


@kernel
def turn_page(t, row, session, keep_orders):
    """Begin a session: completeness starts anew, the last price becomes the previous close, day orders are gone."""
    m = t.markets[row]
    m.session = session
    m.gaps = 0
    m.late = 0
    m.quarantined = 0
    if not np.isnan(m.last_price):
        m.previous_close = m.last_price
        m.close_stands_in = 0
    elif m.close_stands_in:
        m.previous_close = np.nan
    m.last_price = np.nan
    m.day_volume = 0.0
    m.day_trades = 0
    m.sampled_second = 0
    past.forget(m)
    m.heard_ts = 0
    m.next_depth_ts = 0
    if not keep_orders:
        minutes.forget(m)
        m.epoch += 1
        m.bids = 0
        m.asks = 0
        m.first_position = 0
        if not m.quoted:
            m.bid = np.nan
            m.ask = np.nan


@kernel
def next_session(t, m, ts):
    """Give open and close of the schedule's first session that ends after `ts`; both far away where it has none."""
    low = t.schedule_starts[m.schedule]
    end = t.schedule_starts[m.schedule + 1]
    high = end
    while low < high:
        middle = (low + high) // 2
        if t.schedule_closes[middle] > ts:
            high = middle
        else:
            low = middle + 1
    if low == end:
        return np.int64(2**62), np.int64(2**62)
    return t.schedule_opens[low], t.schedule_closes[low]


@kernel
def enter(t, row, made_bars, place, ts):
    """Bring a market to a moment: turn the page where a session ended, and set its state."""
    m = t.markets[row]
    if ts >= m.close_ts:
        if m.schedule >= 0:
            bars.stop(t, row, made_bars, place, m.close_ts)
            minutes.stop(t, row, made_bars, place, m.close_ts)
            m.open_ts, m.close_ts = next_session(t, m, ts)
            turn_page(t, row, m.open_ts, False)
            m.by_status = 0
        else:
            day = ts // DAY * DAY
            m.open_ts = day
            m.close_ts = day + DAY
            if not m.by_status:
                if m.bar_end:
                    bars.advance(t, row, made_bars, place, day)
                turn_page(t, row, day, True)
            orders.expire(t, row, ts)
            quotes.from_orders(t, row)
    if not m.by_status:
        m.state = OPEN if ts >= m.open_ts else PRE_OPEN


@kernel
def set_state(t, row, made_bars, place, ts, state):
    """Take a session status; `closed` ends the session, whatever opens after it begins the next."""
    enter(t, row, made_bars, place, ts)
    m = t.markets[row]
    was = m.state
    fresh = not m.by_status
    m.by_status = 1
    m.state = state
    if state == OPEN and was != OPEN:
        m.opened_ts = ts
    if state != OPEN:
        minutes.stop(t, row, made_bars, place, ts)
    if state == CLOSED:
        bars.stop(t, row, made_bars, place, ts)
        if was != CLOSED or fresh:
            turn_page(t, row, ts, False)
    elif was == CLOSED and not fresh:
        m.session = ts

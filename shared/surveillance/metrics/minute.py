"""The minute of a market that runs: what quotes, trades and orders add to its sums, and how it ends."""

from math import inf, nan

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.events import MINUTE, SECOND
from surveillance.metric_parameters import LONGEST, MOST_WINDOWS
from surveillance.metrics.marks import judge, next_horizon
from surveillance.metrics.rows import FAR_AWAY, FINAL_NS, ROWS_FREE, ROWS_TOLD, ROWS_USED
from surveillance.microstructure import walk
from surveillance.microstructure.formulas import mid_of, order_flow, shown_ask, shown_bid

QUOTES, LOCKED, CROSSED, ONE_SIDED, QUOTED_NS = walk.QUOTES, walk.LOCKED, walk.CROSSED, walk.ONE_SIDED, walk.QUOTED_NS
SPREAD, SPREAD_BP, BID_DEPTH, ASK_DEPTH = walk.SPREAD, walk.SPREAD_BP, walk.BID_DEPTH, walk.ASK_DEPTH
IMBALANCE, ORDER_FLOW, MID, TRADES, CLOSE = walk.IMBALANCE, walk.ORDER_FLOW, walk.MID, walk.TRADES, walk.CLOSE


@kernel
def first_seen(m):
    """Begin to measure a market."""
    m.begun = 1
    m.due = FAR_AWAY
    m.bid = -inf
    m.ask = inf
    m.bid_quantity = 0.0
    m.ask_quantity = 0.0
    m.mid = nan
    m.known = nan
    m.price = nan
    m.different = nan
    for w in range(MOST_WINDOWS):
        m.ema[w] = nan


@kernel
def sample(m, r, ts):
    """Take the mid at the turns of seconds up to `ts`, before what happens then, into realised variance."""
    turns = (ts - m.second) // SECOND + 1
    if m.known > 0.0:
        if m.second_mid > 0.0:
            step = np.log(m.known / m.second_mid)
            r.variance += step * step
            r.returns += turns
        else:
            r.returns += turns - 1
    m.second_mid = m.known
    m.second += turns * SECOND


@kernel
def begin(t, m, market, ts):
    """Begin the minute that holds `ts`; the quote that stands counts from its start on."""
    row = t.used[ROWS_FREE]
    if row:
        t.used[ROWS_FREE] = t.rows[row].next
    else:
        row = t.used[ROWS_USED]
        t.used[ROWS_USED] += 1
    t.rows[row] = t.rows[0]
    r = t.rows[row]
    r.ts = ts // MINUTE * MINUTE
    r.market = market
    m.row = row
    m.end = r.ts + MINUTE
    m.since = r.ts
    m.second = r.ts + SECOND
    m.second_mid = m.known
    m.minute_mid = m.known
    if ts >= m.second:
        sample(m, r, ts)
    m.due = min(m.due, m.second)


@kernel
def accrue(m, r, ts):
    """Let the standing quote count until `ts`."""
    span = ts - m.since
    if span > 0:
        if m.mid == m.mid:
            r.cells[QUOTED_NS] += span
            r.cells[SPREAD] += m.spread * span
            r.cells[SPREAD_BP] += m.spread_bp * span
            r.cells[BID_DEPTH] += m.bid_quantity * span
            r.cells[ASK_DEPTH] += m.ask_quantity * span
            r.cells[IMBALANCE] += m.imbalance * span
        m.since = ts


@kernel
def take_quote(m, r, ts, bid_price, bid_quantity, ask_price, ask_quantity):
    """Let a whole quote stand from `ts` on."""
    accrue(m, r, ts)
    bid, ask = shown_bid(bid_price, bid_quantity), shown_ask(ask_price, ask_quantity)
    bid_now = 0.0 if bid == -inf else bid_quantity
    ask_now = 0.0 if ask == inf else ask_quantity
    r.cells[QUOTES] += 1
    if m.shown:
        r.cells[ORDER_FLOW] += order_flow(bid, bid_now, ask, ask_now, m.bid, m.bid_quantity, m.ask, m.ask_quantity)
    m.shown = 1
    m.bid = bid
    m.bid_quantity = bid_now
    m.ask = ask
    m.ask_quantity = ask_now
    m.mid = mid_of(bid, ask)
    if m.mid == m.mid:
        m.known = m.mid
        m.spread = ask - bid
        m.spread_bp = 1e4 * m.spread / m.mid if m.mid > 0.0 else nan
        m.imbalance = (bid_now - ask_now) / (bid_now + ask_now)
        r.cells[LOCKED] += m.spread == 0.0
    else:
        r.cells[CROSSED] += bid > ask
        r.cells[ONE_SIDED] += bid == -inf or ask == inf


@kernel
def first_quoted(m, r, ts):
    """Begin with quotes where orders have shown the best prices so far: what these said of the minute is taken back."""
    for k in range(QUOTES, ORDER_FLOW + 1):
        r.cells[k] = 0.0
    m.quoted = 1
    m.shown = 0
    m.since = ts
    m.mid = nan
    m.known = nan
    m.second_mid = nan
    m.minute_mid = nan


@kernel
def differs(m, bid_price, bid_quantity, ask_price, ask_quantity):
    """Say whether best prices that orders show are others than those that stand."""
    bid, ask = shown_bid(bid_price, bid_quantity), shown_ask(ask_price, ask_quantity)
    if bid != m.bid or ask != m.ask:
        return True
    return (bid != -inf and bid_quantity != m.bid_quantity) or (ask != inf and ask_quantity != m.ask_quantity)


@kernel
def _average(t, m, market, r):
    """Take the minute's last price, of a trade or else the mid, into the moving averages."""
    price = r.cells[CLOSE] if r.cells[TRADES] > 0.0 else m.known
    for w in range(MOST_WINDOWS):
        r.sma[w] = nan
        r.ema[w] = m.ema[w]
    if price != price:
        return
    closes = t.closes[market]
    closes[m.closes % LONGEST] = price
    m.closes += 1
    for w in range(t.windows.size):
        window = t.windows[w]
        if m.closes < window:
            continue
        total = 0.0
        for back in range(window):
            total += closes[(m.closes - 1 - back) % LONGEST]
        r.sma[w] = total / window
        if m.closes == window:
            m.ema[w] = r.sma[w]
        else:
            m.ema[w] += 2.0 / (window + 1.0) * (price - m.ema[w])
        r.ema[w] = m.ema[w]


@kernel
def _tell(t, row, revision):
    r = t.rows[row]
    r.revision = revision
    t.out[t.told[ROWS_TOLD]] = t.rows[row]
    t.told[ROWS_TOLD] += 1


@kernel
def _close(t, m, market):
    """End the minute that runs and tell what is known of it."""
    r = t.rows[m.row]
    accrue(m, r, m.end)
    r.cells[MID] = m.known
    r.velocity_bp = 1e4 * (m.known / m.minute_mid - 1.0) if m.minute_mid > 0.0 else nan
    _average(t, m, market, r)
    judge(t, m, m.end)
    _tell(t, m.row, 1)
    if m.last:
        t.rows[m.last].next = m.row
    else:
        m.first = m.row
    m.last = m.row
    m.clock = max(m.clock, m.end)
    m.row = 0
    m.end = 0


@kernel
def advance(t, m, market, ts):
    """Do what is due before something happens at `ts`: horizons, seconds, the end of the minute, what waits for it."""
    if m.end:
        if ts >= m.second:
            sample(m, t.rows[m.row], min(ts, m.end))
        if ts >= m.end:
            _close(t, m, market)
    judge(t, m, ts)
    while m.first and t.rows[m.first].ts + (MINUTE + FINAL_NS) <= ts:
        row = m.first
        _tell(t, row, 2)
        m.first = t.rows[row].next
        t.rows[row].next = t.used[ROWS_FREE]
        t.used[ROWS_FREE] = row
    if m.first == 0:
        m.last = 0
    due = next_horizon(t, m)
    if m.end:
        due = min(due, m.second)
    if m.first:
        due = min(due, t.rows[m.first].ts + (MINUTE + FINAL_NS))
    m.due = due

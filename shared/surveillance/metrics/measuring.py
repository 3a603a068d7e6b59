"""The pass that measures: the events of a chunk, in order, after the shared pass and beside the rules.

It reads what the shared pass told of each event and keeps its own memory, so that no alert depends on it.
"""

from math import nan

import numpy as np

from surveillance import metric_parameters
from surveillance.engine.batch import CANCEL, EVENT, FILL, NEW, ORDER, QUOTE
from surveillance.engine.context import CONTEXT
from surveillance.engine.kernel import entry, kernel
from surveillance.engine.memory import array_at
from surveillance.engine.observe import (
    CHUNK,
    CONSTANTS,
    CONTEXTS,
    EVENT_BYTES,
    EVENTS,
    GAP,
    LIMITS,
    LISTED,
    LISTS,
    ON_ALL,
    ON_STATUSES,
    RESUMED,
    SCRATCH,
)
from surveillance.metrics import marks, minute, rows
from surveillance.metrics.marks import mark
from surveillance.metrics.minute import advance, begin, differs, first_quoted, first_seen, take_quote
from surveillance.metrics.rows import (
    EVENTS_DONE,
    MARKETS_KNOWN,
    MOST_AT_ONCE,
    ROOM,
    ROWS_TOLD,
    STATUSES_DONE,
    metrics_at,
)
from surveillance.microstructure import formulas, walk
from surveillance.microstructure.formulas import LEE_READY, direction_of

TRADES, VOLUME, NOTIONAL, OPEN, HIGH, LOW, CLOSE = (
    walk.TRADES, walk.VOLUME, walk.NOTIONAL, walk.OPEN, walk.HIGH, walk.LOW, walk.CLOSE
)  # fmt: skip
BUY_VOLUME, SELL_VOLUME, UNSIGNED, UNQUOTED = walk.BUY_VOLUME, walk.SELL_VOLUME, walk.UNSIGNED, walk.UNQUOTED
SPREAD_TRADES, SPREAD_VOLUME = walk.SPREAD_TRADES, walk.SPREAD_VOLUME
EFFECTIVE, EFFECTIVE_BP = walk.EFFECTIVE, walk.EFFECTIVE_BP


@kernel
def take_trade(t, m, e, ts):
    """Add a print to the minute; it meets the quote before it in the feed."""
    r = t.rows[m.row]
    price, size, mid = e.price, e.quantity, m.mid
    if price != m.price:
        m.different = m.price
        m.price = price
    direction = np.int64(e.aggressor)
    if direction == 0:
        direction = direction_of(LEE_READY, price, m.bid, m.ask, mid, m.different)
    if r.cells[TRADES] == 0.0:
        r.cells[OPEN] = price
        r.cells[HIGH] = price
        r.cells[LOW] = price
    r.cells[HIGH] = max(r.cells[HIGH], price)
    r.cells[LOW] = min(r.cells[LOW], price)
    r.cells[CLOSE] = price
    r.cells[TRADES] += 1
    r.cells[VOLUME] += size
    r.cells[NOTIONAL] += price * size
    if direction > 0:
        r.cells[BUY_VOLUME] += size
    elif direction < 0:
        r.cells[SELL_VOLUME] += size
    else:
        r.cells[UNSIGNED] += 1
    if mid != mid:
        r.cells[UNQUOTED] += 1
    elif direction != 0:
        effective = size * (2.0 * direction * (price - mid))
        r.cells[SPREAD_TRADES] += 1
        r.cells[SPREAD_VOLUME] += size
        r.cells[EFFECTIVE] += effective
        r.cells[EFFECTIVE_BP] += effective * (1e4 / mid if mid > 0.0 else nan)
        signed = 2.0 * direction * size
        mark(t, m, ts, mid, signed, signed * price)


@kernel
def count_order(r, e, c):
    """Count a message about an order."""
    if c.restated or e.action == FILL:
        return
    if e.action == NEW:
        r.entered += 1
    elif e.action == CANCEL:
        r.cancelled += 1
    else:
        r.replaced += 1


@kernel
def take_event(t, e, c, nbbo):
    """Measure an event of an order, a trade or a quote."""
    market = c.market
    m = t.meters[market]
    ts = max(c.ts, m.clock)
    m.clock = ts
    if ts >= m.due:
        advance(t, m, market, ts)
    if m.end == 0:
        begin(t, m, market, ts)
    r = t.rows[m.row]
    if e.type == QUOTE:
        whole = e.venue == nbbo or e.venue == 0
        if not m.quoted:
            first_quoted(m, r, ts)
        if whole:
            m.consolidated = 1
        if whole or not m.consolidated:
            take_quote(m, r, ts, c.bid_after, c.bid_quantity, c.ask_after, c.ask_quantity)
        return
    if not m.quoted and differs(m, c.bid_after, c.bid_quantity, c.ask_after, c.ask_quantity):
        take_quote(m, r, ts, c.bid_after, c.bid_quantity, c.ask_after, c.ask_quantity)
    if e.type == ORDER:
        count_order(r, e, c)
    elif e.correction == 0:
        take_trade(t, m, e, ts)


@kernel
def take_status(t, e, market, everything_key):
    """Let a status move the clock of its market, or of all; says whether there was room for what they tell."""
    if e.state == GAP or e.state == RESUMED or e.state == LIMITS:
        return True
    first, last = market, market + 1
    if e.symbol == everything_key:
        first, last = 1, t.told[MARKETS_KNOWN]
    for k in range(first, last):
        m = t.meters[k]
        if m.begun and e.ts >= m.due:
            if t.told[ROWS_TOLD] + MOST_AT_ONCE > ROOM:
                return False
            advance(t, m, np.int64(k), e.ts)
    return True


def measure(scratch, memory, first, count):
    """Measure events [first, first + count) as the shared pass left them; 0 when done, 1 where rows are to be taken.

    `scratch` and `memory` are addresses. Where it stopped it goes on at the next call.
    """
    s = array_at(scratch, (2 * SCRATCH,), np.int64)
    events = array_at(s[2 * EVENTS] + first * EVENT_BYTES, (count,), EVENT)
    contexts = array_at(s[2 * CONTEXTS], (CHUNK,), CONTEXT)
    listed = array_at(s[2 * LISTED], (s[2 * LISTED + 1],), np.int64)
    lists = array_at(s[2 * LISTS], (s[2 * LISTS + 1], CHUNK), np.int32)
    constants = array_at(s[2 * CONSTANTS], (3,), np.int64)
    nbbo, everything_key = constants[0], constants[1]
    t = metrics_at(memory)
    a, b = t.told[EVENTS_DONE], t.told[STATUSES_DONE]
    more = np.int64(0)
    while a < listed[ON_ALL] or b < listed[ON_STATUSES]:
        event = lists[ON_ALL, a] if a < listed[ON_ALL] else CHUNK
        status = lists[ON_STATUSES, b] if b < listed[ON_STATUSES] else CHUNK
        if status < event:
            if not take_status(t, events[status], contexts[status].market, everything_key):
                more = np.int64(1)
                break
            b += 1
            continue
        c = contexts[event]
        m = t.meters[c.market]
        if not m.begun:
            first_seen(m)
        if t.told[ROWS_TOLD] + MOST_AT_ONCE > ROOM:
            more = np.int64(1)
            break
        take_event(t, events[event], c, nbbo)
        a += 1
    t.told[EVENTS_DONE] = a
    t.told[STATUSES_DONE] = b
    return more


_FILES = tuple(str(module.__file__) for module in (rows, marks, minute, metric_parameters, formulas, walk))
compiled = entry(measure, None, (__file__, *_FILES))

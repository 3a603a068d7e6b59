"""The shared pass: every event of a lane, in order, once. It keeps what the lane remembers and tells the rules about
it.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surveillance.engine.arrow import COLUMN, COLUMNS, NONE, PLACE
from surveillance.engine.batch import BAR, EVENT, FILL, NEW, ORDER, REJECTED, STATUS, TRADE
from surveillance.engine.context import CLOSED_BAR, CONTEXT, LEG, WHOLE_MINUTE
from surveillance.engine.gates import GATE, GATES, opened
from surveillance.engine.hashing import mix
from surveillance.engine.kernel import entry, kernel
from surveillance.engine.memory import array_at, prefetch, trailing_zeros
from surveillance.engine.tables import (
    ACCOUNTS_SEEN,
    BARS_SEEN,
    DUPLICATES,
    EVENTS_SEEN,
    LATE,
    MARKETS,
    NAME_WORDS,
    NEWS_SEEN,
    ORDER_ROWS,
    ORDERS_SEEN,
    PRODUCERS,
    QUOTES_SEEN,
    REJECTED_SEEN,
    SLOT,
    STALE_PRODUCER,
    STATE_ARRAYS,
    STATUSES_SEEN,
    TRADES_SEEN,
    UNMATCHED,
    find,
    put,
    tables_at,
)
from surveillance.engine.tables import ORDER as ORDER_ROW
from surveillance.events import SECOND, STATES
from surveillance.features import bars, book, history, legs, minutes, orders, past, quotes, sessions, sweeps

DROPPED: Final = -1
LATE_NS: Final = 5 * SECOND
LEASE_NS: Final = SECOND
"""A number that jumps by more than this starts a new lease: other feeds number from the clock in nanoseconds."""
GAP, RESUMED, LIMITS = STATES["gap"], STATES["resumed"], STATES["limit_up_down"]
CLOSED = STATES["closed"]
EVENT_BYTES: Final = EVENT.itemsize
SLOT_BYTES, ORDER_BYTES = SLOT.itemsize, ORDER_ROW.itemsize
ORDER_LINES: Final = -(-ORDER_BYTES // 64)
AHEAD: Final = 6
"""How many events ahead orders are brought near; their slots twice as many."""

ON_ORDERS, ON_TRADES, ON_ALL, ON_STATUSES, ON_QUOTES, ON_TOUCH, ON_DEPTH, ON_BARS, ON_LEGS, ON_MINUTES = range(10)
"""Which events a rule is shown: orders and fills; trades; all of these and quotes; statuses; quotes; what changed the
best prices, and the first event of each second; orders and fills that tell the depth of an open market; closed bars and
stories; legs; whole minutes."""
GATED: Final = ON_MINUTES + 1
"""The first of the lists that rules behind gates have each of its own: of orders and fills."""


CHUNK: Final = 1024
"""Events between two looks at the room that is left: what a chunk tells the rules fits in a core's own cache."""
EVENTS, CONTEXTS, BARS, LEGS, LISTS, LISTED, EVERY, CONSTANTS, MINUTES, GATE_TABLE = range(10)
SCRATCH: Final = 10
"""Places of the arrays that the engine hands from the shared pass to the rules."""
_ORDER_ID, _TRADE_ID = PLACE["order_id"], PLACE["trade_id"]


class Bars(NamedTuple):
    """Bars closed in a chunk, and minutes that are over."""

    rows: NDArray[Any]
    used: NDArray[np.int64]
    minutes: NDArray[Any]
    minutes_used: NDArray[np.int64]


class Legs(NamedTuple):
    """Sides of trades told in a chunk."""

    rows: NDArray[Any]
    used: NDArray[np.int64]


@kernel
def market_row(t, e, unknown):
    """Give a symbol's row; a new one starts from its instrument, or from what the format says of unknown symbols."""
    row = find(t.market_slots, t.markets, e.symbol)
    if row:
        return row
    row = t.used[MARKETS]
    t.used[MARKETS] += 1
    put(t.market_slots, e.symbol, row)
    m = t.markets[row]
    m.key = e.symbol
    m.mark_ts = NONE
    m.epoch = 1
    m.bid = np.nan
    m.ask = np.nan
    m.last_price = np.nan
    m.bar_open = np.nan
    past.forget(m)
    place = unknown
    for k in range(1, t.instruments.size):
        if t.instruments[k].key == e.symbol:
            place = k
            break
    i = t.instruments[place]
    m.instrument = place
    m.tick = i.tick
    m.previous_close = i.previous_close
    m.schedule = i.schedule
    m.parameters = i.parameters
    m.shown_levels = i.shown_levels
    if place == unknown and e.venue:
        for k in range(t.parameter_venues.size):
            if t.parameter_venues[k] == e.venue:
                m.parameters = k + 1
    if t.everything[0]:
        m.by_status = 1
        m.state = t.everything[0]
        m.session = t.everything[1]
        m.open_ts = t.everything[1]
        if m.schedule >= 0:
            m.open_ts, m.close_ts = sessions.next_session(t, m, t.everything[1])
        else:
            m.close_ts = NONE
    return row


@kernel
def _is_repeated(t, e):
    """Say whether a producer's number is not above the last one seen, and remember it otherwise."""
    row = find(t.producer_slots, t.producers, e.producer)
    if row == 0:
        row = t.used[PRODUCERS]
        t.used[PRODUCERS] += 1
        t.producers[row].key = e.producer
        t.producers[row].number = e.number
        t.producers[row].lease_start = e.number
        put(t.producer_slots, e.producer, row)
        return False
    p = t.producers[row]
    if e.number <= p.number:
        t.counts[STALE_PRODUCER if e.number < p.lease_start else DUPLICATES] += 1
        return True
    if e.number - p.number > LEASE_NS:
        p.lease_start = e.number
    p.number = e.number
    return False


@kernel
def _take_status(t, e, bars_out, place, everything_key, unknown):
    """Apply a status to its market, or to all of them."""
    if e.symbol == everything_key:
        if e.state <= CLOSED:
            t.everything[0] = e.state
            t.everything[1] = e.ts
        for row in range(1, t.used[MARKETS]):
            _take_market_status(t, row, e, bars_out, place)
        return 0
    row = market_row(t, e, unknown)
    _take_market_status(t, row, e, bars_out, place)
    return row


@kernel
def _take_market_status(t, row, e, bars_out, place):
    m = t.markets[row]
    if e.state <= CLOSED:
        sessions.set_state(t, row, bars_out, place, e.ts, e.state)
    elif e.state == GAP:
        m.gaps += 1
    elif e.state != RESUMED and e.state != LIMITS and m.bar_end:
        bars.advance(t, row, bars_out, place, e.ts)
    if e.state > CLOSED and e.state != GAP and e.state != RESUMED and e.state != LIMITS and m.tell_end:
        minutes.advance(t, row, bars_out, place, e.ts)


@kernel
def _order_slot(t, e):
    named = e.previous_order_id if e.previous_order_id else e.order_id
    key = mix(named, mix(e.symbol, e.venue))
    return (key ^ (key >> 29)) & (t.order_slots.size - 1)


@kernel
def _fetch_slot(t, e, slots_at):
    """Bring an order's slot near, some events before it is looked up."""
    if e.type == ORDER:
        prefetch(slots_at + _order_slot(t, e) * SLOT_BYTES)


@kernel
def _fetch_order(t, e, rows_at):
    """Bring the row near that an order's slot points at."""
    if e.type == ORDER and e.action != NEW:
        row = t.order_slots[_order_slot(t, e)].row
        if row:
            for line in range(ORDER_LINES):
                prefetch(rows_at + row * ORDER_BYTES + 64 * line)


def observe(state, reference, scratch, columns_address, first, count):
    """Take events [first, first + count) into the tables; write contexts, closed bars, legs, and who wants what.

    Everything but the last two is an address.
    """
    t = tables_at(state, reference)
    s = array_at(scratch, (2 * SCRATCH,), np.int64)
    events = array_at(s[2 * EVENTS] + first * EVENT_BYTES, (count,), EVENT)
    contexts = array_at(s[2 * CONTEXTS], (CHUNK,), CONTEXT)
    listed = array_at(s[2 * LISTED], (s[2 * LISTED + 1],), np.int64)
    listed[:] = 0
    bars_out = Bars(
        array_at(s[2 * BARS], (s[2 * BARS + 1],), CLOSED_BAR),
        listed[ON_BARS : ON_BARS + 1],
        array_at(s[2 * MINUTES], (s[2 * MINUTES + 1],), WHOLE_MINUTE),
        listed[ON_MINUTES : ON_MINUTES + 1],
    )
    legs_out = Legs(array_at(s[2 * LEGS], (s[2 * LEGS + 1],), LEG), listed[ON_LEGS : ON_LEGS + 1])
    lists = array_at(s[2 * LISTS], (s[2 * LISTS + 1], CHUNK), np.int32)
    gates = array_at(s[2 * GATE_TABLE], (GATES,), GATE)
    constants = array_at(s[2 * CONSTANTS], (3,), np.int64)
    columns = array_at(columns_address, (COLUMNS,), COLUMN)
    order_texts, trade_texts = columns[_ORDER_ID], columns[_TRADE_ID]
    nbbo, everything_key, unknown = constants[0], constants[1], constants[2]
    places = array_at(state, (2 * STATE_ARRAYS,), np.int64)
    rows_at, slots_at = places[2 * ORDER_ROWS], places[2 * ORDER_ROWS + 2]
    for i in range(events.size):
        if i + 2 * AHEAD < events.size:
            _fetch_slot(t, events[i + 2 * AHEAD], slots_at)
        if i + AHEAD < events.size:
            _fetch_order(t, events[i + AHEAD], rows_at)
        e = events[i]
        if e.producer and e.number != NONE and _is_repeated(t, e):
            e.type = DROPPED
            continue
        if e.type == REJECTED:
            t.counts[REJECTED_SEEN] += 1
            if e.symbol and e.symbol != everything_key:
                t.markets[market_row(t, e, unknown)].quarantined += 1
            continue
        t.counts[EVENTS_SEEN] += 1
        if e.type == STATUS:
            t.counts[STATUSES_SEEN] += 1
            row = _take_status(t, e, bars_out, i, everything_key, unknown)
            c = contexts[i]
            bars.head(c, t.markets[row], row, i, e.ts)
            lists[ON_STATUSES, listed[ON_STATUSES]] = i
            listed[ON_STATUSES] += 1
            continue
        row = market_row(t, e, unknown)
        m = t.markets[row]
        if e.type == BAR:
            t.counts[BARS_SEEN] += 1
            _take_bar(t, row, e, bars_out, i)
            continue
        if e.type > BAR:
            t.counts[NEWS_SEEN] += 1
            _take_story(t, row, e, bars_out, i)
            continue
        ts = e.ts
        if ts < m.mark_ts:
            if m.mark_ts - ts > LATE_NS:
                t.counts[LATE] += 1
                m.late += 1
                continue
            ts = m.mark_ts
        m.mark_ts = ts
        sessions.enter(t, row, bars_out, i, ts)
        is_open = m.state == sessions.OPEN
        if is_open:
            bars.advance(t, row, bars_out, i, ts)
            minutes.advance(t, row, bars_out, i, ts)
        if ts >= m.next_sample_ts:
            past.turn(m, ts)
            legs.sample(m, ts)
            minutes.sample(m)
        c = contexts[i]
        bars.head(c, m, row, i, ts)
        c.open = is_open
        c.tracked = 0
        c.restated = 0
        c.repriced = 0
        c.owner_known = 0
        c.quote_changed = 0
        c.order = 0
        c.trade = 0
        c.account = 0
        c.owner = 0
        c.position = 0
        c.removed = 0.0
        c.burst = 0.0
        c.stack_levels = 0
        c.stack_orders = 0
        c.depth = 0.0
        c.levels_away = 0
        c.shown = 0.0
        c.near_bid = np.nan
        c.bid = m.bid
        c.ask = m.ask
        c.prints = m.trades
        c.venues = m.venues
        c.message_mean = m.message_mean
        c.message_sigma = np.sqrt(max(m.message_variance, m.message_mean))
        if e.type == ORDER:
            t.counts[ORDERS_SEEN] += 1
            c.trade = orders.trade_key(t, row, e, ts, trade_texts)
            order = orders.apply(t, row, e, c, ts, order_texts)
            t.counts[ACCOUNTS_SEEN] += c.account != 0
            c.names = t.used[NAME_WORDS]
            minutes.order(m, e, c)
            quotes.from_orders(t, row)
            if is_open:
                book.count(m, e, c)
            if ts >= m.next_depth_ts:
                book.sample(t, row, c, ts)
                if is_open and not np.isnan(c.near_bid):
                    book.tell(m, c)
                    lists[ON_DEPTH, listed[ON_DEPTH]] = i
                    listed[ON_DEPTH] += 1
            if e.action == FILL and c.account:
                legs.from_fill(t, row, e, c, order, legs_out)
            lists[ON_ORDERS, listed[ON_ORDERS]] = i
            listed[ON_ORDERS] += 1
            concerned = t.followed[c.position] | opened(gates, e, c)
            t.followed[c.position] = concerned
            while concerned:
                place = GATED + trailing_zeros(concerned)
                lists[place, listed[place]] = i
                listed[place] += 1
                concerned &= concerned - 1
        elif e.type == TRADE:
            t.counts[TRADES_SEEN] += 1
            _take_trade(t, row, e, c, ts, trade_texts)
            if m.venues > 1:
                quotes.tell_trade(t, row, e, c, ts)
            if (e.buy_account or e.sell_account) and e.correction == 0:
                t.counts[ACCOUNTS_SEEN] += 1
                legs.from_trade(t, row, e, c, legs_out)
            lists[ON_TRADES, listed[ON_TRADES]] = i
            listed[ON_TRADES] += 1
        else:
            t.counts[QUOTES_SEEN] += 1
            quotes.apply(t, row, e, ts, nbbo)
            quotes.tell(t, row, e, c)
            minutes.quote(m)
            lists[ON_QUOTES, listed[ON_QUOTES]] = i
            listed[ON_QUOTES] += 1
        c.bid_after = m.bid
        c.ask_after = m.ask
        c.bid_quantity = m.bid_quantity
        c.ask_quantity = m.ask_quantity
        c.quote_changed = _differ(c.bid, m.bid) or _differ(c.ask, m.ask)
        if c.quote_changed or ts // SECOND != m.touch_second:
            m.touch_second = ts // SECOND
            lists[ON_TOUCH, listed[ON_TOUCH]] = i
            listed[ON_TOUCH] += 1
        lists[ON_ALL, listed[ON_ALL]] = i
        listed[ON_ALL] += 1
    return 0


@kernel
def _differ(before, after):
    return before != after and not (np.isnan(before) and np.isnan(after))


@kernel
def _take_trade(t, row, e, c, ts, texts):
    m = t.markets[row]
    if e.correction:
        key = mix(e.trade_id, mix(e.symbol, e.venue)) if e.trade_id else np.int64(0)
        known = find(t.trade_slots, t.trades, key) if key else 0
        c.trade = key
        if known == 0:
            t.counts[UNMATCHED] += 1
        else:
            bars.correct(m, t.trades[known], e)
        return
    c.trade = orders.trade_key(t, row, e, ts, texts)
    c.mid_second_ago = m.mid_second_ago
    c.mid_minute_ago = m.mid_minute_ago
    c.side = sweeps.aggressor(e, c)
    sweeps.take(m, e, c)
    c.history_s = m.history_s
    c.volume_rate = m.volume_rate
    c.volatility = np.sqrt(m.mid_variance)
    orders.name_parties(t, e, c)
    if c.open:
        bars.take(m, e)
    legs.count(m, e, ts)
    minutes.trade(m, e, c)
    if c.trade:
        d = t.trades[find(t.trade_slots, t.trades, c.trade)]
        d.price = e.price
        d.quantity = e.quantity
        d.minute = m.bar_end if c.open else 0
    if bars.sets_price(e):
        m.last_price = e.price
        if np.isnan(m.previous_close):
            m.previous_close = e.price
            m.close_stands_in = 1
    c.previous_close = m.previous_close
    c.close_stands_in = m.close_stands_in


@kernel
def _take_bar(t, row, e, bars_out, place):
    m = t.markets[row]
    if e.interval_s == 60:
        m.fed_minutes = 1
        m.bar_end = 0
        if e.ts <= m.bar_closed:
            return
    if e.interval_s <= history.LONGEST_BAR_S:
        history.fold(m, e.ts, e.interval_s, e.volume)
    n = bars_out.used[0]
    bars_out.used[0] = n + 1
    b = bars_out.rows[n]
    bars.head(b, m, row, place, e.ts)
    b.interval_s = e.interval_s
    b.bar_open = e.open
    b.bar_high = e.high
    b.bar_low = e.low
    b.bar_close = e.close
    b.volume = e.volume
    b.money = e.volume * (e.close if np.isnan(e.vwap) else e.vwap)
    b.trade_count = e.trade_count
    b.empty_before = 0
    b.made = 0
    bars.surroundings(b, m)


@kernel
def _take_story(t, row, e, bars_out, place):
    """Tell a story to those who look at bars, as one of interval 0."""
    m = t.markets[row]
    m.story_ts = max(m.story_ts, e.ts)
    b = bars_out.rows[bars_out.used[0]]
    bars_out.used[0] += 1
    bars.head(b, m, row, place, e.ts)
    b.interval_s = 0
    b.bar_open = np.nan
    b.bar_high = np.nan
    b.bar_low = np.nan
    b.bar_close = np.nan
    b.volume = np.nan
    b.money = np.nan
    b.trade_count = 0
    b.empty_before = 0
    b.made = 0
    bars.surroundings(b, m)
    b.sentiment = e.sentiment


compiled = entry(observe)

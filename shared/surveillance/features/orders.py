"""Orders from entry to end: what is open, filled and cancelled, whose they are, what else their owner has."""

import numpy as np

from surveillance.engine.arrow import text
from surveillance.engine.batch import CANCEL, FILL, NEW, REPLACE
from surveillance.engine.hashing import last_bytes, mix
from surveillance.engine.kernel import kernel
from surveillance.engine.memory import load_word
from surveillance.engine.tables import (
    ACCOUNTS,
    CLAMPED,
    NAME_WORDS,
    ORDER_TAGS,
    ORDERS,
    POSITIONS,
    RESTATED,
    STACK,
    TRADES,
    UNTRACKED,
    find,
    put,
    put_identity,
)
from surveillance.events import DAY, SECOND
from surveillance.features import baselines, book

RETENTION_NS = 900 * SECOND
"""Ended orders and trades stay known for this long by their symbol's clock: more than the longest rule window."""
LARGE = 2.0
"""New orders of this multiple of the usual size get their depth measured."""
DUST = 1e-9
"""Less than this share of what was entered is left by the rounding of decimals, not by anybody."""
STACK_BURST_NS = SECOND // 4
"""Orders without an owner count as one stack while each follows the next within this time."""


@kernel
def write_name(t, previous, column, row):
    """Copy an id's bytes into the lane's names, chained to an earlier name of the same thing."""
    address, length = text(column, row)
    entry = t.used[NAME_WORDS]
    t.names[entry] = np.uint64(previous)
    t.names[entry + 1] = np.uint64(length)
    whole = length >> 3
    for k in range(whole):
        t.names[entry + 2 + k] = load_word(address + 8 * k)
    count = whole
    if length & 7:
        t.names[entry + 2 + whole] = last_bytes(address + 8 * whole, length & 7)
        count += 1
    t.used[NAME_WORDS] = entry + 2 + count
    return entry


@kernel
def _index(t, key, row):
    put(t.order_slots, key, row)
    t.used[ORDER_TAGS] += 1


@kernel
def _index_identity(t, row):
    if put_identity(t.order_slots, t.orders[row], row):
        t.used[ORDER_TAGS] += 1


@kernel
def account_row(t, key):
    """Give an account's row; one that reference data does not know is its own owner."""
    row = find(t.account_slots, t.accounts, key)
    if row == 0:
        row = t.used[ACCOUNTS]
        t.used[ACCOUNTS] += 1
        a = t.accounts[row]
        a.key = key
        a.owner = key
        a.linked = 0
        put(t.account_slots, key, row)
    return row


@kernel
def position_row(t, market_row, account):
    """Give the row of an account's owner in a market; anonymous orders share one."""
    m = t.markets[market_row]
    owner = np.int64(0)
    if account:
        owner = t.accounts[account_row(t, account)].owner
    key = mix(owner, m.key)
    row = find(t.position_slots, t.positions, key)
    if row == 0:
        row = t.used[POSITIONS]
        t.used[POSITIONS] += 1
        put(t.position_slots, key, row)
        t.positions[row].key = key
        t.positions[row].epoch = m.epoch - 1
    p = t.positions[row]
    if p.epoch != m.epoch:
        p.market = market_row
        p.epoch = m.epoch
        p.owner = owner
        p.linked = 0
        p.entity = 0
        if account:
            a = t.accounts[find(t.account_slots, t.accounts, account)]
            p.linked = a.linked
            p.entity = a.entity
        p.burst = 0.0
        p.burst_ts = 0
        p.session = -1
        p.minute = 0
        p.counted = -1
        for index in range(2):
            p.live[index] = 0
            p.first[index] = 0
            p.live_quantity[index] = 0.0
        p.next = m.first_position
        m.first_position = row
    return row


@kernel
def name_parties(t, e, c):
    """Say who took and who gave liquidity, where the feed does and the aggressor is known."""
    c.other_account = 0
    c.other_owner = 0
    if c.side == 0:
        return
    taker = e.buy_account if c.side > 0 else e.sell_account
    giver = e.sell_account if c.side > 0 else e.buy_account
    if taker:
        a = t.accounts[account_row(t, taker)]
        c.account = taker
        c.owner = a.owner
        c.owner_known = a.linked
    if giver:
        c.other_account = giver
        c.other_owner = t.accounts[account_row(t, giver)].owner


@kernel
def trade_key(t, market_row, e, ts, texts):
    """Give the key of an event's trade and keep its name; both fills and the trade share it."""
    if e.trade_id == 0:
        return np.int64(0)
    key = mix(e.trade_id, mix(e.symbol, e.venue))
    row = find(t.trade_slots, t.trades, key)
    if row == 0:
        row = t.used[TRADES]
        t.used[TRADES] += 1
        d = t.trades[row]
        d.key = key
        d.market = market_row
        d.price = e.price
        d.quantity = e.quantity
        d.name = write_name(t, 0, texts, e.row)
        put(t.trade_slots, key, row)
    t.trades[row].ts = ts
    return key


@kernel
def can_trade(m, side, price):
    """Say whether an order can trade with the best price of the other side; one without a price takes any."""
    return np.isnan(price) or (price >= m.ask if side > 0 else price <= m.bid)


@kernel
def enter_live(t, row):
    """Put an order in front of its owner's live orders."""
    o = t.orders[row]
    p = t.positions[o.position]
    index = 0 if o.side > 0 else 1
    o.live = 1
    o.previous = 0
    o.next = p.first[index]
    if o.next:
        t.orders[o.next].previous = row
    p.first[index] = row
    p.live[index] += 1
    p.live_quantity[index] += o.open
    if not o.hidden and not np.isnan(o.price):
        book.add(t, o.market, o.side, o.price, o.open)


@kernel
def leave_live(t, row):
    """Take an order out of its owner's live orders and out of the book."""
    o = t.orders[row]
    p = t.positions[o.position]
    index = 0 if o.side > 0 else 1
    if o.previous:
        t.orders[o.previous].next = o.next
    else:
        p.first[index] = o.next
    if o.next:
        t.orders[o.next].previous = o.previous
    o.previous = 0
    o.next = 0
    o.live = 0
    p.live[index] -= 1
    p.live_quantity[index] = p.live_quantity[index] - o.open if p.live[index] else 0.0
    if not o.hidden and not np.isnan(o.price):
        book.change(t, o.market, o.side, o.price, -o.open, -1)


@kernel
def reduce(t, row, quantity):
    """Take a quantity off a live order; at 0, but for what rounding leaves of decimals, it ends."""
    o = t.orders[row]
    if o.open - quantity <= DUST * o.entered:
        leave_live(t, row)
        o.open = 0.0
        return
    p = t.positions[o.position]
    p.live_quantity[0 if o.side > 0 else 1] -= quantity
    if not o.hidden and not np.isnan(o.price):
        book.change(t, o.market, o.side, o.price, -quantity, 0)
    o.open -= quantity


@kernel
def reshape(t, row, price, quantity):
    """Give a live order another price and open quantity; it keeps its place among its owner's orders."""
    o = t.orders[row]
    t.positions[o.position].live_quantity[0 if o.side > 0 else 1] += quantity - o.open
    if not o.hidden and not np.isnan(o.price):
        book.change(t, o.market, o.side, o.price, -o.open, -1)
    o.price = price
    o.open = quantity
    if not o.hidden and not np.isnan(price):
        book.add(t, o.market, o.side, price, quantity)


@kernel
def expire(t, market_row, ts):
    """Forget live orders that nobody touched for a day; only markets that never close come here."""
    place = t.markets[market_row].first_position
    while place:
        p = t.positions[place]
        for index in range(2):
            order = p.first[index]
            while order:
                following = t.orders[order].next
                if t.orders[order].touched_ts < ts - DAY:
                    leave_live(t, order)
                    t.orders[order].open = 0.0
                order = following
        place = p.next


@kernel
def order_row(t, e, market_row):
    """Give the row of an order that is known in this session, or 0."""
    row = find(t.order_slots, t.orders, mix(e.order_id, mix(e.symbol, e.venue)))
    if row and t.orders[row].epoch != t.markets[market_row].epoch:
        return 0
    return row


@kernel
def apply(t, market_row, e, c, ts, texts):
    """Take an order event into the order table and tell in the context what it meant; give the order's row, or 0."""
    m = t.markets[market_row]
    c.usual_quantity = m.usual_quantity
    c.orders = m.orders
    before = 0.0
    if e.action == NEW:
        row = _enter(t, market_row, e, c, ts, texts)
    else:
        named = e.order_id
        if e.action == REPLACE and e.previous_order_id:
            named = e.previous_order_id
        row = find(t.order_slots, t.orders, mix(named, mix(e.symbol, e.venue)))
        if row and (t.orders[row].epoch != m.epoch or not t.orders[row].live):
            row = 0
        if row == 0:
            t.counts[UNTRACKED] += 1
            c.side = e.side
            c.price = e.price
            c.removed = e.quantity
            c.position = position_row(t, market_row, e.account)
            c.account = e.account
        elif e.action == REPLACE:
            before = t.orders[row].open
            _replace(t, row, e, c, ts, texts)
        else:
            removed = t.orders[row].open
            if not np.isnan(e.quantity):
                if e.quantity > removed * (1 + 1e-9):
                    t.counts[CLAMPED] += 1
                removed = min(removed, e.quantity)
            c.removed = removed
            o = t.orders[row]
            if e.action == FILL:
                o.filled += removed
            elif e.action == CANCEL:
                o.cancelled += removed
            reduce(t, row, removed)
            o.touched_ts = ts
    if row:
        _describe(t, row, c)
    p = t.positions[c.position]
    c.owner = p.owner
    c.owner_known = p.linked
    if not c.restated and e.action != FILL:
        c.burst = baselines.burst(p, ts)
        baselines.message(m, ts)
    index = 0 if c.side > 0 else 1
    baselines.roll(p, ts)
    if e.action == NEW and not c.restated:
        p.entered[index] += 1
    c.recent_same = p.entered[index] + p.entered_before[index]
    c.recent_opposite = p.entered[1 - index] + p.entered_before[1 - index]
    if row and not c.restated:
        baselines.count_order(p, m.session, ts, e.action, before, c.still_open, c.removed)
        c.entity = p.entity
        c.order_messages = p.order_messages
        c.order_volume = p.order_volume
        c.executions = p.executions
        c.executed_volume = p.executed_volume
        c.active_since = p.active_since
    c.live_same = p.live[index]
    c.live_opposite = p.live[1 - index]
    c.quantity_same = p.live_quantity[index]
    c.quantity_opposite = p.live_quantity[1 - index]
    if row and e.action == FILL and c.live_opposite >= 2:
        _describe_stack(t, market_row, c, 1 - index)
    return row


@kernel
def _describe(t, row, c):
    o = t.orders[row]
    c.tracked = 1
    c.order = o.identity
    c.side = o.side
    c.displayed = 0 if o.hidden else 1
    c.price = o.price
    c.entered = o.entered
    c.filled = o.filled
    c.still_open = o.open
    c.entered_ts = o.entered_ts
    c.position = o.position
    c.account = o.account


@kernel
def _enter(t, market_row, e, c, ts, texts):
    m = t.markets[market_row]
    key = mix(e.order_id, mix(e.symbol, e.venue))
    row = find(t.order_slots, t.orders, key)
    if row and t.orders[row].epoch == m.epoch and t.orders[row].live:
        t.counts[RESTATED] += 1
        c.restated = 1
        reshape(t, row, e.price, e.quantity)
        t.orders[row].touched_ts = ts
        return row
    position = position_row(t, market_row, e.account)
    identity = key
    if row or m.renamed:
        t.orders[row].key = 0
        if row:
            _index_identity(t, row)
        identity = mix(key, m.orders + 1)
    row = t.used[ORDERS]
    t.used[ORDERS] += 1
    _index(t, key, row)
    o = t.orders[row]
    o.key = key
    o.identity = identity
    _index_identity(t, row)
    o.name = write_name(t, 0, texts, e.row)
    o.market = market_row
    o.account = e.account
    o.position = position
    o.epoch = m.epoch
    o.side = e.side
    o.hidden = e.hidden
    o.price = e.price
    o.open = e.quantity
    o.entered = e.quantity
    o.filled = 0.0
    o.cancelled = 0.0
    o.entered_ts = ts
    o.touched_ts = ts
    o.crossing = can_trade(m, e.side, e.price)
    if e.quantity >= LARGE * m.usual_quantity and not np.isnan(e.price):
        c.depth = book.near(t, market_row, e.side)
        c.shown = book.shown_at(t, market_row, e.side, e.price)
        c.levels_away = book.levels_better(t, market_row, e.side, e.price)
    enter_live(t, row)
    baselines.order_entered(m, e.quantity)
    return row


@kernel
def _replace(t, row, e, c, ts, texts):
    o = t.orders[row]
    quantity = o.open if np.isnan(e.quantity) else e.quantity
    c.repriced = not np.isnan(e.price) and e.price != o.price
    c.removed = max(o.open - quantity, 0.0)
    o.touched_ts = ts
    if quantity > o.open:
        o.entered += quantity - o.open
    else:
        o.cancelled += o.open - quantity
    if quantity > o.open or c.repriced:
        leave_live(t, row)
        o.entered_ts = ts
        o.open = quantity
        if c.repriced:
            o.price = e.price
        o.crossing = can_trade(t.markets[o.market], o.side, o.price)
        if quantity > 0:
            enter_live(t, row)
    elif quantity == 0:
        leave_live(t, row)
        o.open = 0.0
    else:
        reshape(t, row, o.price, quantity)
    if e.previous_order_id and e.order_id != e.previous_order_id:
        t.markets[o.market].renamed = 1
        key = mix(e.order_id, mix(e.symbol, e.venue))
        taken = find(t.order_slots, t.orders, key)
        if taken and taken != row:
            if t.orders[taken].live and t.orders[taken].epoch == o.epoch:
                leave_live(t, taken)
            t.orders[taken].key = 0
            _index_identity(t, taken)
        o.key = key
        o.name = write_name(t, o.name, texts, e.row)
        _index(t, key, row)
        _index_identity(t, row)


@kernel
def _describe_stack(t, market_row, c, index):
    """Describe the owner's live orders on the other side of a fill; without an owner, the last burst of them."""
    p = t.positions[c.position]
    row = p.first[index]
    newest = np.int64(0)
    oldest = np.int64(2**62)
    quantity = 0.0
    orders = 0
    levels = 0
    while row and orders < STACK:
        o = t.orders[row]
        if p.owner == 0 and orders and newest - o.entered_ts > STACK_BURST_NS:
            break
        if not np.isnan(o.price):
            newest = o.entered_ts
            oldest = min(oldest, o.entered_ts)
            fresh = True
            for k in range(orders):
                if t.orders[c.stack_keys[k]].price == o.price:
                    fresh = False
                    break
            levels += fresh
            c.stack_keys[orders] = row
            quantity += o.open
            orders += 1
        row = o.next
    for k in range(orders):
        c.stack_keys[k] = t.orders[c.stack_keys[k]].identity
    c.stack_levels = levels
    c.stack_orders = orders
    c.stack_quantity = quantity
    c.stack_entered_ts = oldest
    c.depth = book.near(t, market_row, 1 if index == 0 else -1)

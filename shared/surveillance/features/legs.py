"""Who bought and who sold: each owner's side of a trade, told exactly once, and what the day's trading looks like.

A side is told by its `fill`, or by the `trade` that names its account where no fill has; `trade_id` joins them. Both
fills before the trade, the trade before its fills, or one of each side: every side of every execution is one leg. A
trade id that comes again after its trade names another execution. A trade without an id tells the sides whose orders
are not tracked: of tracked orders the fills tell.
"""

import numpy as np

from surveillance.engine.hashing import mix
from surveillance.engine.kernel import kernel
from surveillance.engine.tables import NAME_WORDS, find
from surveillance.events import SECOND
from surveillance.features import bars
from surveillance.features.orders import RETENTION_NS, account_row, position_row

FILL_TOLD, TRADE_TOLD, TRADED = 1, 4, 16
"""Bits of a trade's `told`; the first two are shifted by one for the sell side."""
AT_ONCE_NS = SECOND // 10
"""An order that could trade when it was entered and fills within this time took liquidity."""
RECENT_NS = 300.0 * SECOND
"""Time constant of the recent volume and of the volatility."""
_FAST, _SLOW, _LEARNING = 1.125, 1.0078125, 64
_FAR, _FAR_TICKS = 5.0, 2.0
"""Standard deviations, or ticks, beyond which a second's move tells nothing more of what is usual."""
_KNOWN = 60
"""Seconds that make it known."""


@kernel
def sample(m, ts):
    """Take the mid once a second into its variance: squared moves by second, older ones weigh exponentially less.

    A move that was a mistake, or somebody's doing, would make the market look wild for long: it counts as a far one.
    """
    second = ts // SECOND
    m.next_sample_ts = (second + 1) * SECOND
    if m.heard_ts == 0:
        m.heard_ts = ts
    mid = (m.bid + m.ask) / 2
    if np.isnan(mid):
        return
    if m.sampled_second:
        apart = np.float64(second - m.sampled_second)
        m.samples += 1
        weight = min(max(apart * SECOND / RECENT_NS, 1.0 / m.samples), 1.0)
        squared = (mid - m.sampled_mid) ** 2
        if m.samples > _KNOWN:
            far = _FAR * _FAR * m.mid_variance * apart
            if m.tick > 0:
                far = max(far, (_FAR_TICKS * m.tick) ** 2)
            squared = min(squared, far)
        m.mid_variance += weight * (squared / apart - m.mid_variance)
    m.sampled_second = second
    m.sampled_mid = mid


@kernel
def count(m, e, ts):
    """Add a print to the volume of the session and of the last minutes, and to the usual size of a print."""
    m.day_volume += e.quantity
    m.day_trades += 1
    m.recent_volume = m.recent_volume * np.exp(-(ts - m.recent_ts) / RECENT_NS) + e.quantity
    m.recent_ts = ts
    if m.trades == 0:
        m.usual_trade = e.quantity
    step = _FAST if m.trades < _LEARNING else _SLOW
    if e.quantity > m.usual_trade:
        m.usual_trade *= step
    elif e.quantity < m.usual_trade:
        m.usual_trade /= step
    m.trades += 1


@kernel
def trade_row(t, key, ts):
    """Give the row of a trade, or 0; one not heard of for long, though not yet swept away, was never told."""
    row = find(t.trade_slots, t.trades, key) if key else 0
    if row:
        d = t.trades[row]
        if d.told and d.told_ts + RETENTION_NS < ts:
            d.told = 0
    return row


@kernel
def tracked_row(t, market_row, e, order_id, ts):
    """Give the row of an order a trade names, while it is live or lately ended, or 0."""
    if order_id == 0:
        return 0
    row = find(t.order_slots, t.orders, mix(order_id, mix(e.symbol, e.venue)))
    if row == 0:
        return 0
    o = t.orders[row]
    if o.epoch != t.markets[market_row].epoch or not (o.live or o.touched_ts + RETENTION_NS >= ts):
        return 0
    return row


@kernel
def _tell(t, market_row, c, out, side, account, order_row, trade, price, quantity, aggressor):
    """Write a leg; the counterparty is known where the other side of the trade has been told."""
    m = t.markets[market_row]
    n = out.used[0]
    out.used[0] = n + 1
    leg = out.rows[n]
    bars.head(leg, m, market_row, c.event, c.ts)
    index = 0 if side > 0 else 1
    position = position_row(t, market_row, account)
    p = t.positions[position]
    if p.session != m.session:
        p.session = m.session
        p.bought = 0.0
        p.sold = 0.0
        p.money = 0.0
    if side > 0:
        p.bought += quantity
    else:
        p.sold += quantity
    p.money -= side * quantity * price
    leg.open = c.open
    leg.position = position
    leg.owner_known = p.linked
    leg.names = t.used[NAME_WORDS]
    leg.side = side
    leg.trade = trade
    leg.account = account
    leg.owner = p.owner
    leg.entity = t.accounts[account_row(t, account)].entity
    leg.price = price
    leg.quantity = quantity
    leg.order = 0
    leg.entered_ts = 0
    leg.order_quantity = np.nan
    leg.order_filled = np.nan
    leg.limit = np.nan
    crossing = False
    if order_row:
        o = t.orders[order_row]
        leg.order = o.identity
        leg.entered_ts = o.entered_ts
        leg.order_quantity = o.entered
        leg.order_filled = o.filled
        leg.limit = o.price
        crossing = o.crossing and c.ts - o.entered_ts <= AT_ONCE_NS
    leg.bid = c.bid
    leg.ask = c.ask
    leg.bid_after = m.bid
    leg.ask_after = m.ask
    leg.opens_ts = m.open_ts
    leg.closes_ts = m.close_ts
    leg.heard_ts = m.heard_ts if m.heard_ts else c.ts
    leg.usual_quantity = m.usual_quantity
    leg.usual_trade = m.usual_trade
    leg.day_volume = m.day_volume
    leg.day_trades = m.day_trades
    leg.recent_volume = m.recent_volume * np.exp(-(c.ts - m.recent_ts) / RECENT_NS)
    leg.volatility = np.sqrt(m.mid_variance)
    leg.bought = p.bought
    leg.sold = p.sold
    leg.money = p.money
    leg.counter_account = 0
    leg.counter_owner = 0
    leg.counter_entity = 0
    leg.counter_order = 0
    leg.counter_entered_ts = 0
    leg.counter_order_quantity = np.nan
    leg.counter_volume = 0.0
    row = trade_row(t, trade, c.ts)
    if row:
        d = t.trades[row]
        if d.told & ((FILL_TOLD | TRADE_TOLD) << (1 - index)):
            other = t.accounts[account_row(t, d.account[1 - index])]
            leg.counter_account = other.key
            leg.counter_owner = other.owner
            leg.counter_entity = other.entity
            leg.counter_order = d.order[1 - index]
            counter = t.positions[position_row(t, market_row, other.key)]
            leg.counter_volume = counter.bought + counter.sold if counter.session == m.session else 0.0
            leg.counter_entered_ts = d.entered_ts[1 - index]
            leg.counter_order_quantity = d.order_quantity[1 - index]
        d.account[index] = account
        d.order[index] = leg.order
        d.entered_ts[index] = leg.entered_ts
        d.order_quantity[index] = leg.order_quantity
        d.told_ts = c.ts
    if aggressor:
        leg.aggressive = 1 if aggressor == side else -1
    elif leg.order == 0:
        leg.aggressive = 0
    elif leg.counter_entered_ts and leg.counter_entered_ts != leg.entered_ts:
        leg.aggressive = 1 if leg.entered_ts > leg.counter_entered_ts else -1
    else:
        leg.aggressive = 1 if crossing else -1


@kernel
def from_fill(t, market_row, e, c, order_row, out):
    """Tell the side of a fill, unless its trade has; an order that was never seen entered must name its side."""
    if c.side == 0 or not c.removed > 0:
        return
    price = e.price
    if np.isnan(price):
        price = c.price
    if np.isnan(price):
        return
    index = 0 if c.side > 0 else 1
    aggressor = 0
    row = trade_row(t, c.trade, c.ts)
    if row:
        d = t.trades[row]
        if d.told & (TRADE_TOLD << index):
            d.told &= ~(TRADE_TOLD << index)
            d.told |= FILL_TOLD << index
            return
        if d.told & TRADED and d.told & (FILL_TOLD << index):
            d.told = 0
        if d.told & TRADED:
            aggressor = d.aggressor
    _tell(t, market_row, c, out, c.side, c.account, order_row, c.trade, price, c.removed, aggressor)
    if row:
        t.trades[row].told |= FILL_TOLD << index


@kernel
def from_trade(t, market_row, e, c, out):
    """Tell the sides of a trade that no fill has told."""
    row = trade_row(t, c.trade, c.ts)
    if row:
        d = t.trades[row]
        if d.told & TRADED:
            d.told = 0
        d.told |= TRADED
        d.told_ts = c.ts
        d.aggressor = e.aggressor
    for index in range(2):
        side = 1 - 2 * index
        account = e.buy_account if index == 0 else e.sell_account
        if account == 0:
            continue
        order = tracked_row(t, market_row, e, e.buy_order_id if index == 0 else e.sell_order_id, c.ts)
        if row:
            if t.trades[row].told & (FILL_TOLD << index):
                continue
        elif order:
            continue
        _tell(t, market_row, c, out, side, account, order, c.trade, e.price, e.quantity, e.aggressor)
        if row:
            t.trades[row].told |= TRADE_TOLD << index

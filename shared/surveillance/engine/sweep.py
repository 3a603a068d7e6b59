"""Sweeping: rows that can no longer matter make room, in place; what is kept keeps its order."""

import numpy as np

from surveillance.engine.kernel import entry, kernel
from surveillance.engine.memory import array_at
from surveillance.engine.tables import (
    MARKETS,
    ORDER_TAGS,
    ORDERS,
    POSITIONS,
    TRADES,
    put,
    put_identity,
    tables_at,
)
from surveillance.features.orders import RETENTION_NS


def _sweep(state, reference, new_orders_at, new_positions_at):
    """Compact orders, positions and trades of a lane, and tell each order's and position's new row, 0 for none."""
    t = tables_at(state, reference)
    new_orders = array_at(new_orders_at, (t.used[ORDERS],), np.int32)
    new_positions = array_at(new_positions_at, (t.used[POSITIONS],), np.int32)
    _choose(t, new_orders, new_positions)
    _move_orders(t, new_orders, new_positions)
    _move_positions(t, new_orders, new_positions)
    _move_trades(t)
    for row in range(1, t.used[MARKETS]):
        t.markets[row].first_position = new_positions[t.markets[row].first_position]
    return 0


@kernel
def _choose(t, new_orders, new_positions):
    """Keep live orders of running sessions and those touched lately, positions of these and of running sessions."""
    kept = 0
    new_orders[0] = 0
    new_positions[:] = 0
    for row in range(1, new_orders.size):
        o = t.orders[row]
        m = t.markets[o.market]
        new_orders[row] = 0
        if o.identity and ((o.live and o.epoch == m.epoch) or o.touched_ts + RETENTION_NS >= m.mark_ts):
            kept += 1
            new_orders[row] = kept
            new_positions[o.position] = 1
    kept = 0
    for row in range(1, new_positions.size):
        p = t.positions[row]
        if new_positions[row] or p.epoch == t.markets[p.market].epoch:
            kept += 1
            new_positions[row] = kept
    new_positions[0] = 0


@kernel
def _empty(slots):
    for place in range(slots.size):
        slots[place].row = 0


@kernel
def _move_orders(t, new_orders, new_positions):
    kept = 0
    _empty(t.order_slots)
    t.used[ORDER_TAGS] = 0
    for row in range(1, new_orders.size):
        if not new_orders[row]:
            continue
        kept += 1
        if kept != row:
            t.orders[kept] = t.orders[row]
        o = t.orders[kept]
        current = o.epoch == t.markets[o.market].epoch
        o.previous = new_orders[o.previous] if current else 0
        o.next = new_orders[o.next] if current else 0
        o.position = new_positions[o.position]
        if o.key:
            put(t.order_slots, o.key, kept)
            t.used[ORDER_TAGS] += 1
        if put_identity(t.order_slots, o, kept):
            t.used[ORDER_TAGS] += 1
    for row in range(kept + 1, t.used[ORDERS]):
        t.orders[row] = t.orders[0]
    t.used[ORDERS] = kept + 1


@kernel
def _move_positions(t, new_orders, new_positions):
    kept = 0
    _empty(t.position_slots)
    for row in range(1, new_positions.size):
        if not new_positions[row]:
            continue
        kept += 1
        if kept != row:
            t.positions[kept] = t.positions[row]
        p = t.positions[kept]
        p.next = new_positions[p.next]
        for index in range(2):
            p.first[index] = new_orders[p.first[index]]
        put(t.position_slots, p.key, kept)
    for row in range(kept + 1, t.used[POSITIONS]):
        t.positions[row] = t.positions[0]
    t.used[POSITIONS] = kept + 1


@kernel
def _move_trades(t):
    """Keep the trades that were told lately."""
    kept = 0
    _empty(t.trade_slots)
    for row in range(1, t.used[TRADES]):
        if t.trades[row].ts + RETENTION_NS < t.markets[t.trades[row].market].mark_ts:
            continue
        kept += 1
        if kept != row:
            t.trades[kept] = t.trades[row]
        if t.trades[kept].key:
            put(t.trade_slots, t.trades[kept].key, kept)
    for row in range(kept + 1, t.used[TRADES]):
        t.trades[row] = t.trades[0]
    t.used[TRADES] = kept + 1


sweep = entry(_sweep)

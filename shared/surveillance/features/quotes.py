"""Best prices: NBBO as it is fed, else built from venue quotes, else from tracked orders."""

import numpy as np

from surveillance.engine.hashing import mix
from surveillance.engine.kernel import kernel
from surveillance.engine.tables import VENUE_QUOTES, find, put
from surveillance.features import book


@kernel
def _merge(price, quantity, held_price, held_quantity):
    """Apply one side of a quote: null = unchanged, size 0 = the side is empty."""
    if quantity == 0:
        return np.nan, 0.0
    if not np.isnan(price):
        held_price = price
        if np.isnan(quantity):
            held_quantity = np.nan
    if not np.isnan(quantity):
        held_quantity = quantity
    return held_price, held_quantity


@kernel
def apply(t, row, e, ts, nbbo):
    """Take a quote into the market's best prices."""
    m = t.markets[row]
    whole = e.venue == nbbo or e.venue == 0
    if not m.quoted or (whole and not m.consolidated):
        m.bid = np.nan
        m.ask = np.nan
        m.bid_quantity = 0.0
        m.ask_quantity = 0.0
    m.quoted = 1
    if whole:
        m.consolidated = 1
        m.bid, m.bid_quantity = _merge(e.bid_price, e.bid_quantity, m.bid, m.bid_quantity)
        m.ask, m.ask_quantity = _merge(e.ask_price, e.ask_quantity, m.ask, m.ask_quantity)
        return
    key = mix(e.symbol, e.venue)
    place = find(t.venue_slots, t.venue_quotes, key)
    if place == 0:
        place = t.used[VENUE_QUOTES]
        t.used[VENUE_QUOTES] += 1
        v = t.venue_quotes[place]
        v.key = key
        v.market = row
        v.bid = np.nan
        v.ask = np.nan
        v.next = m.first_venue
        m.first_venue = place
        put(t.venue_slots, key, place)
    v = t.venue_quotes[place]
    v.ts = ts
    v.bid, v.bid_quantity = _merge(e.bid_price, e.bid_quantity, v.bid, v.bid_quantity)
    v.ask, v.ask_quantity = _merge(e.ask_price, e.ask_quantity, v.ask, v.ask_quantity)
    if not m.consolidated:
        consolidate(t, row)


@kernel
def consolidate(t, row):
    """Take the best bid and ask over the venues; quantities at the same price add up."""
    m = t.markets[row]
    m.bid = np.nan
    m.ask = np.nan
    m.bid_quantity = 0.0
    m.ask_quantity = 0.0
    place = m.first_venue
    while place:
        v = t.venue_quotes[place]
        if v.bid == m.bid:
            m.bid_quantity += v.bid_quantity
        elif v.bid > m.bid or (np.isnan(m.bid) and not np.isnan(v.bid)):
            m.bid = v.bid
            m.bid_quantity = v.bid_quantity
        if v.ask == m.ask:
            m.ask_quantity += v.ask_quantity
        elif v.ask < m.ask or (np.isnan(m.ask) and not np.isnan(v.ask)):
            m.ask = v.ask
            m.ask_quantity = v.ask_quantity
        place = v.next


@kernel
def from_orders(t, row):
    """Where nobody quotes, the tracked orders show the best prices."""
    m = t.markets[row]
    if not m.quoted:
        m.bid, m.bid_quantity = book.best(t, row, 1)
        m.ask, m.ask_quantity = book.best(t, row, -1)

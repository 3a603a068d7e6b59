"""Best prices: NBBO as it is fed, else built from venue quotes, else from tracked orders."""

import numpy as np

from surveillance.engine.hashing import mix
from surveillance.engine.kernel import kernel
from surveillance.engine.tables import VENUE_QUOTES, find, put
from surveillance.events import SECOND
from surveillance.features import book

SHOWN_NS = SECOND
"""How long a venue must have shown a price before others are held to it."""
FRESH_NS = 3 * SECOND
"""A venue that has not quoted for longer may have fallen silent; others are not held to its prices."""


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
def _shown(side, before, after, ts, since, shown):
    """Follow one side of a venue: since when it was not made better, and what it was no worse than for a second."""
    if ts - since >= SHOWN_NS:
        shown = before
    if np.isnan(before) or np.isnan(after):
        return ts, np.nan
    if (after - before) * side > 0:
        return ts, shown
    if (after - shown) * side < 0:
        shown = after
    return since, shown


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
        m.bid_ts = ts
        m.ask_ts = ts
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
        m.venues += 1
        put(t.venue_slots, key, place)
    v = t.venue_quotes[place]
    v.ts = ts
    bid, ask = v.bid, v.ask
    v.bid, v.bid_quantity = _merge(e.bid_price, e.bid_quantity, bid, v.bid_quantity)
    v.ask, v.ask_quantity = _merge(e.ask_price, e.ask_quantity, ask, v.ask_quantity)
    v.bid_since, v.bid_shown = _shown(1, bid, v.bid, ts, v.bid_since, v.bid_shown)
    v.ask_since, v.ask_shown = _shown(-1, ask, v.ask, ts, v.ask_since, v.ask_shown)
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
            m.bid_ts = max(m.bid_ts, v.ts)
        elif v.bid > m.bid or (np.isnan(m.bid) and not np.isnan(v.bid)):
            m.bid = v.bid
            m.bid_quantity = v.bid_quantity
            m.bid_ts = v.ts
        if v.ask == m.ask:
            m.ask_quantity += v.ask_quantity
            m.ask_ts = max(m.ask_ts, v.ts)
        elif v.ask < m.ask or (np.isnan(m.ask) and not np.isnan(v.ask)):
            m.ask = v.ask
            m.ask_quantity = v.ask_quantity
            m.ask_ts = v.ts
        place = v.next


@kernel
def tell(t, row, e, c):
    """Tell of a quote: the venue's own, and the best of the other venues."""
    m = t.markets[row]
    c.venues = m.venues
    c.venue_bid = np.nan
    c.venue_ask = np.nan
    c.others_bid = np.nan
    c.others_ask = np.nan
    c.bid_ts = m.bid_ts
    c.ask_ts = m.ask_ts
    key = mix(e.symbol, e.venue)
    place = m.first_venue
    while place:
        v = t.venue_quotes[place]
        if v.key == key:
            c.venue_bid = v.bid
            c.venue_ask = v.ask
        else:
            if v.bid > c.others_bid or np.isnan(c.others_bid):
                c.others_bid = v.bid
            if v.ask < c.others_ask or np.isnan(c.others_ask):
                c.others_ask = v.ask
        place = v.next


@kernel
def tell_trade(t, row, e, c, ts):
    """Tell of a trade: the best prices the other venues had shown for a second, from venues that still quote."""
    m = t.markets[row]
    c.others_bid = np.nan
    c.others_ask = np.nan
    key = mix(e.symbol, e.venue)
    place = m.first_venue
    while place:
        v = t.venue_quotes[place]
        if v.key != key and ts - v.ts <= FRESH_NS:
            bid = v.bid if ts - v.bid_since >= SHOWN_NS else v.bid_shown
            ask = v.ask if ts - v.ask_since >= SHOWN_NS else v.ask_shown
            if bid > c.others_bid or np.isnan(c.others_bid):
                c.others_bid = bid
            if ask < c.others_ask or np.isnan(c.others_ask):
                c.others_ask = ask
        place = v.next


@kernel
def from_orders(t, row):
    """Where nobody quotes, the tracked orders show the best prices."""
    m = t.markets[row]
    if not m.quoted:
        m.bid, m.bid_quantity = book.best(t, row, 1)
        m.ask, m.ask_quantity = book.best(t, row, -1)

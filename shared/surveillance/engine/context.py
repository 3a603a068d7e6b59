"""What the shared pass tells the rules: one context record an event, one bar record a closed bar."""

from typing import Final

import numpy as np

from surveillance.engine.tables import STACK

_HEAD = [
    ("ts", "i8"),  # the event's time, never below the symbol's high-water mark
    ("session", "i8"),
    ("event", "i4"),  # place of the event in its chunk
    ("market", "i4"),
    ("position", "i4"),
    ("parameters", "i4"),
    ("gaps", "i4"),
    ("late", "i4"),
    ("quarantined", "i4"),
    ("open", "i1"),  # the symbol trades: state `open`
    ("owner_known", "i1"),
    ("tick", "f8"),
    ("previous_close", "f8"),
    ("close_stands_in", "i1"),
    ("opened_ts", "i8"),  # when a status last opened the market
]
CONTEXT: Final = np.dtype(
    [
        *_HEAD,
        ("tracked", "i1"),  # the order was seen entered
        ("restated", "i1"),
        ("repriced", "i1"),
        ("displayed", "i1"),
        ("side", "i1"),
        ("quote_changed", "i1"),
        ("order", "i8"),  # keys; 0 = none
        ("names", "i8"),  # end of the names written so far: later ones are no evidence yet
        ("trade", "i8"),
        ("account", "i8"),
        ("owner", "i8"),
        ("price", "f8"),  # of the order, NaN for a market order
        ("entered", "f8"),  # quantity entered in the order's life, this event included
        ("filled", "f8"),
        ("removed", "f8"),  # quantity this event cancelled or filled
        ("still_open", "f8"),
        ("entered_ts", "i8"),
        ("bid", "f8"),  # best prices before the event; NaN where a side is empty
        ("ask", "f8"),
        ("bid_after", "f8"),
        ("ask_after", "f8"),
        ("usual_quantity", "f8"),  # running median of new orders
        ("orders", "i8"),  # new orders seen in this market
        ("levels_away", "i4"),  # better levels on the order's side; only for large new orders
        ("depth", "f8"),  # ten best levels of the order's side before it; only for large new orders and fills
        ("burst", "f8"),  # the owner's messages above a hundred a second
        ("message_mean", "f8"),  # messages a minute of this market
        ("message_sigma", "f8"),
        ("live_same", "i4"),  # the owner's other live orders, after the event
        ("live_opposite", "i4"),
        ("quantity_same", "f8"),
        ("quantity_opposite", "f8"),
        ("stack_levels", "i4"),  # at a fill: the owner's live orders on the other side
        ("stack_orders", "i4"),
        ("stack_quantity", "f8"),
        ("stack_entered_ts", "i8"),
        ("stack_keys", "i8", (STACK,)),
    ],
    align=True,
)
CLOSED_BAR: Final = np.dtype(
    [
        *_HEAD,
        ("interval_s", "i8"),
        ("bar_open", "f8"),
        ("bar_high", "f8"),
        ("bar_low", "f8"),
        ("bar_close", "f8"),
        ("volume", "f8"),
        ("money", "f8"),
        ("trade_count", "i8"),
        ("empty_before", "i4"),  # minutes without a trade just before this bar
        ("made", "i1"),  # made here from trades, not fed
    ],
    align=True,
)

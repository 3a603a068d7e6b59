"""What the shared pass tells the rules: a context an event, a bar a closed bar, a leg an owner's side of a trade,
a minute a whole minute."""

from typing import Final

import numpy as np

from surveillance.engine.tables import MINUTE_FIGURES, STACK

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
    ("close_ts", "i8"),  # when the session ends by its schedule
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
        ("bid_quantity", "f8"),  # at the best prices after the event
        ("ask_quantity", "f8"),
        ("venues", "i4"),  # that have quoted under their own name; what follows is filled for quotes, and for trades
        ("venue_bid", "f8"),  # if there are several: at a quote, this venue's quote after it
        ("venue_ask", "f8"),
        ("others_bid", "f8"),  # best of the other venues; at a trade, of what they had shown for a second
        ("others_ask", "f8"),
        ("bid_ts", "i8"),  # at a quote: when whoever quotes the best bid last spoke
        ("ask_ts", "i8"),
        ("usual_quantity", "f8"),  # running median of new orders
        ("orders", "i8"),  # new orders seen in this market
        ("shown", "f8"),  # at the order's price before it; only for large new orders
        ("levels_away", "i4"),  # better levels on the order's side; only for large new orders
        ("depth", "f8"),  # ten best levels of the order's side before it; only for large new orders and fills
        ("burst", "f8"),  # the owner's messages above a hundred a second
        ("prints", "i8"),  # trades of this market so far
        ("message_mean", "f8"),  # messages a minute of this market
        ("message_sigma", "f8"),
        ("entity", "i1"),  # place in reference.ENTITY_TYPES from 1 on, 0 not known
        ("recent_same", "i4"),  # orders the owner entered in this minute and the one before, after the event
        ("recent_opposite", "i4"),
        ("order_messages", "i8"),  # the owner's in this session, counted as RTS 9 does, after the event
        ("order_volume", "f8"),
        ("executions", "i8"),
        ("executed_volume", "f8"),
        ("active_since", "i8"),  # the owner's activity without a pause
        ("near_bid", "f8"),  # ten best levels after the event, ten times a second at most; NaN otherwise
        ("near_ask", "f8"),
        ("executed_since", "f8"),  # since the depth told before, while open; both sides of each execution
        ("withdrawn_since", "i8"),  # orders cancelled or re-priced
        ("live_same", "i4"),  # the owner's other live orders, after the event
        ("live_opposite", "i4"),
        ("quantity_same", "f8"),
        ("quantity_opposite", "f8"),
        ("other_account", "i8"),  # of a trade; account and owner are the aggressor's, side is too
        ("other_owner", "i8"),
        ("mid_second_ago", "f8"),  # of a trade; one to two of the unit old, or older
        ("mid_minute_ago", "f8"),
        ("sweep_quantity", "f8"),  # of a trade: of its sweep so far
        ("sweep_prints", "i8"),
        ("sweep_levels", "i8"),
        ("large_sweep", "f8"),  # running 99th percentile of finished sweeps
        ("sweeps", "i8"),
        ("history_s", "f8"),  # of a trade: how much time the next rests on
        ("volume_rate", "f8"),  # mean volume a second
        ("volatility", "f8"),  # of a trade: standard deviation of the mid over a second, in price
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
        ("bid", "f8"),  # best prices when it closed
        ("ask", "f8"),
        ("sentiment", "f8"),  # of a story, which is told as a bar of interval 0 without a volume
    ],
    align=True,
)
LEG: Final = np.dtype(
    [
        *_HEAD,
        ("side", "i1"),  # 1 bought, −1 sold
        ("aggressive", "i1"),  # 1 took liquidity, −1 gave it, 0 not known
        ("entity", "i1"),  # place in reference.ENTITY_TYPES from 1 on, 0 not known
        ("counter_entity", "i1"),
        ("names", "i8"),
        ("trade", "i8"),  # keys; 0 = none
        ("account", "i8"),
        ("owner", "i8"),  # beneficial owner, or the account itself where none is known
        ("order", "i8"),  # 0 = not tracked; then the four below say nothing
        ("entered_ts", "i8"),  # start of the order's life
        ("order_quantity", "f8"),  # entered in its life so far
        ("order_filled", "f8"),  # this leg included where a fill told it
        ("limit", "f8"),  # the order's price, NaN for a market order
        ("price", "f8"),  # executed
        ("quantity", "f8"),
        ("counter_account", "i8"),  # the other side's, where it was told before; 0 = not known (yet)
        ("counter_owner", "i8"),
        ("counter_order", "i8"),
        ("counter_entered_ts", "i8"),
        ("counter_order_quantity", "f8"),
        ("counter_volume", "f8"),  # bought and sold by the counterparty's owner in this session
        ("bid", "f8"),  # best prices before and after the event; NaN where a side is empty
        ("ask", "f8"),
        ("bid_after", "f8"),
        ("ask_after", "f8"),
        ("opens_ts", "i8"),  # the session's open and close by schedule, else the UTC day's
        ("closes_ts", "i8"),
        ("heard_ts", "i8"),  # when the session was first heard of, at the turn of a second
        ("usual_quantity", "f8"),  # running median of new orders
        ("usual_trade", "f8"),  # running median of prints
        ("day_volume", "f8"),  # prints of the session so far; one that comes after its fills is not in it yet
        ("day_trades", "i8"),
        ("recent_volume", "f8"),  # prints, each weighing exp(−age ÷ 300 s); at a steady rate 300 s of volume
        ("volatility", "f8"),  # standard deviation of the mid over a second, in price, of the last minutes
        ("bought", "f8"),  # the owner's in this market and session, this leg included
        ("sold", "f8"),
        ("money", "f8"),  # received for sales less paid for purchases
    ],
    align=True,
)
WHOLE_MINUTE: Final = np.dtype(
    [
        *_HEAD,
        ("minutes", "i8"),  # whole minutes of this session before it
        ("story", "i1"),  # news came in the five minutes before its end
        ("value", "f8", (len(MINUTE_FIGURES),)),  # in the order of MINUTE_FIGURES; NaN: nothing to tell it from
        ("usual", "f8", (len(MINUTE_FIGURES),)),  # NaN: not known yet
        ("z", "f8", (len(MINUTE_FIGURES),)),  # standard deviations of the square root above the usual; 0: not known
    ],
    align=True,
)

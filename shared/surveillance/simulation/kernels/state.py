"""One instrument's market as one record: the layout that all kernels share.

Its tables are int64 with one row a thing and one column a field; the constants below name the columns. Prices are
counts of ticks, sizes are shares, times are nanoseconds since the Unix epoch.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from surveillance.simulation.kernels.commands import COMMAND_FIELDS

Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

NEVER: Final = 2**62
BUY: Final = 1
SELL: Final = -1

# price levels: one row a tick, the queue of orders and their size
LEVEL_HEAD: Final = 0
LEVEL_TAIL: Final = 1
LEVEL_SIZE: Final = 2

# orders: one row a slot; slots are reused, SEQUENCE tells one tenant from the next
ID: Final = 0
SEQUENCE: Final = 1
ACCOUNT: Final = 2
SIDE: Final = 3
PRICE: Final = 4
OPEN: Final = 5
EXECUTED: Final = 6
PREVIOUS: Final = 7
NEXT: Final = 8
HANDLE: Final = 9
TAG: Final = 10
AGENT: Final = 11
MAY_SELF_TRADE: Final = 12
TIME_IN_FORCE: Final = 13
ORDER_FIELDS: Final = 14

# who sent an order
SCRIPTED: Final = 0
MAKER: Final = 1
NOISE: Final = 2
VALUE: Final = 3
MOMENTUM: Final = 4
HEDGER: Final = 5

# orders of scripts: one row a handle
HANDLE_SLOT: Final = 0
HANDLE_SEQUENCE: Final = 1
HANDLE_WAITING: Final = 2
"""The first command that waits for this order, -1 = none."""
HANDLE_EXECUTED: Final = 3
HANDLE_PRICE: Final = 4
HANDLE_FIELDS: Final = 5

# timers: a binary heap by time
TIMER_TIME: Final = 0
TIMER_KIND: Final = 1
TIMER_SUBJECT: Final = 2
TIMER_SEQUENCE: Final = 3
TIMER_FIELDS: Final = 4

EXPIRE: Final = 1
"""An order's life is over: its owner cancels or re-prices it."""
WITHDRAW: Final = 2
"""An order's owner cancels it for good."""
COMMAND: Final = 3
"""A scripted command is due."""
FORCE: Final = 4
"""A command that waits for an order has waited long enough."""

# the tape: one row an event
T_TIME: Final = 0
T_KIND: Final = 1
T_ID: Final = 2
"""Order id; on a trade the buy order."""
T_ACCOUNT: Final = 3
"""Account; on a trade the buyer."""
T_SIDE: Final = 4
"""Side; on a trade the aggressor's."""
T_PRICE: Final = 5
"""Price or -1; on a quote the bid."""
T_SIZE: Final = 6
"""Size; on a quote the bid size."""
T_TRADE: Final = 7
T_OTHER: Final = 8
"""A replaced order's previous id; on a trade the sell order; on a quote the ask size."""
T_NOTE: Final = 9
"""Time in force of a new order, reason of a cancel; on a trade the seller; on a quote the ask."""
T_TAG: Final = 10
TAPE_FIELDS: Final = 11

# kinds of tape rows
NEW_ROW: Final = 1
REPLACE_ROW: Final = 2
CANCEL_ROW: Final = 3
FILL_ROW: Final = 4
TRADE_ROW: Final = 5
QUOTE_ROW: Final = 6

# notes; the codes of events.TIMES_IN_FORCE and events.CANCEL_REASONS
DAY: Final = 1
IMMEDIATE: Final = 3
BY_USER: Final = 1
SELF_TRADE_PREVENTED: Final = 2
NOT_FILLED: Final = 3
SESSION_ENDED: Final = 6

MID_SECONDS: Final = 16
BAR_MINUTES: Final = 20
PRICES: Final = 1 << 16
"""Ticks the book has room for."""
SLOTS: Final = 1 << 15
COMMANDS: Final = 1 << 13
OCCASIONS: Final = 1 << 10
"""What can happen to scripted orders at one moment."""
TAPE: Final = 1 << 17
ACCOUNTS: Final = 1024


class State:
    """All of one instrument's market, as a record that kernels change in place; `STATE_TYPE` is its layout."""

    now: int
    opens_at: int
    closes_at: int
    next_arrival: int
    pre_open_every: int
    quoting_maker: int
    lot: int

    best_bid: int
    best_ask: int
    depth_bid: int
    depth_ask: int
    open_orders: int
    free_slot: int
    next_sequence: int
    next_order_id: int
    next_trade_id: int
    arriving: int

    quoted_bid: int
    quoted_bid_size: int
    quoted_ask: int
    quoted_ask_size: int
    quoted_at: int
    mean_spread: float

    fair: float
    fair_at_open: float
    ticks_per_root_second: float
    impact_ticks: float
    decisions_per_second: float
    excitement: float
    excited_at_ns: float
    life_scale: float
    half_spread: float
    usual_lots: float
    random_bits: "np.uint64"

    drift: float
    drift_until: int
    volatility: float
    volatility_until: int
    intensity: float
    intensity_until: int
    pressure: float
    pressure_until: int
    wide_until: int
    wide_centre: int
    wide_half: int
    paused_until: int

    minute: int
    traded: int
    mid_second: int
    timer_count: int
    tape_rows: int
    watched_count: int
    occasion_count: int
    command_count: int
    handle_count: int
    client_count: int
    maker_count: int
    hedger_count: int

    levels: Integers
    orders: Integers
    timers: Integers
    commands: Integers
    handles: Integers
    watched: Integers
    occasions: Integers
    tape: Integers
    mids: Integers
    bars: Integers
    owners: Integers
    muted_until: Integers
    campaign_side: Integers
    campaign_ends: Integers
    clients: Integers
    makers: Integers
    hedgers: Integers


_SHAPES: Final = {
    "levels": (PRICES, 3),
    "orders": (SLOTS, ORDER_FIELDS),
    "timers": (4 * SLOTS, TIMER_FIELDS),
    "commands": (COMMANDS, COMMAND_FIELDS),
    "handles": (COMMANDS, HANDLE_FIELDS),
    "watched": (COMMANDS,),
    "occasions": (OCCASIONS, 2),
    "tape": (TAPE, TAPE_FIELDS),
    "mids": (MID_SECONDS,),
    "bars": (BAR_MINUTES + 1,),
    "owners": (ACCOUNTS,),
    "muted_until": (ACCOUNTS,),
    "campaign_side": (ACCOUNTS,),
    "campaign_ends": (ACCOUNTS,),
    "clients": (ACCOUNTS,),
    "makers": (ACCOUNTS,),
    "hedgers": (ACCOUNTS,),
}
_KINDS: Final = {int: "i8", float: "f8", "np.uint64": "u8"}
STATE_TYPE: Final = np.dtype(
    [
        (name, "i8", _SHAPES[name]) if name in _SHAPES else (name, _KINDS[kind])
        for name, kind in State.__annotations__.items()
    ]
)

"""What a lane remembers: dense tables of records, found through open-addressing indexes.

Row 0 of every table is blank. A row found through an index counts only while its own key is the one looked for.
Rows that can no longer matter are strangers by their symbol's clock; sweeping them away is only garbage collection.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surveillance.engine.hashing import mix
from surveillance.engine.kernel import entry, kernel
from surveillance.engine.memory import address_of, array_at

LEVELS: Final = 64
"""Price levels kept a side, nearest to the touch; what lies further out counts in no depth."""
STACK: Final = 32
"""Live orders of one owner and side that a context names."""
MINUTE_FIGURES: Final = (
    "move",
    "range",
    "volume",
    "trades",
    "spread",
    "imbalance",
    "messages",
    "cancel_rate",
    "order_size",
)
"""What is told of a whole minute, in this order: by how much the mid moved, and its range, in price; prints by quantity
and number; the mean spread, in price; how one-sided new orders were, a share; messages about orders; cancels a new
order; the mean quantity of these. Where no orders are known, prints by aggressor and quotes stand in.
"""

MARKET: Final = np.dtype(
    [
        ("key", "i8"),
        ("mark_ts", "i8"),  # high-water mark of the symbol's own events
        ("session", "i8"),  # when the running session began; its identity
        ("open_ts", "i8"),
        ("close_ts", "i8"),
        ("opened_ts", "i8"),  # when a status last opened it
        ("instrument", "i4"),
        ("schedule", "i4"),  # −1: none, the UTC day is the session
        ("parameters", "i4"),
        ("first_venue", "i4"),
        ("venues", "i4"),  # that have quoted under their own name
        ("first_position", "i4"),
        ("epoch", "i4"),  # orders and positions of an earlier epoch are strangers
        ("gaps", "i4"),
        ("late", "i4"),
        ("quarantined", "i4"),
        ("shown_levels", "i4"),
        ("state", "i1"),
        ("by_status", "i1"),
        ("consolidated", "i1"),  # quotes come as NBBO, not by venue
        ("quoted", "i1"),
        ("fed_minutes", "i1"),
        ("renamed", "i1"),  # orders have changed their ids
        ("bid", "f8"),
        ("bid_quantity", "f8"),
        ("bid_ts", "i8"),  # when whoever quotes it last spoke
        ("ask", "f8"),
        ("ask_quantity", "f8"),
        ("ask_ts", "i8"),
        ("touch_second", "i8"),  # of the last event
        ("last_price", "f8"),
        ("previous_close", "f8"),
        ("close_stands_in", "i1"),
        ("tick", "f8"),
        ("usual_quantity", "f8"),
        ("orders", "i8"),
        ("usual_trade", "f8"),
        ("trades", "i8"),
        ("day_volume", "f8"),  # prints of the running session
        ("day_trades", "i8"),
        ("heard_ts", "i8"),  # when the running session was first heard of; 0: not yet
        ("recent_volume", "f8"),  # decays exponentially from `recent_ts` on
        ("recent_ts", "i8"),
        ("next_sample_ts", "i8"),
        ("sampled_second", "i8"),  # 0: the mid was not sampled in this session
        ("sampled_mid", "f8"),
        ("samples", "i8"),
        ("mid_variance", "f8"),  # of the mid, a second
        ("next_depth_ts", "i8"),
        ("executed_since", "f8"),  # the depth was told, while open
        ("withdrawn_since", "i8"),
        ("message_minute", "i8"),
        ("messages", "i8"),
        ("message_mean", "f8"),
        ("message_variance", "f8"),
        ("message_minutes", "i8"),
        ("bar_end", "i8"),  # 0: no minute is open
        ("bar_closed", "i8"),  # end of the last minute made from trades
        ("bar_empty", "i4"),  # empty minutes just before it
        ("bar_trades", "i8"),
        ("bar_open", "f8"),
        ("bar_high", "f8"),
        ("bar_low", "f8"),
        ("bar_close", "f8"),
        ("bar_volume", "f8"),
        ("bar_money", "f8"),
        ("bids", "i4"),
        ("asks", "i4"),
        ("minute_end", "i8"),
        ("second_mid", "f8"),  # the mid at the last turn of a second, of a minute
        ("minute_mid", "f8"),
        ("mid_second_ago", "f8"),
        ("mid_minute_ago", "f8"),
        ("sweep_ts", "i8"),  # the running sweep: prints of one moment and one aggressive order
        ("sweep_order", "i8"),
        ("sweep_side", "i8"),
        ("sweep_prints", "i8"),
        ("sweep_levels", "i8"),
        ("sweep_price", "f8"),
        ("sweep_quantity", "f8"),
        ("sweep_mean", "f8"),  # of the logarithm of finished sweeps
        ("sweep_variance", "f8"),
        ("large_sweep", "f8"),  # their 99th percentile
        ("sweeps", "i8"),
        ("history_ts", "i8"),
        ("history_s", "f8"),
        ("volume_rate", "f8"),  # a second
        ("story_ts", "i8"),  # the latest
        ("tell_end", "i8"),  # of the minute that runs, 0 = none; what follows is of this minute
        ("told_messages", "i8"),
        ("told_orders", "i8"),
        ("told_cancels", "i8"),
        ("told_trades", "i8"),
        ("told_samples", "i8"),
        ("told_volume", "f8"),
        ("told_bought", "f8"),
        ("told_sold", "f8"),
        ("told_entered_buy", "f8"),
        ("told_entered_sell", "f8"),
        ("told_spread", "f8"),  # the sum of its samples
        ("told_high", "f8"),  # of the mid at the turns of its seconds
        ("told_low", "f8"),
        ("tell_whole", "i1"),
        ("told_mid", "f8"),  # at the end of the minute before
        ("told_minutes", "i8"),  # of this session
        ("figures_known", "i4", (len(MINUTE_FIGURES),)),
        ("figure_mean", "f8", (len(MINUTE_FIGURES),)),  # of the square root
        ("figure_variance", "f8", (len(MINUTE_FIGURES),)),
    ],
    align=True,
)
VENUE_QUOTE: Final = np.dtype(
    [
        ("key", "i8"),
        ("market", "i4"),
        ("next", "i4"),
        ("ts", "i8"),
        ("bid", "f8"),
        ("bid_quantity", "f8"),
        ("bid_since", "i8"),  # when it last became better
        ("bid_shown", "f8"),  # what it was no worse than for a second
        ("ask", "f8"),
        ("ask_quantity", "f8"),
        ("ask_since", "i8"),
        ("ask_shown", "f8"),
    ],
    align=True,
)
ORDER: Final = np.dtype(
    [
        ("key", "i8"),  # of the id it goes by now; 0 once another order goes by it
        ("identity", "i8"),  # what rules know it by, whatever it is renamed to
        ("market", "i4"),
        ("position", "i4"),
        ("previous", "i4"),
        ("next", "i4"),
        ("epoch", "i4"),
        ("side", "i1"),
        ("live", "i1"),
        ("hidden", "i1"),
        ("crossing", "i1"),  # it could trade when its life began
        ("account", "i8"),
        ("price", "f8"),  # NaN: a market order
        ("open", "f8"),
        ("entered", "f8"),
        ("filled", "f8"),
        ("cancelled", "f8"),
        ("entered_ts", "i8"),  # start of its life for time thresholds
        ("touched_ts", "i8"),
        ("name", "i8"),
    ],
    align=True,
)
POSITION: Final = np.dtype(
    [
        ("key", "i8"),
        ("market", "i4"),
        ("next", "i4"),
        ("epoch", "i4"),
        ("linked", "i2"),  # reference data knows the owner
        ("entity", "i2"),  # of the account that was seen first
        ("owner", "i8"),
        ("live", "i4", (2,)),
        ("first", "i4", (2,)),
        ("live_quantity", "f8", (2,)),
        ("session", "i8"),  # whose trading the next three sum up
        ("bought", "f8"),
        ("sold", "f8"),
        ("money", "f8"),  # received for sales less paid for purchases
        ("burst", "f8"),
        ("burst_ts", "i8"),
        ("minute", "i8"),  # of the orders entered by side in the next two: in it, and in the one before
        ("entered", "i4", (2,)),
        ("entered_before", "i4", (2,)),
        ("counted", "i8"),  # whose orders and executions the next five count, as RTS 9 does
        ("active_ts", "i8"),  # of its last message or execution
        ("active_since", "i8"),
        ("order_messages", "i8"),
        ("order_volume", "f8"),
        ("executions", "i8"),
        ("executed_volume", "f8"),
    ],
    align=True,
)
ACCOUNT: Final = np.dtype([("key", "i8"), ("owner", "i8"), ("entity", "i4"), ("linked", "i4")], align=True)
TRADE: Final = np.dtype(
    [
        ("key", "i8"),
        ("ts", "i8"),
        ("price", "f8"),
        ("quantity", "f8"),
        ("minute", "i8"),  # end of the minute whose bar counts it, 0 = none
        ("market", "i4"),
        ("told", "i1"),  # bits of features/legs.py: who has told which side
        ("aggressor", "i1"),
        ("name", "i8"),
        ("told_ts", "i8"),
        ("account", "i8", (2,)),  # of the sides told: buy, sell
        ("order", "i8", (2,)),
        ("entered_ts", "i8", (2,)),
        ("order_quantity", "f8", (2,)),
    ],
    align=True,
)
PRODUCER: Final = np.dtype([("key", "i8"), ("number", "i8"), ("lease_start", "i8")], align=True)
INSTRUMENT: Final = np.dtype(
    [
        ("key", "i8"),
        ("tick", "f8"),
        ("previous_close", "f8"),
        ("average_daily_volume", "f8"),
        ("schedule", "i4"),
        ("parameters", "i4"),
        ("shown_levels", "i4"),
    ],
    align=True,
)
SLOT: Final = np.dtype([("tag", "i8"), ("row", "i8")])

TABLES: Final = {
    "markets": MARKET,
    "venue_quotes": VENUE_QUOTE,
    "orders": ORDER,
    "positions": POSITION,
    "accounts": ACCOUNT,
    "trades": TRADE,
    "producers": PRODUCER,
}
MARKETS, VENUE_QUOTES, ORDERS, POSITIONS, ACCOUNTS, TRADES, PRODUCERS, NAME_WORDS, ORDER_TAGS = range(9)
"""Places of `used`: rows by table, words of names, and entries in the index of orders, which outlive a rename."""

COUNTS: Final = (
    "events",
    "orders",
    "trades",
    "quotes",
    "bars",
    "news",
    "statuses",
    "rejected",
    "duplicates",
    "stale_producer",
    "late",
    "untracked",
    "restated",
    "clamped",
    "corrections_unmatched",
    "accounts",
)
(
    EVENTS_SEEN,
    ORDERS_SEEN,
    TRADES_SEEN,
    QUOTES_SEEN,
    BARS_SEEN,
    NEWS_SEEN,
    STATUSES_SEEN,
    REJECTED_SEEN,
    DUPLICATES,
    STALE_PRODUCER,
    LATE,
    UNTRACKED,
    RESTATED,
    CLAMPED,
    UNMATCHED,
    ACCOUNTS_SEEN,
) = range(len(COUNTS))


class Tables(NamedTuple):
    """The arrays a kernel works on: rows and index slots by table, the book, names, and what reference data says."""

    used: NDArray[np.int64]
    counts: NDArray[np.int64]
    everything: NDArray[np.int64]
    markets: NDArray[Any]
    market_slots: NDArray[Any]
    venue_quotes: NDArray[Any]
    venue_slots: NDArray[Any]
    orders: NDArray[Any]
    order_slots: NDArray[Any]
    positions: NDArray[Any]
    position_slots: NDArray[Any]
    accounts: NDArray[Any]
    account_slots: NDArray[Any]
    trades: NDArray[Any]
    trade_slots: NDArray[Any]
    producers: NDArray[Any]
    producer_slots: NDArray[Any]
    book: NDArray[np.float64]
    names: NDArray[np.uint64]
    followed: NDArray[np.int64]
    instruments: NDArray[Any]
    schedule_starts: NDArray[np.int64]
    schedule_opens: NDArray[np.int64]
    schedule_closes: NDArray[np.int64]
    parameter_venues: NDArray[np.int64]


STATE_ARRAYS: Final = 3 + 2 * len(TABLES) + 3
"""How many of the arrays of `Tables` are a lane's own; the rest are the engine's."""
ORDER_ROWS: Final = 3 + 2 * ORDERS
"""The place of orders among them."""
NAMES_ARRAY: Final = STATE_ARRAYS - 2
"""The place of names among them."""


@kernel
def tables_at(state, engine):
    """Give the tables whose addresses and lengths stand at two addresses."""
    s = array_at(state, (2 * STATE_ARRAYS,), np.int64)
    r = array_at(engine, (10,), np.int64)
    return Tables(
        array_at(s[0], (s[1],), np.int64),
        array_at(s[2], (s[3],), np.int64),
        array_at(s[4], (s[5],), np.int64),
        array_at(s[6], (s[7],), MARKET),
        array_at(s[8], (s[9],), SLOT),
        array_at(s[10], (s[11],), VENUE_QUOTE),
        array_at(s[12], (s[13],), SLOT),
        array_at(s[14], (s[15],), ORDER),
        array_at(s[16], (s[17],), SLOT),
        array_at(s[18], (s[19],), POSITION),
        array_at(s[20], (s[21],), SLOT),
        array_at(s[22], (s[23],), ACCOUNT),
        array_at(s[24], (s[25],), SLOT),
        array_at(s[26], (s[27],), TRADE),
        array_at(s[28], (s[29],), SLOT),
        array_at(s[30], (s[31],), PRODUCER),
        array_at(s[32], (s[33],), SLOT),
        array_at(s[34], (s[35], 2, LEVELS, 3), np.float64),
        array_at(s[36], (s[37],), np.uint64),
        array_at(s[38], (s[39],), np.int64),
        array_at(r[0], (r[1],), INSTRUMENT),
        array_at(r[2], (r[3],), np.int64),
        array_at(r[4], (r[5],), np.int64),
        array_at(r[6], (r[7],), np.int64),
        array_at(r[8], (r[9],), np.int64),
    )


@kernel
def find(slots, rows, key):
    """Give the row of a key, or 0."""
    mask = slots.size - 1
    place = (key ^ (key >> 29)) & mask
    while True:
        slot = slots[place]
        if slot.row == 0:
            return 0
        if slot.tag == key:
            row = slot.row
            return row if rows[row].key == key else 0
        place = (place + 1) & mask


@kernel
def _find_identity(slots, rows, identity):
    """Give the row of an order by what rules know it by, or 0."""
    mask = slots.size - 1
    for tag in (identity, mix(identity, 1)):
        place = (tag ^ (tag >> 29)) & mask
        while slots[place].row:
            if slots[place].tag == tag:
                row = slots[place].row
                if rows[row].identity == identity:
                    return row
                break
            place = (place + 1) & mask
    return 0


def _look_up(state, table, key):
    """Find an account or a trade by its key, an order by its identity, renamed or not."""
    s = array_at(state, (2 * STATE_ARRAYS,), np.int64)
    place = 6 + 4 * table
    slots = array_at(s[place + 2], (s[place + 3],), SLOT)
    if table == ACCOUNTS:
        return find(slots, array_at(s[place], (s[place + 1],), ACCOUNT), key)
    if table == TRADES:
        return find(slots, array_at(s[place], (s[place + 1],), TRADE), key)
    return _find_identity(slots, array_at(s[place], (s[place + 1],), ORDER), key)


_compiled_look_up = entry(_look_up)


def look_up(state: int, table: int, key: int) -> int:
    """Give the row of an account or trade by its key, of an order by its identity, or 0, in the state at an address."""
    return _compiled_look_up(state, table, key)


@kernel
def put(slots, key, row):
    """Point a key at a row; the slots must have room."""
    mask = slots.size - 1
    place = (key ^ (key >> 29)) & mask
    while True:
        slot = slots[place]
        if slot.row == 0 or slot.tag == key:
            slot.tag = key
            slot.row = row
            return
        place = (place + 1) & mask


@kernel
def _index_rows(slots, rows):
    for row in range(1, rows.size):
        if rows[row].key != 0:
            put(slots, rows[row].key, row)


@kernel
def put_identity(slots, order, row):
    """Let an order be found by its identity where its key no longer gives it."""
    if order.key == order.identity:
        return False
    put(slots, mix(order.identity, 1), row)
    return True


def _index(rows, used, slots_at, slot_count, table):
    slots = array_at(slots_at, (slot_count,), SLOT)
    if table == MARKETS:
        _index_rows(slots, array_at(rows, (used,), MARKET))
    elif table == VENUE_QUOTES:
        _index_rows(slots, array_at(rows, (used,), VENUE_QUOTE))
    elif table == POSITIONS:
        _index_rows(slots, array_at(rows, (used,), POSITION))
    elif table == ACCOUNTS:
        _index_rows(slots, array_at(rows, (used,), ACCOUNT))
    elif table == TRADES:
        _index_rows(slots, array_at(rows, (used,), TRADE))
    elif table == PRODUCERS:
        _index_rows(slots, array_at(rows, (used,), PRODUCER))
    else:
        orders = array_at(rows, (used,), ORDER)
        _index_rows(slots, orders)
        for row in range(1, used):
            put_identity(slots, orders[row], row)
    return 0


_compiled_index = entry(_index)


def index(rows: NDArray[Any], used: int, slots: NDArray[Any], table: int) -> None:
    """Index the used rows of a table in empty slots."""
    _compiled_index(address_of(rows), used, address_of(slots), len(slots), table)


def slots_for(rows: int) -> NDArray[Any]:
    """Make empty index slots for so many rows, at most half full."""
    size = 64
    while size < 2 * (rows + 1):
        size *= 2
    return np.zeros(size, SLOT)


_LARGE_BYTES: Final = 1 << 23


def grown(rows: NDArray[Any], capacity: int, used: int) -> NDArray[Any]:
    """Give the used rows in an array of at least `capacity`, growing by its own multiple.

    Rows that were never touched cost no memory, so what is small grows fourfold.
    """
    if len(rows) >= capacity:
        return rows
    multiple = 4 if rows.nbytes < _LARGE_BYTES else 2
    larger = np.zeros((max(capacity, multiple * len(rows)), *rows.shape[1:]), rows.dtype)
    larger[:used] = rows[:used]
    return larger


def texts(names: NDArray[np.uint64], entry: int, limit: int, end: int = 2**62) -> Sequence[str]:
    """Read the names chained up to `entry`, oldest first: the last `limit` of those written before `end`."""
    found: list[str] = []
    while entry >= end:
        entry = int(names[entry])
    while entry and len(found) < limit:
        length = int(names[entry + 1])
        found.append(names[entry + 2 : entry + 2 + (length + 7) // 8].tobytes()[:length].decode())
        entry = int(names[entry])
    return found[::-1]

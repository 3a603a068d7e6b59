"""A batch of events as records: what each row means is checked here, and only here."""

import ctypes
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from surveillance.engine import arrow
from surveillance.engine.arrow import NONE, UNKNOWN, Described, code, integer, key, number, of_table
from surveillance.engine.hashing import hash_text
from surveillance.engine.kernel import entry, kernel
from surveillance.engine.memory import Located, address_of, array_at
from surveillance.engine.ndjson import ReadRows
from surveillance.events import ACTIONS, SECOND, SIDES, TYPES
from surveillance.wire import Decoded, Rejected, encode_row

FUTURE_NS: Final = 60 * SECOND
REJECTED: Final = 0
ORDER, TRADE, QUOTE, BAR, NEWS, STATUS = (TYPES[word] for word in ("order", "trade", "quote", "bar", "news", "status"))
NEW, REPLACE, CANCEL, FILL = (ACTIONS[word] for word in ("new", "replace", "cancel", "fill"))
BUY, SELL = SIDES["buy"], SIDES["sell"]

_LAYOUT: Final[dict[str, tuple[str, int]]] = {
    "ts": ("i8", 0),
    "number": ("i8", 8),
    "producer": ("i8", 16),
    "symbol": ("i8", 24),
    "venue": ("i8", 32),
    "row": ("i4", 40),
    "type": ("i1", 44),
    "action": ("i1", 45),
    "side": ("i1", 46),
    "state": ("i1", 47),
    "aggressor": ("i1", 48),
    "hidden": ("i1", 49),
    "correction": ("i1", 50),
    "time_in_force": ("i1", 51),
    "conditions": ("i2", 52),
    "reason": ("i1", 54),
    # orders, fills and trades
    "order_id": ("i8", 56),
    "previous_order_id": ("i8", 64),
    "account": ("i8", 72),
    "price": ("f8", 80),
    "quantity": ("f8", 88),
    "trade_id": ("i8", 96),
    # trades, on top of price, quantity and trade_id
    "buy_account": ("i8", 56),
    "sell_account": ("i8", 64),
    "buy_order_id": ("i8", 72),
    "sell_order_id": ("i8", 104),
    # quotes
    "bid_price": ("f8", 56),
    "bid_quantity": ("f8", 64),
    "ask_price": ("f8", 72),
    "ask_quantity": ("f8", 80),
    # bars
    "open": ("f8", 56),
    "high": ("f8", 64),
    "low": ("f8", 72),
    "close": ("f8", 80),
    "volume": ("f8", 88),
    "vwap": ("f8", 96),
    "trade_count": ("i8", 104),
    "interval_s": ("i8", 112),
    # news
    "sentiment": ("f8", 56),
    # statuses
    "from_seq": ("i8", 56),
    "to_seq": ("i8", 64),
    "limit_low": ("f8", 72),
    "limit_high": ("f8", 80),
    "since_ts": ("i8", 88),
}
EVENT: Final = np.dtype(
    {
        "names": list(_LAYOUT),
        "formats": [form for form, _ in _LAYOUT.values()],
        "offsets": [offset for _, offset in _LAYOUT.values()],
        "itemsize": 120,
    }
)
"""One event, 120 bytes; fields of different types share their bytes from offset 56 on."""
EVENT_WORDS: Final = EVENT.itemsize // 8

REASONS: Final = (
    "",
    "unknown_type",
    "missing:symbol",
    "missing:ts",
    "ts_out_of_range",
    "future_ts",
    "not_finite",
    "unknown_action",
    "missing:order_id",
    "unknown_side",
    "missing:side",
    "missing:size",
    "size_not_positive",
    "negative_price",
    "missing:price",
    "unknown_correction",
    "empty_quote",
    "negative_size",
    "unknown_interval",
    "missing:ohlc",
    "negative_volume",
    "sentiment_out_of_range",
    "unknown_state",
)
_R: Final = {reason: np.int8(code) for code, reason in enumerate(REASONS)}
(
    _,
    _TYPE_REASON,
    _SYMBOL_REASON,
    _TS_REASON,
    _RANGE,
    _FUTURE,
    _FINITE,
    _ACTION_REASON,
    _ORDER_ID_REASON,
    _BAD_SIDE,
    _SIDE_REASON,
    _SIZE_REASON,
    _SIZE_SIGN,
    _NEGATIVE,
    _PRICE_REASON,
    _CORRECTION_REASON,
    _EMPTY,
    _NEGATIVE_SIZE,
    _INTERVAL_REASON,
    _OHLC,
    _VOLUME_REASON,
    _SENTIMENT_REASON,
    _STATE_REASON,
) = _R.values()
(
    _TYPE,
    _SYMBOL,
    _TS,
    _RECEIVED_TS,
    _PRODUCER,
    _NUMBER,
    _VENUE,
    _ACTION,
    _ORDER_ID,
    _PREVIOUS_ORDER_ID,
    _ACCOUNT,
    _SIDE,
    _PRICE,
    _SIZE,
    _TIME_IN_FORCE,
    _REASON,
    _HIDDEN,
    _TRADE_ID,
    _AGGRESSOR,
    _BUY_ACCOUNT,
    _SELL_ACCOUNT,
    _BUY_ORDER_ID,
    _SELL_ORDER_ID,
    _CORRECTION,
    _CONDITIONS,
    _BID_PRICE,
    _BID_SIZE,
    _ASK_PRICE,
    _ASK_SIZE,
    _INTERVAL,
    _OPEN,
    _HIGH,
    _LOW,
    _CLOSE,
    _VOLUME,
    _VWAP,
    _TRADE_COUNT,
    _SENTIMENT,
    _STATE,
    _FROM_SEQ,
    _TO_SEQ,
    _LIMIT_LOW,
    _LIMIT_HIGH,
    _SINCE_TS,
) = (arrow.PLACE[name] for name in arrow.PLACE)
_NUMBERS: Final = np.array([place for place, kind in enumerate(arrow.KINDS) if kind == arrow.NUMBER], np.int64)
TOLD: Final = 6
NAME_WORDS, REJECTS, STATUSES, FIRST_TS, LAST_TS, SEED = range(TOLD)
"""Places of what `_build` tells of a batch, and of the seed it is given."""
_NOTHING_TOLD: Final = (0,) * SEED
NO_SYMBOLS: Final = np.empty(0, np.int64)
_LATEST_TS: Final = 2**62


@kernel
def _within(values, value):
    for k in range(values.size):
        if values[k] == value:
            return True
    return False


@kernel
def _check_finite(columns, reasons):
    """Give rows with a number that is not finite their reason."""
    for place in range(_NUMBERS.size):
        column = columns[_NUMBERS[place]]
        if column.kind == arrow.ABSENT:
            continue
        values = array_at(column.values + 8 * column.offset, (reasons.size,), np.float64)
        for i in range(reasons.size):
            if not np.isfinite(values[i]) and not arrow.is_null(column, i):
                reasons[i] = _FINITE


def _build(
    columns_address, found_address, words, events_address, reasons_address, rows, negative_address, negative, told
):
    """Fill events from columns; a row with a reason gets type 0. Tells sums over the batch, see `TOLD`."""
    columns = array_at(columns_address, (arrow.COLUMNS,), arrow.COLUMN)
    found = array_at(found_address, (words,), np.int64)
    events = array_at(events_address, (rows,), EVENT)
    reasons = array_at(reasons_address, (rows,), np.int8)
    negative_symbols = array_at(negative_address, (negative,), np.int64)
    sums = array_at(told, (TOLD,), np.int64)
    seed = sums[SEED]
    words_of_events = array_at(events_address, (rows * EVENT_WORDS,), np.int64)
    for k in range(words_of_events.size):
        words_of_events[k] = 0
    for i in range(rows):
        reasons[i] = 0
    name_words = 0
    rejected = 0
    statuses = 0
    first_ts = 2**62
    last_ts = NONE
    order_ids = columns[_ORDER_ID]
    trade_ids = columns[_TRADE_ID]
    _check_finite(columns, reasons)
    for i in range(rows):
        e = events[i]
        e.row = i
        e.ts = integer(columns[_TS], i)
        e.number = integer(columns[_NUMBER], i)
        e.producer = key(columns[_PRODUCER], i, seed, found)
        e.symbol = key(columns[_SYMBOL], i, seed, found)
        e.venue = key(columns[_VENUE], i, seed, found)
        t = code(columns[_TYPE], i, arrow.TYPE_WORDS, found)
        e.type = t
        reason = reasons[i]
        if t < ORDER or t > STATUS:
            reason = _TYPE_REASON
        elif e.symbol == 0:
            reason = _SYMBOL_REASON
        elif e.ts == NONE:
            reason = _TS_REASON
        elif e.ts < 0 or e.ts > _LATEST_TS:
            reason = _RANGE
        elif _is_future(columns[_RECEIVED_TS], i, e.ts):
            reason = _FUTURE
        elif t == ORDER or t == TRADE:
            e.price = number(columns[_PRICE], i)
            e.quantity = number(columns[_SIZE], i)
            e.trade_id = key(trade_ids, i, seed, found)
            e.hidden = arrow.flag(columns[_HIDDEN], i)
            if e.trade_id:
                name_words += 2 + ((arrow.text(trade_ids, i)[1] + 7) >> 3)
            if e.price < 0 and not _within(negative_symbols, e.symbol):
                reason = _NEGATIVE
            elif t == ORDER:
                a = code(columns[_ACTION], i, arrow.ACTION_WORDS, found)
                e.action = a
                e.side = code(columns[_SIDE], i, arrow.SIDE_WORDS, found)
                e.order_id = key(order_ids, i, seed, found)
                e.previous_order_id = key(columns[_PREVIOUS_ORDER_ID], i, seed, found)
                e.account = key(columns[_ACCOUNT], i, seed, found)
                e.time_in_force = code(columns[_TIME_IN_FORCE], i, arrow.TIME_IN_FORCE_WORDS, found)
                e.reason = code(columns[_REASON], i, arrow.REASON_WORDS, found)
                name_words += 2 + ((arrow.text(order_ids, i)[1] + 7) >> 3)
                if a < NEW or a > FILL:
                    reason = _ACTION_REASON
                elif e.order_id == 0:
                    reason = _ORDER_ID_REASON
                elif e.side == UNKNOWN:
                    reason = _BAD_SIDE
                elif a == NEW and e.side == 0:
                    reason = _SIDE_REASON
                elif np.isnan(e.quantity):
                    if a == NEW:
                        reason = _SIZE_REASON
                elif e.quantity <= 0 and (a != REPLACE or e.quantity < 0):
                    reason = _SIZE_SIGN
            else:
                e.aggressor = code(columns[_AGGRESSOR], i, arrow.SIDE_WORDS, found)
                e.correction = code(columns[_CORRECTION], i, arrow.CORRECTION_WORDS, found)
                e.conditions = arrow.members(columns, _CONDITIONS, i, arrow.CONDITION_WORDS, found)
                e.buy_account = key(columns[_BUY_ACCOUNT], i, seed, found)
                e.sell_account = key(columns[_SELL_ACCOUNT], i, seed, found)
                e.buy_order_id = key(columns[_BUY_ORDER_ID], i, seed, found)
                e.sell_order_id = key(columns[_SELL_ORDER_ID], i, seed, found)
                if e.correction == UNKNOWN:
                    reason = _CORRECTION_REASON
                elif e.aggressor == UNKNOWN:
                    reason = _BAD_SIDE
                elif e.correction == 0:
                    if np.isnan(e.price):
                        reason = _PRICE_REASON
                    elif np.isnan(e.quantity):
                        reason = _SIZE_REASON
                    elif e.quantity <= 0:
                        reason = _SIZE_SIGN
        elif t == QUOTE:
            e.bid_price = number(columns[_BID_PRICE], i)
            e.bid_quantity = number(columns[_BID_SIZE], i)
            e.ask_price = number(columns[_ASK_PRICE], i)
            e.ask_quantity = number(columns[_ASK_SIZE], i)
            e.conditions = arrow.members(columns, _CONDITIONS, i, arrow.CONDITION_WORDS, found)
            if (e.bid_price < 0 or e.ask_price < 0) and not _within(negative_symbols, e.symbol):
                reason = _NEGATIVE
            elif e.bid_quantity < 0 or e.ask_quantity < 0:
                reason = _NEGATIVE_SIZE
            elif (
                np.isnan(e.bid_price)
                and np.isnan(e.ask_price)
                and np.isnan(e.bid_quantity)
                and np.isnan(e.ask_quantity)
            ):
                reason = _EMPTY
        elif t == BAR:
            e.interval_s = code(columns[_INTERVAL], i, arrow.INTERVAL_WORDS, found)
            e.open = number(columns[_OPEN], i)
            e.high = number(columns[_HIGH], i)
            e.low = number(columns[_LOW], i)
            e.close = number(columns[_CLOSE], i)
            e.volume = number(columns[_VOLUME], i)
            e.vwap = number(columns[_VWAP], i)
            e.trade_count = integer(columns[_TRADE_COUNT], i)
            if e.interval_s <= 0 or e.interval_s == UNKNOWN:
                reason = _INTERVAL_REASON
            elif np.isnan(e.open) or np.isnan(e.high) or np.isnan(e.low) or np.isnan(e.close):
                reason = _OHLC
            elif e.low < 0 and not _within(negative_symbols, e.symbol):
                reason = _NEGATIVE
            elif e.volume < 0:
                reason = _VOLUME_REASON
        elif t == NEWS:
            e.sentiment = number(columns[_SENTIMENT], i)
            if e.sentiment < -1 or e.sentiment > 1:
                reason = _SENTIMENT_REASON
        else:
            e.state = code(columns[_STATE], i, arrow.STATE_WORDS, found)
            e.from_seq = integer(columns[_FROM_SEQ], i)
            e.to_seq = integer(columns[_TO_SEQ], i)
            e.limit_low = number(columns[_LIMIT_LOW], i)
            e.limit_high = number(columns[_LIMIT_HIGH], i)
            e.since_ts = integer(columns[_SINCE_TS], i)
            statuses += 1
            if e.state <= 0 or e.state == UNKNOWN:
                reason = _STATE_REASON
        if reason:
            reasons[i] = reason
            e.type = REJECTED
            rejected += 1
        else:
            first_ts = min(first_ts, e.ts)
            last_ts = max(last_ts, e.ts)
    sums[NAME_WORDS] = name_words
    sums[REJECTS] = rejected
    sums[STATUSES] = statuses
    sums[FIRST_TS] = first_ts
    sums[LAST_TS] = last_ts
    return 0


@kernel
def _is_future(received, row, ts):
    moment = integer(received, row)
    return moment != NONE and ts > moment + FUTURE_NS


_compiled_build = entry(_build)


class Room:
    """Memory that one batch after the other is built in, so that small batches meet it in the cache."""

    _KEPT: Final = 1 << 14

    def __init__(self) -> None:
        self.columns = Located(np.zeros(arrow.COLUMNS, arrow.COLUMN))
        self._events, self._reasons = self._made(1024)

    def take(self, rows: int) -> tuple[Located, Located]:
        """Give events and reasons for a batch; they hold what was there before, and last until the next batch."""
        if rows > self._KEPT:
            return self._made(rows)
        if rows > len(self._events.array):
            self._events, self._reasons = self._made(self._KEPT)
        return self._events, self._reasons

    @staticmethod
    def _made(rows: int) -> tuple[Located, Located]:
        return Located(np.empty(rows, EVENT)), Located(np.empty(rows, np.int8))


@dataclass(slots=True)
class Batch:
    """Events in order, as `EVENT` records; `row` is the row in the table, or −1 − k for reject k of the wire.

    `located` begins with the events. `name_words` bounds the room its ids take, `rejects` and `statuses` count, the
    times are those of what is kept.
    """

    decoded: Decoded
    described: Described
    located: Located
    events: NDArray[Any]
    reasons: NDArray[np.int8]
    name_words: int
    rejects: int
    statuses: int
    first_ts: int
    last_ts: int

    def text(self, name: str, row: int) -> str | None:
        """Give the text of a column at a row, or None where it is null or absent."""
        if row < 0:
            return None
        if isinstance(self.decoded.rows, ReadRows):
            return self.decoded.rows.text(name, row)
        table = self.decoded.table
        place = table.schema.get_field_index(name)
        value: str | None = table.column(place)[row].as_py() if place >= 0 else None
        return value

    @property
    def wire_rejects(self) -> list[Rejected]:
        return self.decoded.rejected


def batch_of(
    decoded: Decoded, seed: int, negative_symbols: NDArray[np.int64] = NO_SYMBOLS, room: Room | None = None
) -> Batch:
    """Turn decoded rows into records. Rows that mean nothing get type 0 and a reason; none is left out.

    `negative_symbols` holds the keys of instruments whose prices may be negative. A batch lasts until the next that is
    built in its room.
    """
    rows, room = decoded.num_rows, room or Room()
    read = decoded.rows
    described = read.described(room.columns) if isinstance(read, ReadRows) else of_table(decoded.table, room.columns)
    events, reasons = room.take(rows)
    sums = (ctypes.c_int64 * TOLD)(*_NOTHING_TOLD, seed)
    _compiled_build(
        described.address,
        address_of(described.found) if len(described.found) else 0,
        len(described.found),
        events.address,
        reasons.address,
        rows,
        address_of(negative_symbols) if len(negative_symbols) else 0,
        len(negative_symbols),
        ctypes.addressof(sums),
    )
    batch = Batch(decoded, described, events, events.array[:rows], reasons.array[:rows], *sums[:SEED])
    return _with_wire_rejects(batch, seed) if decoded.rejected else batch


def _with_wire_rejects(batch: Batch, seed: int) -> Batch:
    """Put a record of type 0 where each rejected line stood, so that it is counted at its place."""
    records = np.zeros(len(batch.wire_rejects), EVENT)
    for k, reject in enumerate(batch.wire_rejects):
        records[k]["row"] = -1 - k
        records[k]["ts"] = NONE
        records[k]["symbol"] = hash_text(reject.symbol, seed) if reject.symbol else 0
        records[k]["producer"] = hash_text(reject.producer, seed) if reject.producer else 0
        records[k]["number"] = reject.number if reject.number is not None else NONE
    places = [reject.position for reject in batch.wire_rejects]
    batch.events = np.insert(batch.events, places, records)
    batch.located = Located(batch.events)
    return batch


def rejects_of(batch: Batch) -> list[Rejected]:
    """Name what was rejected, by the wire and by meaning, in order."""
    found: list[Rejected] = []
    for place in np.flatnonzero(batch.events["type"] == REJECTED):
        row = int(batch.events[place]["row"])
        if row < 0:
            found.append(batch.wire_rejects[-1 - row])
            continue
        values = batch.decoded.table.slice(row, 1).to_pylist()[0]
        values = {name: value for name, value in values.items() if value is not None}
        found.append(
            Rejected(
                row,
                REASONS[batch.reasons[row]],
                encode_row(values),
                values.get("symbol"),
                values.get("producer"),
                values.get("number"),
            )
        )
    return found

"""A batch of events as records: what each row means is checked here, and only here."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.engine.columns import NO_KEYS, NONE, UNKNOWN, Columns, Vocabulary
from surveillance.engine.hashing import Texts, frozen, hash_text
from surveillance.engine.kernel import entry, kernel
from surveillance.events import (
    ACTIONS,
    CANCEL_REASONS,
    CONDITIONS,
    CORRECTIONS,
    INTERVALS,
    SECOND,
    SIDES,
    STATES,
    TIMES_IN_FORCE,
    TYPES,
)
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
_TYPE, _SYMBOL, _TS, _RANGE, _FUTURE, _FINITE = (
    _R[r] for r in ("unknown_type", "missing:symbol", "missing:ts", "ts_out_of_range", "future_ts", "not_finite")
)
_ACTION, _ORDER_ID, _BAD_SIDE, _SIDE, _SIZE, _SIZE_SIGN = (
    _R[r]
    for r in (
        "unknown_action",
        "missing:order_id",
        "unknown_side",
        "missing:side",
        "missing:size",
        "size_not_positive",
    )
)
_NEGATIVE, _PRICE, _CORRECTION, _EMPTY, _NEGATIVE_SIZE = (
    _R[r] for r in ("negative_price", "missing:price", "unknown_correction", "empty_quote", "negative_size")
)
_INTERVAL, _OHLC, _VOLUME, _SENTIMENT, _STATE = (
    _R[r] for r in ("unknown_interval", "missing:ohlc", "negative_volume", "sentiment_out_of_range", "unknown_state")
)
_LATEST_TS: Final = 2**62


@kernel
def _within(values, value):
    for k in range(values.size):
        if values[k] == value:
            return True
    return False


def _build(events, reasons, words, times, orders, trades, quotes, bars, statuses, negative_symbols):
    """Fill `events` from columns; a column of no rows is absent. A row with a reason gets type 0."""
    kind, action, side, state, aggressor, hidden, correction, time_in_force, conditions, cancel_reason = words
    ts, received_ts, number, producer, symbol, venue = times
    order_id, previous_order_id, account, price, size, trade_id = orders
    buy_account, sell_account, buy_order_id, sell_order_id = trades
    bid_price, bid_size, ask_price, ask_size = quotes
    interval, open_, high, low, close, volume, vwap, trade_count = bars
    sentiment, from_seq, to_seq, limit_low, limit_high, since_ts = statuses
    nan = np.nan
    for i in range(events.size):
        e = events[i]
        e.row = i
        e.ts = ts[i] if ts.size else NONE
        e.number = number[i] if number.size else NONE
        e.producer = producer[i] if producer.size else 0
        e.symbol = symbol[i] if symbol.size else 0
        e.venue = venue[i] if venue.size else 0
        t = kind[i] if kind.size else 0
        e.type = t
        reason = reasons[i]
        if t < ORDER or t > STATUS:
            reason = _TYPE
        elif e.symbol == 0:
            reason = _SYMBOL
        elif e.ts == NONE:
            reason = _TS
        elif e.ts < 0 or e.ts > _LATEST_TS:
            reason = _RANGE
        elif received_ts.size and received_ts[i] != NONE and e.ts > received_ts[i] + FUTURE_NS:
            reason = _FUTURE
        elif t == ORDER or t == TRADE:
            e.price = price[i] if price.size else nan
            e.quantity = size[i] if size.size else nan
            e.trade_id = trade_id[i] if trade_id.size else 0
            e.hidden = hidden[i] if hidden.size else 0
            if e.price < 0 and not _within(negative_symbols, e.symbol):
                reason = _NEGATIVE
            elif t == ORDER:
                a = action[i] if action.size else 0
                e.action = a
                e.side = side[i] if side.size else 0
                e.order_id = order_id[i] if order_id.size else 0
                e.previous_order_id = previous_order_id[i] if previous_order_id.size else 0
                e.account = account[i] if account.size else 0
                e.time_in_force = time_in_force[i] if time_in_force.size else 0
                e.reason = cancel_reason[i] if cancel_reason.size else 0
                if a < NEW or a > FILL:
                    reason = _ACTION
                elif e.order_id == 0:
                    reason = _ORDER_ID
                elif e.side == UNKNOWN:
                    reason = _BAD_SIDE
                elif a == NEW and e.side == 0:
                    reason = _SIDE
                elif np.isnan(e.quantity):
                    if a == NEW:
                        reason = _SIZE
                elif e.quantity <= 0 and (a != REPLACE or e.quantity < 0):
                    reason = _SIZE_SIGN
            else:
                e.aggressor = aggressor[i] if aggressor.size else 0
                e.correction = correction[i] if correction.size else 0
                e.conditions = conditions[i] if conditions.size else 0
                e.buy_account = buy_account[i] if buy_account.size else 0
                e.sell_account = sell_account[i] if sell_account.size else 0
                e.buy_order_id = buy_order_id[i] if buy_order_id.size else 0
                e.sell_order_id = sell_order_id[i] if sell_order_id.size else 0
                if e.correction == UNKNOWN:
                    reason = _CORRECTION
                elif e.aggressor == UNKNOWN:
                    reason = _BAD_SIDE
                elif e.correction == 0:
                    if np.isnan(e.price):
                        reason = _PRICE
                    elif np.isnan(e.quantity):
                        reason = _SIZE
                    elif e.quantity <= 0:
                        reason = _SIZE_SIGN
        elif t == QUOTE:
            e.bid_price = bid_price[i] if bid_price.size else nan
            e.bid_quantity = bid_size[i] if bid_size.size else nan
            e.ask_price = ask_price[i] if ask_price.size else nan
            e.ask_quantity = ask_size[i] if ask_size.size else nan
            e.conditions = conditions[i] if conditions.size else 0
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
            e.interval_s = interval[i] if interval.size else 0
            e.open = open_[i] if open_.size else nan
            e.high = high[i] if high.size else nan
            e.low = low[i] if low.size else nan
            e.close = close[i] if close.size else nan
            e.volume = volume[i] if volume.size else nan
            e.vwap = vwap[i] if vwap.size else nan
            e.trade_count = trade_count[i] if trade_count.size else NONE
            if e.interval_s <= 0 or e.interval_s == UNKNOWN:
                reason = _INTERVAL
            elif np.isnan(e.open) or np.isnan(e.high) or np.isnan(e.low) or np.isnan(e.close):
                reason = _OHLC
            elif e.low < 0 and not _within(negative_symbols, e.symbol):
                reason = _NEGATIVE
            elif e.volume < 0:
                reason = _VOLUME
        elif t == NEWS:
            e.sentiment = sentiment[i] if sentiment.size else nan
            if e.sentiment < -1 or e.sentiment > 1:
                reason = _SENTIMENT
        else:
            e.state = state[i] if state.size else 0
            e.from_seq = from_seq[i] if from_seq.size else NONE
            e.to_seq = to_seq[i] if to_seq.size else NONE
            e.limit_low = limit_low[i] if limit_low.size else nan
            e.limit_high = limit_high[i] if limit_high.size else nan
            e.since_ts = since_ts[i] if since_ts.size else NONE
            if e.state <= 0 or e.state == UNKNOWN:
                reason = _STATE
        if reason:
            reasons[i] = reason
            e.type = REJECTED


_compiled_build = entry(_build)


@dataclass(slots=True)
class Batch:
    """Events in order, as `EVENT` records; `row` is the row in `table`, or −1 − k for reject k of the wire."""

    table: pa.Table
    events: NDArray[Any]
    reasons: NDArray[np.int8]
    order_names: Texts
    trade_names: Texts
    wire_rejects: list[Rejected] = field(default_factory=list)

    def text(self, name: str, row: int) -> str | None:
        """Give the text of a column at a row of the table, or None where it is null or absent."""
        if row < 0 or name not in self.table.column_names:
            return None
        value: str | None = self.table.column(name)[row].as_py()
        return value


_TYPES = Vocabulary(TYPES)
_ACTIONS = Vocabulary(ACTIONS)
_SIDES = Vocabulary(SIDES)
_STATES = Vocabulary(STATES)
_CORRECTIONS = Vocabulary(CORRECTIONS)
_TIMES_IN_FORCE = Vocabulary(TIMES_IN_FORCE)
_CANCEL_REASONS = Vocabulary(CANCEL_REASONS)
_CONDITIONS = Vocabulary(CONDITIONS)
_INTERVALS = Vocabulary(INTERVALS)


def batch_of(decoded: Decoded, seed: int, negative_symbols: NDArray[np.int64] = NO_KEYS) -> Batch:
    """Turn decoded rows into records. Rows that mean nothing get type 0 and a reason; none is left out.

    `negative_symbols` holds the keys of instruments whose prices may be negative.
    """
    table = decoded.table
    columns = Columns(table, seed, int(_FINITE))
    events = np.zeros(table.num_rows, EVENT)
    arguments = (
        (
            columns.code("type", _TYPES),
            columns.code("action", _ACTIONS),
            columns.code("side", _SIDES),
            columns.code("state", _STATES),
            columns.code("aggressor", _SIDES),
            columns.flag("hidden"),
            columns.code("correction", _CORRECTIONS),
            columns.code("time_in_force", _TIMES_IN_FORCE),
            columns.members("conditions", _CONDITIONS),
            columns.code("reason", _CANCEL_REASONS),
        ),
        (
            columns.integer("ts"),
            columns.integer("received_ts"),
            columns.integer("number"),
            columns.key("producer"),
            columns.key("symbol"),
            columns.key("venue"),
        ),
        (
            columns.key("order_id"),
            columns.key("previous_order_id"),
            columns.key("account"),
            columns.number("price"),
            columns.number("size"),
            columns.key("trade_id"),
        ),
        tuple(columns.key(name) for name in ("buy_account", "sell_account", "buy_order_id", "sell_order_id")),
        tuple(columns.number(name) for name in ("bid_price", "bid_size", "ask_price", "ask_size")),
        (
            columns.code("interval", _INTERVALS),
            *(columns.number(name) for name in ("open", "high", "low", "close", "volume", "vwap")),
            columns.integer("trade_count"),
        ),
        (
            columns.number("sentiment"),
            columns.integer("from_seq"),
            columns.integer("to_seq"),
            columns.number("limit_low"),
            columns.number("limit_high"),
            columns.integer("since_ts"),
        ),
    )
    _compiled_build(events, columns.reasons, *arguments, frozen(negative_symbols))
    batch = Batch(
        table,
        events,
        columns.reasons,
        columns.texts("order_id"),
        columns.texts("trade_id"),
        decoded.rejected,
    )
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
    return batch


def rejects_of(batch: Batch) -> list[Rejected]:
    """Name what was rejected, by the wire and by meaning, in order."""
    found: list[Rejected] = []
    for place in np.flatnonzero(batch.events["type"] == REJECTED):
        row = int(batch.events[place]["row"])
        if row < 0:
            found.append(batch.wire_rejects[-1 - row])
            continue
        values = batch.table.slice(row, 1).to_pylist()[0]
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

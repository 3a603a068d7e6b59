"""The merged tape as a table of events: numbers become the contract's words, ids and prices."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from surveillance.events import CANCEL_REASONS, SCHEMA, TIMES_IN_FORCE
from surveillance.simulation.accounts import Accounts
from surveillance.simulation.feed import SEQ, SYMBOL
from surveillance.simulation.instruments import CHANNEL, TICKS_PER_UNIT, VENUE, Instrument
from surveillance.simulation.kernels.state import (
    CANCEL_ROW,
    FILL_ROW,
    NEW_ROW,
    QUOTE_ROW,
    REPLACE_ROW,
    T_ACCOUNT,
    T_ID,
    T_KIND,
    T_NOTE,
    T_OTHER,
    T_PRICE,
    T_SIDE,
    T_SIZE,
    T_TIME,
    T_TRADE,
    TRADE_ROW,
    Integers,
)

TYPES = ["", "order", "order", "order", "order", "trade", "quote"]
ACTIONS = ["", "new", "replace", "cancel", "fill", "", ""]
SIDES = ["sell", "", "buy"]

Mask = npt.NDArray[np.bool_]


def _words(vocabulary: list[str], codes: Integers, present: Mask | None = None) -> pa.Array:
    return pa.array(vocabulary).take(pa.array(codes, mask=None if present is None else ~present))


def _ids(numbers: Integers, present: Mask) -> pa.Array:
    return pc.cast(pa.array(numbers, mask=~present), pa.string())


def _trade_ids(numbers: Integers, present: Mask) -> pa.Array:
    return pc.binary_join_element_wise("T", _ids(numbers, present), "")


def _prices(ticks: Integers, present: Mask) -> pa.Array:
    return pa.array(ticks / TICKS_PER_UNIT, mask=~present)


def _sizes(shares: Integers, present: Mask) -> pa.Array:
    return pa.array(shares.astype(np.float64), mask=~present)


def _coded(vocabulary: dict[str, int]) -> list[str]:
    words = [""] * (max(vocabulary.values()) + 1)
    for word, code in vocabulary.items():
        words[code] = word
    return words


def event_table(merged: Integers, instruments: list[Instrument], accounts: Accounts) -> pa.Table:
    """Make the table of a merged tape, in the contract's column order and types."""
    column = {name: np.ascontiguousarray(merged[:, place]) for name, place in _PLACES.items()}
    kind = column["kind"]
    is_new, is_replace, is_cancel = kind == NEW_ROW, kind == REPLACE_ROW, kind == CANCEL_ROW
    is_trade, is_quote = kind == TRADE_ROW, kind == QUOTE_ROW
    is_order = kind <= FILL_ROW
    has_price = ~is_quote & ~is_cancel & (column["price"] > 0)
    names = accounts.names
    rows = len(merged)
    made = {
        "type": _words(TYPES, kind),
        "symbol": _words([each.symbol for each in instruments], column["symbol"]),
        "ts": pa.array(column["time"]),
        "venue": pa.repeat(VENUE, rows),
        "channel": pa.repeat(CHANNEL, rows),
        "seq": pa.array(column["seq"]),
        "action": _words(ACTIONS, kind, is_order),
        "order_id": _ids(column["id"], is_order),
        "previous_order_id": _ids(column["other"], is_replace & (column["other"] >= 0)),
        "account": _words(names, column["account"], is_order),
        "side": _words(SIDES, column["side"] + 1, is_order),
        "price": _prices(column["price"], has_price),
        "size": _sizes(column["size"], ~is_quote),
        "time_in_force": _words(_coded(dict(TIMES_IN_FORCE)), column["note"], is_new),
        "reason": _words(_coded(dict(CANCEL_REASONS)), column["note"], is_cancel),
        "trade_id": _trade_ids(column["trade"], column["trade"] >= 0),
        "aggressor": _words(SIDES, column["side"] + 1, is_trade),
        "buy_account": _words(names, column["account"], is_trade),
        "sell_account": _words(names, column["note"], is_trade),
        "buy_order_id": _ids(column["id"], is_trade),
        "sell_order_id": _ids(column["other"], is_trade),
        "bid_price": _prices(column["price"], is_quote & (column["price"] > 0)),
        "bid_size": _sizes(column["size"], is_quote),
        "ask_price": _prices(column["note"], is_quote & (column["note"] > 0)),
        "ask_size": _sizes(column["other"], is_quote),
    }
    fields = [field for field in SCHEMA if field.name in made]
    return pa.Table.from_arrays([made[field.name] for field in fields], schema=pa.schema(fields))


_PLACES = {
    "time": T_TIME,
    "kind": T_KIND,
    "id": T_ID,
    "account": T_ACCOUNT,
    "side": T_SIDE,
    "price": T_PRICE,
    "size": T_SIZE,
    "trade": T_TRADE,
    "other": T_OTHER,
    "note": T_NOTE,
    "symbol": SYMBOL,
    "seq": SEQ,
}

"""Bitstamp BTC/USD order events with ids: the csv of ob-analytics and the raw live-order log, both gzipped.

A row says what an order is now, not what happened to it; the difference to what was open tells. Volumes are counted in
10⁻⁸ units as integers, so that differences are exact. `ts` is the log's own millisecond stamp: the exchange's stamp is
the order's creation time on all its later events. Source: phil8192/ob-analytics.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from surveillance.errors import FormatError
from surveillance.feeds.feed import Defaults, Feed, FileSource, Options
from surveillance.feeds.files import unwrapped, wrapping
from surveillance.feeds.strangers import refuse_others, what_it_is
from surveillance.feeds.text import Text
from surveillance.wire import Decoded, Rejected, table_of

TITLE: Final = "bitstamp order events"
SYMBOL: Final = "BTC-USD"
VENUE: Final = "bitstamp"
UNITS: Final = 100_000_000
"""Volume is in 10⁻⁸ of the base currency."""
MILLISECOND: Final = 1_000_000
HEADER: Final = b"id,timestamp,exchange.timestamp,price,volume,action,direction"
_WHOLE: Final = re.compile(rb"\d{1,18}")
_STAMP: Final = re.compile(rb"\d{1,13}")
_DECIMAL: Final = re.compile(r"(\d{1,10})(?:\.(\d{1,8})0*)?", re.ASCII)
_PRICE: Final = re.compile(r"\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_KINDS: Final = {b"order_created": "created", b"order_changed": "changed", b"order_deleted": "deleted"}
_ACTIONS: Final = {b"created": "created", b"changed": "changed", b"deleted": "deleted"}
_DIRECTIONS: Final = {b"bid": "buy", b"ask": "sell"}
_ORDER_TYPES: Final = {0: "buy", 1: "sell"}
_json: Final = msgspec.json.Decoder(dict[str, Any])

Row = dict[str, Any]


class _UnusableLineError(Exception):
    """A line that is no event; its argument is the reason."""


class _Orders:
    """What is open, to tell what a row changed."""

    def __init__(self, symbol: str, left_out: Counter[str]) -> None:
        self._open: dict[str, tuple[str, int]] = {}
        self._symbol = symbol
        self._left_out = left_out

    def row(self, kind: str, ts: int, order_id: str, side: str, price: str, volume: int) -> Row | None:
        """Give the event of one row, or None where nothing happened."""
        before = self._open.get(order_id)
        event: Row = {
            "type": "order",
            "symbol": self._symbol,
            "ts": ts,
            "venue": VENUE,
            "order_id": order_id,
            "side": side,
            "price": float(price),
        }
        if kind == "deleted":
            self._open.pop(order_id, None)
            return self._deleted(event, before, volume)
        self._open[order_id] = (price, volume)
        if kind == "created":
            return event | {"action": "new", "size": volume / UNITS}
        return self._changed(event, before, float(price), volume)

    def _deleted(self, event: Row, before: tuple[str, int] | None, volume: int) -> Row | None:
        if volume:
            agrees = before is None or before[1] == volume
            return event | {"action": "cancel", "size": volume / UNITS if agrees else None}
        if before is None:
            return event | {"action": "fill"}
        if not before[1]:
            self._left_out["deleted_after_its_last_fill"] += 1
            return None
        return event | {"action": "fill", "size": before[1] / UNITS}

    def _changed(self, event: Row, before: tuple[str, int] | None, price: float, volume: int) -> Row | None:
        if before is not None and float(before[0]) == price:
            if volume == before[1]:
                self._left_out["changed_to_the_same"] += 1
                return None
            if volume < before[1]:
                return event | {"action": "fill", "size": (before[1] - volume) / UNITS}
        return event | {"action": "replace", "size": volume / UNITS}

    def trade(self, ts: int, fields: dict[str, Any]) -> Row:
        """Give a trade of the log; it does not say who was the aggressor."""
        return {
            "type": "trade",
            "symbol": self._symbol,
            "ts": ts,
            "venue": VENUE,
            "price": float(_number(fields, "price")),
            "size": float(_number(fields, "amount")),
            "trade_id": _identity(fields),
        }


def _decode(source: FileSource, options: Options, left_out: Counter[str]) -> tuple[Defaults, Iterator[Decoded]]:
    text = Text(next(unwrapped(source)))
    refuse_others(source.name, text.head, ("bitstamp",), TITLE)
    orders = _Orders(options.symbol or SYMBOL, left_out)
    line_row = _csv_row if text.head.startswith(HEADER) else _log_row
    return Defaults(asset_class="crypto"), _chunks(text, orders, line_row, left_out)


def _chunks(
    text: Text, orders: _Orders, line_row: Callable[[bytes, _Orders, Counter[str]], Row | None], left_out: Counter[str]
) -> Iterator[Decoded]:
    for block in text.blocks():
        rows: list[Row] = []
        rejected: list[Rejected] = []
        last_rejected: bytes | None = None
        for place, line in enumerate(block.data.split(b"\n")):
            clean = line.rstrip(b"\r")
            if not clean or clean.isspace() or (not place and block.first_line == 1 and clean == HEADER):
                continue
            last_rejected = None
            try:
                row = line_row(clean, orders, left_out)
            except _UnusableLineError as unusable:
                last_rejected = line
                rejected.append(Rejected(len(rows), str(unusable), clean))
                continue
            if row is not None:
                rows.append(row)
        block.check_end(text.name, last_rejected)
        yield Decoded(table_of(rows), rejected)


def _csv_row(line: bytes, orders: _Orders, left_out: Counter[str]) -> Row | None:
    cells = line.split(b",")
    if len(cells) != 7:
        raise _UnusableLineError(f"columns:{len(cells)}")
    order_id, stamp, _, price, volume, action, direction = cells
    if action not in _ACTIONS:
        raise _UnusableLineError("unknown_action")
    if direction not in _DIRECTIONS:
        raise _UnusableLineError("unknown_direction")
    if not _WHOLE.fullmatch(order_id):
        raise _UnusableLineError("wrong_type:id")
    if not _WHOLE.fullmatch(volume):
        raise _UnusableLineError("wrong_type:volume")
    return orders.row(
        _ACTIONS[action],
        _nanoseconds(stamp),
        order_id.decode(),
        _DIRECTIONS[direction],
        _price(price.decode("latin-1")),
        int(volume),
    )


def _log_row(line: bytes, orders: _Orders, left_out: Counter[str]) -> Row | None:
    stamp, _, rest = line.partition(b" ")
    kind, _, body = rest.partition(b" ")
    ts = _nanoseconds(stamp)
    if kind == b"order_book":
        left_out["order_book"] += 1
        return None
    if kind not in _KINDS and kind != b"trade":
        raise _UnusableLineError("unknown_kind")
    try:
        fields = _json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _UnusableLineError("not_json") from error
    if kind == b"trade":
        return orders.trade(ts, fields)
    side = fields.get("order_type")
    if not isinstance(side, int) or side not in _ORDER_TYPES:
        raise _UnusableLineError("unknown_order_type")
    return orders.row(
        _KINDS[kind],
        ts,
        _identity(fields),
        _ORDER_TYPES[side],
        _price(_number(fields, "price")),
        _units(_number(fields, "amount")),
    )


def _nanoseconds(stamp: bytes) -> int:
    if not _STAMP.fullmatch(stamp):
        raise _UnusableLineError("bad_time")
    return int(stamp) * MILLISECOND


def _identity(fields: dict[str, Any]) -> str:
    value = fields.get("id")
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise _UnusableLineError("wrong_type:id")
    return str(value)


def _number(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _UnusableLineError(f"wrong_type:{name}")
    text = value if isinstance(value, str) else f"{value:.12f}".rstrip("0").rstrip(".")
    if not _PRICE.fullmatch(text):
        raise _UnusableLineError(f"wrong_type:{name}")
    return text


def _price(text: str) -> str:
    if not _PRICE.fullmatch(text):
        raise _UnusableLineError("wrong_type:price")
    return text


def _units(text: str) -> int:
    found = _DECIMAL.fullmatch(text)
    if not found:
        raise _UnusableLineError("wrong_type:amount")
    whole, fraction = found.groups()
    return int(whole) * UNITS + int((fraction or "").ljust(8, "0"))


def _recognises(source: FileSource) -> bool:
    try:
        if wrapping(source) == "zip":
            return False
        found = what_it_is(Text(next(unwrapped(source))).head)
    except FormatError:
        return True
    return found is not None and found[0] == "bitstamp"


FEED: Final = Feed(
    "bitstamp", TITLE, (".csv", ".csv.gz", ".log", ".log.gz", ".csv.xz", ".log.xz"), _decode, _recognises
)

"""WebSocket messages to event rows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import msgspec
import pyarrow as pa

from surveillance.events import INTERVALS, SECOND
from surveillance.feeds.polygon.fields import CONTROL, LEFT_OUT, LEFT_OUT_MESSAGES, MAPPED
from surveillance.feeds.polygon.rows import (
    NBBO,
    Row,
    best,
    crypto_conditions,
    quote_side,
    stock_size,
    stock_venue,
    trade_conditions,
)
from surveillance.feeds.polygon.values import Fields, LeftOutError, UnusableError
from surveillance.wire import Rejected, table_of

KNOWN_FIELDS: Final = {kind: frozenset(MAPPED[kind]) | frozenset(LEFT_OUT[kind]) for kind in MAPPED}
DEEPEST_NESTING: Final = 8
_json: Final = msgspec.json.Decoder()


@dataclass
class Frame:
    """What messages became. `position` of a reject counts the rows before it; `controls` are the `status` messages."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    controls: list[Mapping[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    unknown_keys: Counter[str] = field(default_factory=Counter)

    @cached_property
    def table(self) -> pa.Table:
        """The rows as a table, made once; ask when no more are added."""
        return table_of(self.rows)

    def reject(self, reason: str, line: bytes) -> None:
        """Note a message that is no event."""
        self.rejected.append(Rejected(len(self.rows), reason, line))


def decode_frame(data: bytes) -> Frame:
    """Decode one WebSocket frame: a message, an array of messages, or arrays of those."""
    frame = Frame()
    value = parsed(data)
    if value is None:
        frame.reject("not_json", data)
        return frame
    for message in messages_in(value):
        add_message(frame, message)
    return frame


def parsed(data: bytes) -> Any:
    """Parse JSON; None where it is none (or null)."""
    try:
        return _json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def messages_in(value: Any, depth: int = 0) -> Iterator[Any]:
    """Give the messages of a frame, out of any arrays around them."""
    if isinstance(value, list) and depth < DEEPEST_NESTING:
        for item in value:
            yield from messages_in(item, depth + 1)
    else:
        yield value


def add_message(frame: Frame, message: Any) -> None:
    """Put a message where it belongs: a row, a reject, a control message or the count of those left out."""
    if not isinstance(message, dict):
        frame.reject("not_an_object", encoded(message))
        return
    kind = message.get("ev")
    if not isinstance(kind, str):
        frame.reject("missing:ev", encoded(message))
    elif kind == CONTROL:
        frame.controls.append(message)
    elif kind in LEFT_OUT_MESSAGES:
        frame.left_out[kind] += 1
    elif kind not in _ROWS:
        frame.reject("unknown_message_type", encoded(message))
    else:
        try:
            row = _ROWS[kind](Fields(message))
        except LeftOutError as left_out:
            frame.left_out[str(left_out)] += 1
        except UnusableError as unusable:
            frame.reject(str(unusable), encoded(message))
        else:
            frame.rows.append(row)
            if not message.keys() <= KNOWN_FIELDS[kind]:
                frame.unknown_keys.update(message.keys() - KNOWN_FIELDS[kind])


def encoded(value: Any) -> bytes:
    """Write a parsed message as JSON again, for the quarantine."""
    try:
        return msgspec.json.encode(value)
    except (OverflowError, ValueError):
        return repr(value).encode("utf-8", "replace")


def _trade(message: Fields) -> Row:
    return {
        "type": "trade",
        "symbol": message.ticker("sym"),
        "ts": message.time("t"),
        "venue": stock_venue(message.integer("x"), message.integer("trfi")),
        "trade_id": message.text("i"),
        "price": message.number("p"),
        "size": message.number("s"),
        **trade_conditions(message.codes("c")),
    }


def _quote(message: Fields) -> Row:
    ts = message.time("t")
    return {
        "type": "quote",
        "symbol": message.ticker("sym"),
        "ts": ts,
        "venue": NBBO,
        **quote_side("bid", message.number("bp"), stock_size(message.number("bs"), ts)),
        **quote_side("ask", message.number("ap"), stock_size(message.number("as"), ts)),
        "raw_conditions": message.codes("c") + message.codes("i") or None,
    }


def _limits(message: Fields) -> Row:
    return {
        "type": "status",
        "state": "limit_up_down",
        "symbol": message.ticker("T"),
        "ts": message.time("t"),
        "limit_low": message.number("l"),
        "limit_high": message.number("h"),
    }


def _currency_quote(message: Fields) -> Row:
    return {
        "type": "quote",
        "symbol": message.pair("p", "/"),
        "ts": message.time("t"),
        "venue": message.text("x"),
        "bid_price": message.number("b"),
        "ask_price": message.number("a"),
    }


def _crypto_trade(message: Fields) -> Row:
    return {
        "type": "trade",
        "symbol": message.pair("pair", "-"),
        "ts": message.time("t"),
        "venue": message.text("x"),
        "trade_id": message.text("i"),
        "price": message.number("p"),
        "size": message.number("s"),
        **crypto_conditions(message.codes("c")),
    }


def _crypto_quote(message: Fields) -> Row:
    return {
        "type": "quote",
        "symbol": message.pair("pair", "-"),
        "ts": message.time("t"),
        "venue": message.text("x"),
        **quote_side("bid", message.number("bp"), message.number("bs")),
        **quote_side("ask", message.number("ap"), message.number("as")),
    }


def _crypto_book(message: Fields) -> Row:
    return {
        "type": "quote",
        "symbol": message.pair("pair", "-"),
        "ts": message.time("t"),
        "venue": message.text("x"),
        **best(message.items("b"), "bid"),
        **best(message.items("a"), "ask"),
    }


def _bar(interval: str, symbol: Callable[[Fields], str | None]) -> Callable[[Fields], Row]:
    def row(message: Fields) -> Row:
        start, end = message.time("s"), message.time("e")
        if end is None and start is not None:
            end = start + INTERVALS[interval] * SECOND
        return {
            "type": "bar",
            "symbol": symbol(message),
            "ts": end,
            "interval": interval,
            "open": message.number("o"),
            "high": message.number("h"),
            "low": message.number("l"),
            "close": message.number("c"),
            "volume": message.number("v"),
            "vwap": message.number("vw"),
        }

    return row


def _stock(message: Fields) -> str | None:
    return message.ticker("sym")


def _currencies(message: Fields) -> str | None:
    return message.pair("pair", "/")


def _crypto(message: Fields) -> str | None:
    return message.pair("pair", "-")


_ROWS: Final[Mapping[str, Callable[[Fields], Row]]] = {
    "T": _trade,
    "Q": _quote,
    "A": _bar("1s", _stock),
    "AM": _bar("1m", _stock),
    "LULD": _limits,
    "C": _currency_quote,
    "CA": _bar("1m", _currencies),
    "CAS": _bar("1s", _currencies),
    "XT": _crypto_trade,
    "XQ": _crypto_quote,
    "XL2": _crypto_book,
    "XA": _bar("1m", _crypto),
    "XAS": _bar("1s", _crypto),
}

"""LOBSTER: NASDAQ order messages with the book beside them, a zip of both or a message csv with its book csv.

Message: seconds after New York midnight, type, order id, size, price × 10⁴, direction of the resting order. Book: ask
price, ask size, bid price, bid size a level, one row a message. Source: the readme in LOBSTER's sample files.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from surveillance.errors import FormatError
from surveillance.events import DAY, MINUTE, SECOND
from surveillance.feeds import assembly
from surveillance.feeds.assembly import ABSENT
from surveillance.feeds.columns import INTEGER, TEXT, Rows, read_rows
from surveillance.feeds.feed import EPOCH_DAY, Defaults, Feed, FileSource, Options
from surveillance.feeds.files import open_zipped, unwrapped, wrapping, zip_names
from surveillance.feeds.local_time import NEW_YORK, wall_to_utc
from surveillance.feeds.session_close import session_closes
from surveillance.feeds.strangers import refuse_others
from surveillance.feeds.text import Block, Text
from surveillance.wire import Decoded, Rejected

TITLE: Final = "a LOBSTER message file"
VENUE: Final = "XNAS"
TICK: Final = 0.01
PRICE_SCALE: Final = 10_000.0
NO_PRICE: Final = 9_999_999_999
"""Stands for the price of a side that is empty, with either sign."""
NEW, PART_CANCEL, DELETE, EXECUTION, HIDDEN_EXECUTION, CROSS, HALT = range(1, 8)
STATES: Final = {-1: "halted", 0: "pre_open", 1: "open"}
_NAME: Final = re.compile(r"(?P<stem>[^/]*?)_?(?P<kind>message|orderbook)_?(?P<rest>[^/]*)\.csv(\.gz)?$", re.I)
_TITLE_PARTS: Final = re.compile(r"(?P<symbol>[^/_]+)_(?P<day>\d{4}-\d{2}-\d{2})(?=_|\.)")
_TIME: Final = r"^(?P<seconds>\d{1,5})(?:\.(?P<fraction>\d{0,9})\d*)?$"
_MESSAGE: Final = pa.schema(
    [
        pa.field("time", TEXT, nullable=False),
        pa.field("type", INTEGER, nullable=False),
        pa.field("order_id", TEXT, nullable=False),
        pa.field("size", INTEGER, nullable=False),
        pa.field("price", INTEGER, nullable=False),
        pa.field("direction", INTEGER, nullable=False),
    ]
)
_TOP: Final = ("ask_price_1", "ask_size_1", "bid_price_1", "bid_size_1")
_TYPES: Final = ("order", "trade", "quote", "status")
_ACTIONS: Final = ("new", "cancel", "fill")
_SIDES: Final = ("buy", "sell")
_ORDER, _TRADE, _QUOTE, _STATUS = range(4)


@dataclass(slots=True)
class _Day:
    """One trading date's pair: who and when, and the top of book last seen."""

    symbol: str
    day: date
    top: NDArray[np.int64] | None = None


def _decode(source: FileSource, options: Options, left_out: Counter[str]) -> tuple[Defaults, Iterator[Decoded]]:
    pairs = _pairs(source)
    opened = [_open(message, book, options) for message, book in pairs]
    levels = max(levels for *_, levels in opened)
    defaults = Defaults("XNYS", "equity", "America/New_York", TICK, levels)
    return defaults, _chunks(opened)


def _chunks(opened: list[tuple[_Day, Text, Text, int]]) -> Iterator[Decoded]:
    for day, messages, books, levels in opened:
        yield from _read_pair(day, messages, books, _book_schema(levels))


def _pairs(source: FileSource) -> list[tuple[FileSource, FileSource]]:
    if wrapping(source) != "zip":
        if source.companion is None:
            raise FormatError(f"{source.name} is read with the order book file beside it, which was not found.")
        return [(_only(source), _only(source.companion))]
    names = zip_names(source)
    wanted = [name for name in names if _kind(name) == "message"]
    if not wanted:
        raise FormatError(f"{source.name} is a zip without a LOBSTER message file.")
    pairs = []
    for name in wanted:
        book = companion_name(name)
        if book not in names:
            raise FormatError(f"{source.name} is incomplete: it has {name} but not its order book {book}.")
        pairs.append((open_zipped(source, name), open_zipped(source, book)))
    return pairs


def _only(source: FileSource) -> FileSource:
    return next(unwrapped(source))


def _kind(name: str) -> str | None:
    found = _NAME.search(name)
    return found["kind"].lower() if found else None


def companion_name(name: str) -> str | None:
    """Give the name of a message file's order book."""
    found = _NAME.search(name)
    if not found or found["kind"].lower() != "message":
        return None
    start, end = found.span("kind")
    return name[:start] + "orderbook" + name[end:]


def _open(message: FileSource, book: FileSource, options: Options) -> tuple[_Day, Text, Text, int]:
    messages, books = Text(message), Text(book)
    refuse_others(message.name, messages.head, ("lobster", "book"), TITLE)
    columns = books.head.split(b"\n", 1)[0].count(b",") + 1
    if columns % 4:
        raise FormatError(f"{book.name} is no LOBSTER order book: {columns} columns are not four a level.")
    return _trading_day(message.name, options), messages, books, columns // 4


def _trading_day(name: str, options: Options) -> _Day:
    found = _TITLE_PARTS.search(name.rpartition("/")[2]) or _TITLE_PARTS.search(name)
    symbol = found["symbol"] if found else options.symbol
    try:
        day = date.fromisoformat(found["day"]) if found else options.date
    except ValueError:
        day = None
    if symbol is None or day is None:
        raise FormatError(f"{name} names no symbol and trading date, as AAPL_2012-06-21_..._message_1.csv does.")
    return _Day(symbol, day)


def _book_schema(levels: int) -> pa.Schema:
    sides = ("ask_price", "ask_size", "bid_price", "bid_size")
    return pa.schema([pa.field(f"{side}_{n}", INTEGER, nullable=False) for n in range(1, levels + 1) for side in sides])


class _Lines:
    """Hands out a text's lines by number, as many at a time as asked for."""

    def __init__(self, text: Text) -> None:
        self._blocks = text.blocks()
        self._data = b""
        self.is_cut = False

    def take(self, count: int) -> bytes:
        """Give the next `count` lines, or fewer at the end."""
        parts: list[bytes] = []
        while count > 0:
            if not self._data:
                block = next(self._blocks, None)
                if block is None:
                    break
                self._data, self.is_cut = block.data, block.is_cut
            ends = np.flatnonzero(np.frombuffer(self._data, np.uint8) == 10)
            if ends.size < count:
                parts.append(self._data)
                count -= ends.size + (not self._data.endswith(b"\n"))
                self._data = b""
            else:
                end = int(ends[count - 1]) + 1
                parts.append(self._data[:end])
                self._data = self._data[end:]
                count = 0
        return b"".join(parts)

    def has_more(self) -> bool:
        """Tell whether anything but empty lines is left."""
        return bool(self._data.strip()) or any(block.data.strip() for block in self._blocks)


def _line_count(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def _read_pair(day: _Day, messages: Text, books: Text, schema: pa.Schema) -> Iterator[Decoded]:
    book_lines = _Lines(books)
    for block in messages.blocks():
        data = block.data.rstrip(b"\r\n") if block.is_cut or not block.data.strip() else block.data
        count = _line_count(data)
        book = book_lines.take(count)
        rows = read_rows(data, _MESSAGE)
        block.check_end(messages.name, rows.last_rejected())
        if _line_count(book) < count and not _only_empty_lines_lack(data, _line_count(book)):
            raise FormatError(f"{messages.name} and its order book are of unequal length: the order book ends early.")
        top = read_rows(book, schema, _TOP)
        if book_lines.is_cut and top.last_rejected() is not None and top.last_rejected() == book.rpartition(b"\n")[2]:
            raise FormatError(f"{books.name} is truncated: its last line ends early.")
        yield _decode_block(day, block, rows, top)
    if book_lines.has_more():
        raise FormatError(f"{messages.name} and its order book are of unequal length: the messages end early.")


def _only_empty_lines_lack(data: bytes, count: int) -> bool:
    return not b"".join(data.split(b"\n")[count:]).strip()


def _decode_block(day: _Day, block: Block, rows: Rows, top: Rows) -> Decoded:
    times, timely = _nanoseconds(rows.text("time"))
    kind = rows.integer("type")
    rows, good = rows.sifted(
        {
            "bad_time": ~timely,
            "unknown_message_type": (kind < NEW) | (kind > HALT),
            "unknown_halt_state": (kind == HALT) & ~np.isin(rows.integer("price"), list(STATES)),
            "bad_direction": (kind < CROSS) & (np.abs(rows.integer("direction")) != 1),
        }
    )
    times, kind = times[good], kind[good]
    ts = wall_to_utc((day.day.toordinal() - EPOCH_DAY) * DAY + times, NEW_YORK)
    quotes, changed = _changed_tops(day, rows, top)
    per_line = 1 + (kind == EXECUTION) + changed
    events_before = np.concatenate([[0], np.cumsum(per_line)])
    table = _events(day, rows, ts, kind, per_line, quotes, changed, block.first_line)
    rejected = rows.rejected(events_before, day.symbol)
    rejected += _rejected_books(top, rows.lines, events_before, day.symbol)
    rejected.sort(key=lambda reject: reject.position)
    return Decoded(table, rejected)


def _rejected_books(
    top: Rows, lines: NDArray[np.int64], events_before: NDArray[np.int64], symbol: str
) -> list[Rejected]:
    places = np.searchsorted(lines, [bad.line for bad in top.bad], side="right")
    return [
        Rejected(int(events_before[place]), f"book:{bad.reason}", bad.text, symbol)
        for place, bad in zip(places, top.bad, strict=True)
    ]


def _nanoseconds(texts: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Read decimal seconds as integers; digits beyond the ninth are cut. False marks what is no time of a day."""
    parts = pc.extract_regex(texts, pattern=_TIME)
    known = np.asarray(parts.is_valid().to_numpy(zero_copy_only=False), bool)
    seconds = pc.fill_null(pc.struct_field(parts, [0]), "0")
    fraction = pc.utf8_rpad(pc.fill_null(pc.struct_field(parts, ["fraction"]), ""), 9, "0")
    times = pc.add(pc.multiply(seconds.cast(pa.int64()), SECOND), fraction.cast(pa.int64()))
    values = np.asarray(times.to_numpy(zero_copy_only=False), np.int64)
    return values, known & (values < DAY)


def _changed_tops(day: _Day, rows: Rows, top: Rows) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give each message's top of book (four columns) and whether it differs from the one before."""
    tops = np.stack([top.integer(name) for name in _TOP], axis=1)
    place = np.searchsorted(top.lines, rows.lines)
    known = place < top.lines.size
    known[known] = top.lines[place[known]] == rows.lines[known]
    quotes = np.zeros((rows.lines.size, 4), np.int64)
    quotes[known] = tops[place[known]]
    changed = np.zeros(rows.lines.size, bool)
    seen = quotes[known]
    if seen.size:
        before = np.concatenate([seen[:1] if day.top is None else day.top[None], seen[:-1]])
        differs = (seen != before).any(axis=1)
        differs[0] |= day.top is None
        changed[known] = differs
        day.top = seen[-1].copy()
    return quotes, changed


def _events(
    day: _Day,
    rows: Rows,
    ts: NDArray[np.int64],
    kind: NDArray[np.int64],
    per_line: NDArray[np.int64],
    quotes: NDArray[np.int64],
    changed: NDArray[np.bool_],
    first_line: int,
) -> pa.Table:
    """Lay out each message's events one after the other: the order or trade, a fill's trade, the quote."""
    count = int(per_line.sum())
    line = np.repeat(np.arange(kind.size), per_line)
    slot = np.arange(count) - np.repeat(np.cumsum(per_line) - per_line, per_line)
    message = kind[line]
    is_quote = changed[line] & (slot == per_line[line] - 1)
    is_trade = ~is_quote & (((message == EXECUTION) & (slot == 1)) | (message == HIDDEN_EXECUTION) | (message == CROSS))
    is_status = ~is_quote & (message == HALT)
    is_order = ~(is_quote | is_trade | is_status)
    what = np.select([is_order, is_trade, is_quote], [_ORDER, _TRADE, _QUOTE], _STATUS)

    buys = rows.integer("direction")[line] == 1
    resting_side = np.where(buys, 0, 1)
    price = rows.integer("price")[line]
    size = rows.integer("size")[line].astype(np.float64)
    priced = is_order | is_trade
    crossed = is_trade & (message == CROSS)
    named = ((message == EXECUTION) & ~is_quote) | is_trade
    names = pc.binary_join_element_wise(day.day.isoformat(), pa.array(rows.lines + first_line).cast(pa.string()), "-")
    state = np.searchsorted(np.array(sorted(STATES)), np.where(is_status, price, 0))
    ask_price, ask_size, bid_price, bid_size = quotes[line].T
    columns = {
        "type": assembly.words(_TYPES, what),
        "symbol": assembly.repeated(day.symbol, count),
        "ts": pa.array(ts[line]),
        "venue": assembly.repeated(VENUE, count),
        "action": assembly.words(
            _ACTIONS, np.where(is_order, np.select([message == NEW, message == EXECUTION], [0, 2], 1), ABSENT)
        ),
        "order_id": _taken(rows.text("order_id"), line, is_order),
        "side": assembly.words(_SIDES, np.where(is_order, resting_side, ABSENT)),
        "price": assembly.numbers(price / PRICE_SCALE, ~priced),
        "size": assembly.numbers(size, ~priced | (is_order & (message == DELETE))),
        "hidden": pa.array(np.ones(count, bool), mask=~(is_trade & (message == HIDDEN_EXECUTION))),
        "trade_id": _taken(names, line, named),
        "aggressor": assembly.words(_SIDES, np.where(is_trade & ~crossed, 1 - resting_side, ABSENT)),
        "bid_price": _side_price(bid_price, is_quote),
        "bid_size": _side_size(bid_price, bid_size, is_quote),
        "ask_price": _side_price(ask_price, is_quote),
        "ask_size": _side_size(ask_price, ask_size, is_quote),
        "state": assembly.words([STATES[price] for price in sorted(STATES)], np.where(is_status, state, ABSENT)),
    }
    if crossed.any():
        columns["conditions"] = _auctions(day, ts[line], crossed)
    return assembly.table(columns) if count else pa.table({})


def _taken(texts: pa.Array, line: NDArray[np.int64], wanted: NDArray[np.bool_]) -> pa.Array:
    return texts.take(pa.array(line, mask=~wanted))


def _side_price(price: NDArray[np.int64], is_quote: NDArray[np.bool_]) -> pa.Array:
    return assembly.numbers(price / PRICE_SCALE, ~is_quote | (np.abs(price) >= NO_PRICE))


def _side_size(price: NDArray[np.int64], size: NDArray[np.int64], is_quote: NDArray[np.bool_]) -> pa.Array:
    return assembly.numbers(np.where(np.abs(price) >= NO_PRICE, 0, size).astype(np.float64), ~is_quote)


def _auctions(day: _Day, ts: NDArray[np.int64], crossed: NDArray[np.bool_]) -> pa.Array:
    """Call a cross from the session's last minute on the closing auction, any other (a reopening too) the opening."""
    close = int(session_closes(np.array([day.day.toordinal() - EPOCH_DAY]))[0])
    codes = np.where(crossed, np.where(ts >= close - MINUTE, 2, 1), 0)
    return assembly.lists([None, ["auction_open"], ["auction_close"]], codes)


def _recognises(source: FileSource) -> bool:
    try:
        if wrapping(source) == "zip":
            return any(_kind(name) == "message" for name in zip_names(source))
    except FormatError:
        return _kind(source.name) is not None or source.name.lower().endswith(".zip")
    return _kind(source.name) == "message"


def _is_book(name: str) -> bool:
    return _kind(name) == "orderbook"


FEED: Final = Feed("lobster", TITLE, (".zip", ".csv", ".csv.gz"), _decode, _recognises, companion_name, _is_book)

"""The live board: what is known of each instrument and feed from the events so far, and rates by the second. No I/O.

Prices and best quotes are those the events name; a board of order flow without quotes shows no spread. Rates are means
of the last seconds that were closed.
"""

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from surveillance.events import EVERYTHING, SECOND
from surveillance.reference import Instrument

RATE_SECONDS: Final = 5
TRACE_SECONDS: Final = 120
ARRIVALS_KEPT: Final = 400
DELAYS_KEPT: Final = 4_000
CONSOLIDATED: Final = "NBBO"
SKEWED_NS: Final = 10 * SECOND
"""How long a feed counts as skewed after it was said to be; nothing says that it is no more."""
OWN: Final = "/status"
"""The end of the producer that an ingester writes its own statuses as."""

Rows = NDArray[Any]


class Quote(msgspec.Struct):
    """One venue's best prices; None where a side is empty or was never told."""

    bid: float | None = None
    ask: float | None = None


class Line(msgspec.Struct):
    """One instrument. `seconds` holds (orders, trades, all events) of the last closed seconds, newest last."""

    symbol: str
    first: float | None = None
    last: float | None = None
    last_ts: int = 0
    volume: float = 0.0
    trades: int = 0
    state: str = ""
    quotes: dict[str, Quote] = {}
    trace: deque[float] = msgspec.field(default_factory=lambda: deque(maxlen=TRACE_SECONDS))
    open_second: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])
    seconds: deque[tuple[int, ...]] = msgspec.field(default_factory=lambda: deque(maxlen=RATE_SECONDS))
    arrivals: deque[tuple[Rows, Rows]] = msgspec.field(default_factory=lambda: deque(maxlen=ARRIVALS_KEPT))

    @property
    def best(self) -> Quote:
        """Give the consolidated best prices, else the best of all venues."""
        if CONSOLIDATED in self.quotes:
            return self.quotes[CONSOLIDATED]
        bids = [quote.bid for quote in self.quotes.values() if quote.bid is not None]
        asks = [quote.ask for quote in self.quotes.values() if quote.ask is not None]
        return Quote(max(bids, default=None), min(asks, default=None))

    @property
    def spread_bp(self) -> float | None:
        """Give the best spread in hundredths of a percent of its middle."""
        best = self.best
        if best.bid is None or best.ask is None or best.bid + best.ask <= 0:
            return None
        return 2e4 * (best.ask - best.bid) / (best.ask + best.bid)

    def change(self, before: float | None) -> float | None:
        """Give the change of the last price as a share: from the close before where known, else the first trade."""
        start = before or self.first
        return self.last / start - 1 if self.last is not None and start else None

    def rates(self) -> tuple[float, float, float]:
        """Give orders, trades and all events a second."""
        count = len(self.seconds) or 1
        orders, trades, events = (sum(second[place] for second in self.seconds) / count for place in range(3))
        return orders, trades, events


class Feed(msgspec.Struct):
    """One channel of a feed as its events tell it."""

    name: str
    received_ts: int = 0
    ts: int = 0
    events: int = 0
    gaps: int = 0
    gap_ts: int = 0
    state: str = ""
    state_ts: int = 0
    open_second: int = 0
    seconds: deque[int] = msgspec.field(default_factory=lambda: deque(maxlen=RATE_SECONDS))

    @property
    def rate(self) -> float:
        """Give events a second."""
        return sum(self.seconds) / (len(self.seconds) or 1)

    def told(self, ts: int, state: str) -> None:
        """Take a status of the feed; it comes once for each lane."""
        if state == "gap" and ts > self.gap_ts:
            self.gaps, self.gap_ts = self.gaps + 1, ts
        elif state in ("silent", "skewed"):
            self.state, self.state_ts = state, ts
        elif state == "resumed":
            self.state = ""


class Board:
    """Takes events in the order in which they were carried; `tick` closes a second."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.feeds: dict[str, Feed] = {}
        self.events = 0
        self.seconds: deque[int] = deque(maxlen=TRACE_SECONDS)
        self.delays_ns: deque[int] = deque(maxlen=DELAYS_KEPT)
        self._open_second = 0
        self._caught_up = False

    def take(self, table: pa.Table, arrived_ns: Rows | None = None) -> None:
        """Take events; `arrived_ns` is when each came into the stream, by the wall clock, where that is known."""
        received = _Columns(table).integers("received_ts") if self._caught_up and arrived_ns is not None else None
        if received is not None and arrived_ns is not None:
            self.delays_ns.extend((arrived_ns - received)[:: max(1, received.size // 50)].tolist())
        table = table.filter(pc.and_(pc.is_valid(table.column("symbol")), pc.is_valid(table.column("ts"))))
        if not table.num_rows:
            return
        columns = _Columns(table)
        for symbol, rows in columns.groups("symbol"):
            if symbol != EVERYTHING:
                self._line(symbol, columns, rows)
        for producer, rows in columns.groups("producer"):
            self._feed(producer, columns, rows)
        self.events += table.num_rows
        self._open_second += table.num_rows

    def tick(self) -> None:
        """Close the second. What was read before the first call is no rate: it may be minutes of events."""
        if self._caught_up:
            self.seconds.append(self._open_second)
        for line in self.lines.values():
            if self._caught_up:
                line.seconds.append(tuple(line.open_second))
            line.open_second = [0, 0, 0]
            if line.last is not None:
                line.trace.append(line.last)
        for feed in self.feeds.values():
            if self._caught_up:
                feed.seconds.append(feed.open_second)
            feed.open_second = 0
        self._open_second = 0
        self._caught_up = True

    @property
    def rate(self) -> float:
        """Give events a second."""
        newest = list(self.seconds)[-RATE_SECONDS:]
        return sum(newest) / (len(newest) or 1)

    def received(self, symbol: str, ts: int) -> int | None:
        """Give when the first event of a symbol at or beyond `ts` was received, if that is still remembered."""
        line = self.lines.get(symbol)
        for number, (stamps, received) in enumerate(line.arrivals if line else ()):
            place = int(np.searchsorted(stamps, ts))
            if place < stamps.size:
                forgotten = number == 0 and place == 0 and stamps[0] > ts
                return None if forgotten else int(received[place])
        return None

    def _line(self, symbol: str, columns: "_Columns", rows: Rows) -> None:
        line = self.lines.get(symbol)
        if line is None:
            line = self.lines[symbol] = Line(symbol, quotes={})
        kinds = columns.text("type", rows)
        orders, trades = kinds == "order", kinds == "trade"
        line.open_second[0] += int(orders.sum())
        line.open_second[1] += int(trades.sum())
        line.open_second[2] += rows.size
        stamps = columns.stamps[rows]
        line.last_ts = max(line.last_ts, int(stamps.max()))
        prints = rows[trades & ~np.isnan(columns.number("price", rows)) & (columns.text("correction", rows) == "")]
        if prints.size:
            prices = columns.number("price", prints)
            line.first = float(prices[0]) if line.first is None else line.first
            line.last = float(prices[-1])
            line.volume += float(np.nansum(columns.number("size", prints)))
            line.trades += prints.size
        quoted = rows[kinds == "quote"]
        if quoted.size:
            _quote(line, columns, quoted)
        stated = rows[kinds == "status"]
        if stated.size:
            line.state = str(columns.text("state", stated)[-1]) or line.state
        received = columns.integers("received_ts", rows)
        if received is not None:
            line.arrivals.append((np.maximum.accumulate(stamps), received))

    def _feed(self, producer: str, columns: "_Columns", rows: Rows) -> None:
        kinds, states = columns.text("type", rows), columns.text("state", rows)
        own = producer.endswith(OWN)
        for channel, chosen in _by(columns.text("channel", rows)) if own else [("", np.arange(rows.size))]:
            name = f"{producer.removesuffix(OWN)}/{channel}" if own and channel else producer.removesuffix(OWN)
            feed = self.feeds.get(name)
            if feed is None:
                feed = self.feeds[name] = Feed(name)
            statuses = chosen[kinds[chosen] == "status"]
            for ts, state in zip(columns.stamps[rows][statuses].tolist(), states[statuses].tolist(), strict=True):
                feed.told(ts, state)
            if own:
                continue
            received = columns.integers("received_ts", rows)
            feed.received_ts = max(feed.received_ts, int(received.max()) if received is not None else 0)
            feed.ts = max(feed.ts, int(columns.stamps[rows].max()))
            if feed.state == "silent" or feed.ts - feed.state_ts > SKEWED_NS:
                feed.state = ""
            feed.events += rows.size
            feed.open_second += rows.size


def decimals_of(instrument: Instrument | None, line: Line) -> int:
    """Give the decimals that an instrument's prices need, by its tick size, else by the prices themselves."""
    if instrument is not None and instrument.tick_size:
        step = instrument.tick_size
    else:
        step = next((1 / 10**places for places in range(2, 6) if _has(line, places)), 1e-6)
    return next((places for places in range(2, 9) if abs(step * 10**places - round(step * 10**places)) < 1e-6), 8)


def _has(line: Line, places: int) -> bool:
    shown = [price for price in (line.last, line.best.bid, line.best.ask) if price is not None]
    return all(abs(price * 10**places - round(price * 10**places)) < 1e-6 * 10**places for price in shown)


def _quote(line: Line, columns: "_Columns", rows: Rows) -> None:
    for venue, chosen in _by(columns.text("venue", rows)):
        own = rows[chosen]
        quote = line.quotes.setdefault(venue, Quote())
        for side in ("bid", "ask"):
            prices, sizes = columns.number(f"{side}_price", own), columns.number(f"{side}_size", own)
            told = np.flatnonzero(~np.isnan(prices) | (sizes == 0))
            if told.size:
                newest = told[-1]
                setattr(quote, side, None if sizes[newest] == 0 else float(prices[newest]))


def _by(texts: Rows) -> Iterator[tuple[str, Rows]]:
    """Give each word of some rows with the places where it stands."""
    for word in dict.fromkeys(texts.tolist()):
        yield word, np.flatnonzero(texts == word)


class _Columns:
    """A table's columns as numpy arrays, made once; absent text is "", an absent number not a number."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._made: dict[str, Rows] = {}

    @cached_property
    def stamps(self) -> Rows:
        """Give the events' times; none may be absent."""
        return np.asarray(self._column("ts", pa.int64()).to_numpy(zero_copy_only=False), np.int64)

    def groups(self, name: str) -> Iterator[tuple[str, Rows]]:
        """Give each word of a column with its rows, in their order."""
        if name not in self._table.column_names:
            return
        coded = pc.dictionary_encode(_plain(self._table.column(name))).combine_chunks()
        codes = np.asarray(coded.indices.fill_null(-1))
        order = np.argsort(codes, kind="stable")
        edges = np.searchsorted(codes[order], np.arange(len(coded.dictionary) + 1))
        for code, word in enumerate(coded.dictionary.to_pylist()):
            yield word, order[edges[code] : edges[code + 1]]

    def text(self, name: str, rows: Rows) -> Rows:
        if name not in self._made:
            column = self._column(name, pa.string())
            self._made[name] = np.asarray(column.fill_null("").to_numpy(zero_copy_only=False), object)
        return self._made[name][rows]

    def number(self, name: str, rows: Rows) -> Rows:
        if name not in self._made:
            column = self._column(name, pa.float64())
            self._made[name] = np.asarray(column.fill_null(float("nan")).to_numpy(zero_copy_only=False), float)
        return self._made[name][rows]

    def integers(self, name: str, rows: Rows | None = None) -> Rows | None:
        """Give a column of whole numbers, or some of its rows; None where one of all is absent."""
        if name not in self._made:
            column = self._column(name, pa.int64())
            whole = column if not column.null_count else pa.array([], pa.int64())
            self._made[name] = np.asarray(whole.to_numpy(zero_copy_only=False), np.int64)
        made = self._made[name]
        if made.size != self._table.num_rows:
            return None
        return made if rows is None else made[rows]

    def _column(self, name: str, kind: pa.DataType) -> pa.Array:
        if name not in self._table.column_names:
            return pa.nulls(self._table.num_rows, kind)
        combined = _plain(self._table.column(name)).combine_chunks()
        return combined.cast(kind) if combined.type != kind else combined


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column

"""What happened around an alert, re-read from its events: best prices, depth, trades, bars, the lives of its orders."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec

from surveillance.alerts import Alert
from surveillance.events import EVERYTHING, INTERVALS, SECOND
from surveillance.wire import Decoded

COLUMNS: Final = 150
"""Moments at which the depth of the book is looked at."""
CONSOLIDATED: Final = "NBBO"
_LEAST_LEAD_NS: Final = 1_500_000_000
_BARE_LEAD_NS: Final = 60 * SECOND
_BARE_LEADS: Final = 20
"""An alert without orders and trades is shown after so many times its own length: that is what it is compared with."""
_WANTED: Final = (
    *("type", "symbol", "ts", "venue", "action", "order_id", "previous_order_id", "account", "side", "price", "size"),
    "trade_id",
    *("aggressor", "buy_order_id", "sell_order_id", "correction", "state", "interval", "open", "high", "low", "close"),
    *("volume", "bid_price", "bid_size", "ask_price", "ask_size", "headline"),
)


class Trade(msgspec.Struct, frozen=True):
    """A print; `side` is the aggressor's (1, −1, 0 unknown), `named` says that it is evidence."""

    ts: int
    price: float
    size: float
    side: int
    named: bool


class Bar(msgspec.Struct, frozen=True):
    """A fed bar; `ts` is its end."""

    ts: int
    seconds: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Life(msgspec.Struct):
    """An evidence order at one price: from `start` to `end` (None: beyond the picture), and how it ended."""

    order_id: str
    side: int
    price: float
    size: float
    start: int
    end: int | None = None
    ended: str = ""
    filled: float = 0.0


class Step(msgspec.Struct, frozen=True):
    """One event and what it did to the book: (price, quantity before, quantity after), bids above 0; then best prices.

    `named` says that it is evidence.
    """

    ts: int
    kind: str
    words: str
    named: bool
    changes: tuple[tuple[float, float, float], ...]
    bid: float | None
    ask: float | None


class Episode(msgspec.Struct):
    """An alert's surroundings between `start` and `end`. `depth` holds quantity by price at `moments`, bids above 0.

    `steps`, where they were asked for, lead on from the book at `start`, which is `opening`.
    """

    alert: Alert
    start: int
    end: int
    touch: list[tuple[int, float | None, float | None]] = []
    trades: list[Trade] = []
    bars: list[Bar] = []
    lives: list[Life] = []
    marks: list[tuple[int, str]] = []
    moments: list[int] = []
    depth: list[dict[float, float]] = []
    opening: dict[float, float] = {}
    steps: list[Step] = []


def window(alert: Alert) -> tuple[int, int]:
    """Give what to show of time around an alert."""
    length = max(alert.end_ts - alert.start_ts, 1)
    if alert.order_ids or alert.trade_ids:
        lead = max(int(0.35 * length), _LEAST_LEAD_NS)
        return alert.start_ts - lead, alert.end_ts + lead
    return alert.start_ts - max(_BARE_LEADS * length, _BARE_LEAD_NS), alert.end_ts + max(2 * length, _BARE_LEAD_NS // 4)


def arrival_days(alert: Alert) -> tuple[date, date]:
    """Give the days of arrival to look at in a lake: that of the lane log it rests on, where named, else its own.

    Recorded flow arrives long after it happened.
    """
    named = re.search(r"date=(\d{4}-\d{2}-\d{2})", alert.evidence_uri or "")
    if named:
        last = date.fromisoformat(named[1])
        return last - timedelta(days=1), last
    first = datetime.fromtimestamp(alert.start_ts // SECOND, UTC).date()
    return first, first + timedelta(days=1)


def read_episode(alert: Alert, chunks: Iterable[Decoded], most_steps: int = 0) -> Episode:
    """Follow the alert's symbol through its events up to the end of the picture; tell at most so many steps."""
    start, end = window(alert)
    episode = Episode(alert, start, end)
    episode.moments = [start + (end - start) * place // COLUMNS for place in range(COLUMNS)]
    book = _Book(episode, most_steps)
    for row in _rows(alert.symbol, chunks, end):
        book.take(row)
    book.finish()
    return episode


def _rows(symbol: str, chunks: Iterable[Decoded], end: int) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    for decoded in chunks:
        table = decoded.table
        if not {"ts", "symbol", "type"} <= set(table.column_names):
            continue
        mine = pc.is_in(table.column("symbol"), value_set=pa.array([symbol, EVERYTHING]))
        table = table.filter(pc.and_(mine, pc.less_equal(table.column("ts"), end)))
        yield from table.select([name for name in _WANTED if name in table.column_names]).to_pylist()


class _Book:
    """Keeps open orders, depth by price and the quotes of venues, and writes down what lies in the picture."""

    def __init__(self, episode: Episode, most_steps: int) -> None:
        self._episode = episode
        self._most_steps = most_steps
        self._changes: list[tuple[float, float, float]] = []
        self._orders: dict[str, list[Any]] = {}
        self._levels: dict[float, float] = {}
        self._quotes: dict[str, list[float | None]] = {}
        self._alive: dict[str, Life] = {}
        self._named = set(episode.alert.order_ids)
        self._trades = set(episode.alert.trade_ids)
        self._touch: tuple[float | None, float | None] = (None, None)

    def take(self, row: Mapping[str, Any]) -> None:
        """Take one event; the moments before it see the book without it."""
        ts: int = row["ts"]
        self._look(ts)
        if ts < self._episode.start or len(self._episode.steps) >= self._most_steps:
            self._apply(row, ts)
            return
        if not self._episode.steps:
            self._episode.opening = dict(self._levels)
        self._changes = []
        self._apply(row, ts)
        named = self._is_named(row)
        step = Step(ts, row["type"], _words(row), named, tuple(self._changes), *self._touch)
        self._episode.steps.append(step)

    def _apply(self, row: Mapping[str, Any], ts: int) -> None:
        kind = row["type"]
        if kind == "order":
            self._order(row)
        elif kind == "quote":
            self._quote(row)
        elif ts < self._episode.start:
            return
        elif kind == "trade" and row.get("price") is not None and not row.get("correction"):
            self._trade(row)
        elif kind == "bar" and row.get("close") is not None:
            self._bar(row)
        elif kind in ("news", "status"):
            self._episode.marks.append((ts, row.get("headline") or row.get("state") or kind))

    def finish(self) -> None:
        """Let the moments that are left see the book as it stands."""
        self._look(self._episode.end + 1)
        self._episode.lives += self._alive.values()
        if self._touch != (None, None) and not self._episode.touch:
            self._episode.touch.append((self._episode.start, *self._touch))
        if self._episode.touch:
            self._episode.touch.append((self._episode.end, *self._touch))

    def _look(self, ts: int) -> None:
        episode = self._episode
        while len(episode.depth) < len(episode.moments) and episode.moments[len(episode.depth)] < ts:
            episode.depth.append(dict(self._levels))

    def _order(self, row: Mapping[str, Any]) -> None:
        action, name, size = row["action"], row["order_id"], row.get("size")
        if action == "new":
            side = 1 if row.get("side") == "buy" else -1
            self._open(name, side, row.get("price"), size or 0.0, row["ts"])
            return
        known = self._orders.get(row.get("previous_order_id") or name)
        if known is None:
            return
        side, price, remaining = known
        if action == "replace":
            self._close(row.get("previous_order_id") or name, row["ts"], "replaced")
            new_price, new_size = row.get("price"), row.get("size")
            self._open(
                name,
                side,
                price if new_price is None else new_price,
                remaining if new_size is None else new_size,
                row["ts"],
            )
            return
        removed = remaining if size is None else min(size, remaining)
        if action == "fill" and name in self._alive:
            self._alive[name].filled += removed
        self._level(side, price, -removed)
        known[2] = remaining - removed
        if known[2] <= 1e-12:
            self._close(name, row["ts"], "cancelled" if action == "cancel" else "filled")

    def _open(self, name: str, side: int, price: float | None, size: float, ts: int) -> None:
        self._orders[name] = [side, price, size]
        self._level(side, price, size)
        if name in self._named and price is not None:
            self._alive[name] = Life(name, side, price, size, ts)

    def _close(self, name: str, ts: int, how: str) -> None:
        side, price, remaining = self._orders.pop(name)
        self._level(side, price, -remaining)
        life = self._alive.pop(name, None)
        if life is not None:
            life.end, life.ended = ts, how
            if ts >= self._episode.start:
                self._episode.lives.append(life)

    def _level(self, side: int, price: float | None, change: float) -> None:
        if price is None or not change:
            return
        before = self._levels.get(price, 0.0)
        left = before + side * change
        if abs(left) < 1e-12:
            left = 0.0
            self._levels.pop(price, None)
        else:
            self._levels[price] = left
        if self._most_steps:
            self._changes.append((price, before, left))

    def _quote(self, row: Mapping[str, Any]) -> None:
        quote = self._quotes.setdefault(row.get("venue") or "", [None, None])
        for place, side in enumerate(("bid", "ask")):
            if row.get(f"{side}_price") is not None:
                quote[place] = row[f"{side}_price"]
            if row.get(f"{side}_size") == 0:
                quote[place] = None
        best = self._quotes.get(CONSOLIDATED) or [
            max((one[0] for one in self._quotes.values() if one[0] is not None), default=None),
            min((one[1] for one in self._quotes.values() if one[1] is not None), default=None),
        ]
        if (best[0], best[1]) != self._touch:
            if row["ts"] >= self._episode.start and not self._episode.touch:
                self._episode.touch.append((self._episode.start, *self._touch))
            self._touch = (best[0], best[1])
            if row["ts"] >= self._episode.start:
                self._episode.touch.append((row["ts"], *self._touch))

    def _is_named(self, row: Mapping[str, Any]) -> bool:
        """Say whether an event is of the alert's orders or trades."""
        orders = {row.get(name) for name in ("order_id", "previous_order_id", "buy_order_id", "sell_order_id")}
        return row.get("trade_id") in self._trades or bool(self._named & orders)

    def _trade(self, row: Mapping[str, Any]) -> None:
        named = self._is_named(row)
        side = {"buy": 1, "sell": -1}.get(row.get("aggressor") or "", 0)
        self._episode.trades.append(Trade(row["ts"], row["price"], row.get("size") or 0.0, side, named))

    def _bar(self, row: Mapping[str, Any]) -> None:
        close = row["close"]
        first, high, low = (close if row.get(name) is None else row[name] for name in ("open", "high", "low"))
        seconds = INTERVALS.get(row.get("interval") or "", 0)
        self._episode.bars.append(Bar(row["ts"], seconds, first, high, low, close, row.get("volume") or 0.0))


def _words(row: Mapping[str, Any]) -> str:
    """Tell one event in a few words."""
    kind = row["type"]
    if kind == "quote":
        sides = (f"{side} {_at(row, f'{side}_')}" for side in ("bid", "ask"))
        return f"quote {row.get('venue') or ''} {' '.join(sides)}".replace("  ", " ")
    if kind in ("news", "status"):
        return str(row.get("headline") or row.get("state") or kind)
    if kind == "bar":
        return f"bar closes at {row.get('close')}"
    said = [row.get("action") or kind, row.get("side") or row.get("aggressor") or "", _at(row, ""), row.get("account")]
    return " ".join(str(word) for word in said if word)


def _at(row: Mapping[str, Any], prefix: str) -> str:
    size, price = row.get(f"{prefix}size"), row.get(f"{prefix}price")
    parts = ["" if size is None else f"{size:,g}", "" if price is None else f"@ {price:,.10g}"]
    return " ".join(part for part in parts if part) or ("all" if not prefix else "–")

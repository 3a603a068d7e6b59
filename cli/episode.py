"""What happened around an alert, re-read from its events: best prices, depth, trades, bars, the lives of its orders."""

from collections.abc import Iterable, Iterator, Mapping
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
    *("type", "symbol", "ts", "venue", "action", "order_id", "previous_order_id", "side", "price", "size", "trade_id"),
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


class Episode(msgspec.Struct):
    """An alert's surroundings between `start` and `end`. `depth` holds quantity by price at `moments`, bids above 0."""

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


def window(alert: Alert) -> tuple[int, int]:
    """Give what to show of time around an alert."""
    length = max(alert.end_ts - alert.start_ts, 1)
    if alert.order_ids or alert.trade_ids:
        lead = max(int(0.35 * length), _LEAST_LEAD_NS)
        return alert.start_ts - lead, alert.end_ts + lead
    return alert.start_ts - max(_BARE_LEADS * length, _BARE_LEAD_NS), alert.end_ts + max(2 * length, _BARE_LEAD_NS // 4)


def read_episode(alert: Alert, chunks: Iterable[Decoded]) -> Episode:
    """Follow the alert's symbol through its events up to the end of the picture."""
    start, end = window(alert)
    episode = Episode(alert, start, end)
    episode.moments = [start + (end - start) * place // COLUMNS for place in range(COLUMNS)]
    book = _Book(episode)
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

    def __init__(self, episode: Episode) -> None:
        self._episode = episode
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
        left = self._levels.get(price, 0.0) + side * change
        if abs(left) < 1e-12:
            self._levels.pop(price, None)
        else:
            self._levels[price] = left

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

    def _trade(self, row: Mapping[str, Any]) -> None:
        named = row.get("trade_id") in self._trades or bool(
            self._named & {row.get("buy_order_id"), row.get("sell_order_id")}
        )
        side = {"buy": 1, "sell": -1}.get(row.get("aggressor") or "", 0)
        self._episode.trades.append(Trade(row["ts"], row["price"], row.get("size") or 0.0, side, named))

    def _bar(self, row: Mapping[str, Any]) -> None:
        close = row["close"]
        first, high, low = (close if row.get(name) is None else row[name] for name in ("open", "high", "low"))
        seconds = INTERVALS.get(row.get("interval") or "", 0)
        self._episode.bars.append(Bar(row["ts"], seconds, first, high, low, close, row.get("volume") or 0.0))

"""Stylised facts of order flow: what becomes of orders, how long they live, spreads, sizes, how bursty arrivals are.

The same figures from recorded and from simulated flow, so that the two can stand side by side (docs/simulator.md).
Symbols are followed apart and pooled at the end. A replace counts as the end of one life and the start of another, as
it shows where a feed has no replaces. Orders filled as they are entered have no life: a feed of the book alone does not
show them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import numpy as np

from surveillance.events import SECOND
from surveillance.wire import Decoded

QUANTILES: Final = (0.1, 0.5, 0.9, 0.99)
_COLUMNS: Final = (
    *("type", "symbol", "ts", "action", "order_id", "previous_order_id", "price", "size", "correction", "venue"),
    *("bid_price", "bid_size", "ask_price", "ask_size"),
)


class _Symbol(msgspec.Struct):
    """What was seen of one symbol. Orders by id: when entered, open quantity, whether any of it was filled."""

    orders: dict[str, list[Any]] = {}
    actions: dict[str, int] = msgspec.field(default_factory=lambda: defaultdict(int))
    filled: float = 0.0
    cancelled: float = 0.0
    ended: int = 0
    ended_unfilled: int = 0
    lives_cancelled: list[int] = []
    lives_filled: list[int] = []
    order_sizes: list[float] = []
    trade_sizes: list[float] = []
    arrivals: list[int] = []
    quotes: dict[str, list[Any]] = {}
    spreads: list[tuple[float, float, int]] = []


def facts_of(chunks: Iterable[Decoded]) -> dict[str, Any]:
    """Give the facts of a stream of events. Lives and gaps are in seconds, spreads weighed by the time they stood."""
    symbols: dict[str, _Symbol] = defaultdict(_Symbol)
    for decoded in chunks:
        table = decoded.table
        for row in table.select([name for name in _COLUMNS if name in table.column_names]).to_pylist():
            kind = row["type"]
            if kind == "order":
                _order(symbols[row["symbol"]], row)
            elif kind == "trade" and not row.get("correction") and row.get("size"):
                symbols[row["symbol"]].trade_sizes.append(row["size"])
            elif kind == "quote":
                _quote(symbols[row["symbol"]], row)
    return _pooled([one for one in symbols.values() if one.arrivals])


def _order(of: _Symbol, row: Mapping[str, Any]) -> None:
    action, name, size, ts = row["action"], row["order_id"], row.get("size"), row["ts"]
    of.actions[action] += 1
    if action != "fill":
        of.arrivals.append(ts)
    if action == "new":
        of.orders[name] = [ts, size or 0.0, False]
        of.order_sizes.append(size or 0.0)
        return
    known = of.orders.get(row.get("previous_order_id") or name)
    if known is None:
        return
    if action == "replace":
        _end(of, row.get("previous_order_id") or name, ts, of.lives_cancelled)
        left = known[1] if size is None else size
        of.cancelled += known[1]
        of.orders[name] = [ts, left, known[2]]
        return
    removed = min(known[1], known[1] if size is None else size)
    known[1] -= removed
    if action == "fill":
        of.filled += removed
        known[2] = True
    else:
        of.cancelled += removed
    if known[1] <= 0:
        _end(of, name, ts, of.lives_filled if action == "fill" else of.lives_cancelled)


def _end(of: _Symbol, name: str, ts: int, lives: list[int]) -> None:
    entered, _, touched = of.orders.pop(name)
    if touched and ts == entered:
        return
    lives.append(ts - entered)
    of.ended += 1
    of.ended_unfilled += not touched


def _quote(of: _Symbol, row: Mapping[str, Any]) -> None:
    """Weigh the spread of a venue's quote by the time it stood."""
    quote = of.quotes.setdefault(row.get("venue") or "", [np.nan, np.nan, 0])
    bid, ask, since = quote
    if since and ask > bid:
        of.spreads.append(((ask - bid) * 2e4 / (ask + bid), ask - bid, row["ts"] - since))
    for place, side in enumerate(("bid", "ask")):
        if row.get(f"{side}_price") is not None:
            quote[place] = row[f"{side}_price"]
        if row.get(f"{side}_size") == 0:
            quote[place] = np.nan
    quote[2] = row["ts"]


def _pooled(symbols: list[_Symbol]) -> dict[str, Any]:
    actions = {name: sum(one.actions[name] for one in symbols) for name in ("new", "cancel", "replace", "fill")}
    cancelled = np.concatenate([np.array(one.lives_cancelled, float) for one in symbols]) / SECOND
    filled = np.concatenate([np.array(one.lives_filled, float) for one in symbols]) / SECOND
    seconds = sum((one.arrivals[-1] - one.arrivals[0]) / SECOND for one in symbols)
    messages = sum(len(one.arrivals) for one in symbols)
    gaps = np.concatenate([np.diff(np.array(one.arrivals)) for one in symbols]) / SECOND
    spreads = np.array([spread for one in symbols for spread in one.spreads] or [(np.nan, np.nan, 1)])
    dropped, traded = sum(one.cancelled for one in symbols), sum(one.filled for one in symbols)
    return {
        "symbols": len(symbols),
        "orders_per_second": _over(actions["new"], seconds),
        "messages_per_second": _over(messages, seconds),
        "cancel_share": _over(dropped, dropped + traded),
        "orders_never_filled": _over(sum(one.ended_unfilled for one in symbols), sum(one.ended for one in symbols)),
        "cancels_per_fill": _over(actions["cancel"] + actions["replace"], actions["fill"]),
        "life_cancelled_s": _quantiles(cancelled),
        "life_filled_s": _quantiles(filled),
        "cancelled_within_100_ms": _over((cancelled < 0.1).sum(), len(cancelled)),
        "cancelled_within_1_s": _over((cancelled < 1).sum(), len(cancelled)),
        "spread_bp": _quantiles(spreads[:, 0], spreads[:, 2]),
        "spread": _quantiles(spreads[:, 1], spreads[:, 2]),
        "order_size": _quantiles(np.array([size for one in symbols for size in one.order_sizes])),
        "trade_size": _quantiles(np.array([size for one in symbols for size in one.trade_sizes])),
        "gap_s": _quantiles(gaps),
        "gap_variation": _over(gaps.std(), gaps.mean()) if len(gaps) else None,
        "gaps_within_1_ms": _over((gaps < 1e-3).sum(), len(gaps)),
        "fano_1_s": _fano(symbols, SECOND),
        "fano_60_s": _fano(symbols, 60 * SECOND),
        "memory_1_s": _memory(symbols),
    }


def _counts(one: _Symbol, unit: int) -> Any:
    arrivals = np.array(one.arrivals) // unit
    return np.bincount(arrivals - arrivals[0])[1:-1]


def _fano(symbols: list[_Symbol], unit: int) -> float | None:
    """Give variance over mean of the messages in a unit of time, the mean over symbols: 1 where nothing clusters."""
    values = [counts.var() / counts.mean() for one in symbols if len(counts := _counts(one, unit)) > 5 and counts.any()]
    return _round(float(np.mean(values))) if values else None


def _memory(symbols: list[_Symbol]) -> float | None:
    """Give the autocorrelation of the messages of one second and the next, the mean over symbols."""
    counted = [counts for one in symbols if len(counts := _counts(one, SECOND)) > 60 and counts.std()]
    values = [np.corrcoef(counts[:-1], counts[1:])[0, 1] for counts in counted]
    return _round(float(np.mean(values))) if values else None


def _quantiles(values: Any, weights: Any = None) -> dict[str, float | None]:
    """Give the quantiles of values, weighed where weights are given."""
    kept = ~np.isnan(values)
    values = values[kept]
    if not len(values):
        return {f"p{round(100 * share)}": None for share in QUANTILES}
    weighed = np.ones(len(values)) if weights is None else weights[kept]
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weighed[order])
    found = [values[order][int(np.searchsorted(reached, share * reached[-1]))] for share in QUANTILES]
    return {f"p{round(100 * share)}": _round(float(value)) for share, value in zip(QUANTILES, found, strict=True)}


def _over(part: float, whole: float) -> float | None:
    return _round(float(part / whole)) if whole else None


def _round(value: float) -> float:
    return float(f"{value:.3g}")

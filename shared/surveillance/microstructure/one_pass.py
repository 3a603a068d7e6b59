"""One pass over an instrument's trades and quotes: candles, directions, spreads, impact, depth and flow by the minute.

Quotes are read once, in order; a trade meets the quote before it and, at each horizon, the last valid mid by then. The
same by the plain functions, one after the other, is in the tests, and gives the same values.
"""

from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from surveillance.errors import InputError
from surveillance.events import MINUTE, SECOND
from surveillance.microstructure import formulas, walk
from surveillance.microstructure.compiled import Compiled
from surveillance.microstructure.inputs import Floats, Times, integers, same_shape

Rule = Literal["tick", "quote", "lee_ready", "emo", "clnv"]
RULES: Final[dict[str, int]] = {
    "tick": formulas.TICK,
    "quote": formulas.QUOTE,
    "lee_ready": formulas.LEE_READY,
    "emo": formulas.EMO,
    "clnv": formulas.CLNV,
}
HORIZONS_NS: Final = (5 * SECOND, MINUTE, 5 * MINUTE)
MOST_ROWS: Final = 1 << 21
"""Minutes of four years: times further apart are a fault of the input."""


class Trades(NamedTuple):
    """An instrument's trades in order: times in ns, prices, sizes above 0, and known directions (0: by the rule)."""

    ts: Times
    price: Floats
    size: Floats
    direction: npt.NDArray[np.int8] | None = None


class Quotes(NamedTuple):
    """An instrument's best prices in order: each row is the whole quote from its time on.

    A nan price or a size of 0 is an empty side, a nan size unknown.
    """

    ts: Times
    bid: Floats
    bid_size: Floats
    ask: Floats
    ask_size: Floats


class Minutes(NamedTuple):
    """A row a minute, or of another width, without gaps; nan = undefined. Arrays of (rows,), or (rows, horizons).

    Spreads and impact in price and, `_bp`, in 1e-4 of the mid before the trade, averaged by size over the trades with
    a direction and a mid. At a horizon they are told only where all these trades have a mid then, so that effective =
    realised + impact holds on each row; `matched` counts those that have. `quoted_spread`, depths (at the best price)
    and `imbalance` are averages over the time with a valid quote, `quoted_ns`; `mid` is the last valid one.
    `order_flow` sums what the minute's quotes add to order-flow imbalance. `unsigned` and `unquoted` count trades
    without a direction, without a valid quote; `locked`, `crossed`, `one_sided` count quotes.
    """

    ts: Times
    trades: Times
    volume: Floats
    notional: Floats
    vwap: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    buy_volume: Floats
    sell_volume: Floats
    unsigned: Times
    unquoted: Times
    effective_spread: Floats
    effective_spread_bp: Floats
    realised_spread: Floats
    realised_spread_bp: Floats
    price_impact: Floats
    price_impact_bp: Floats
    matched: Times
    quotes: Times
    locked: Times
    crossed: Times
    one_sided: Times
    quoted_ns: Times
    quoted_spread: Floats
    quoted_spread_bp: Floats
    bid_depth: Floats
    ask_depth: Floats
    imbalance: Floats
    order_flow: Floats
    mid: Floats

    def table(self, horizons_ns: tuple[int, ...] = HORIZONS_NS) -> pa.Table:
        """Give a column a field, `_5s`, `_60s` ... appended for horizons, null where undefined."""
        columns: dict[str, pa.Array] = {}
        for name, values in self._asdict().items():
            if values.ndim == 1:
                columns[name] = _column(values)
                continue
            for place, horizon in enumerate(horizons_ns):
                columns[f"{name}_{horizon / SECOND:g}s"] = _column(values[:, place])
        return pa.table(columns)


def measure(
    trades: Trades,
    quotes: Quotes,
    *,
    horizons_ns: tuple[int, ...] = HORIZONS_NS,
    rule: Rule = "lee_ready",
    width_ns: int = MINUTE,
    since: int | None = None,
    until: int | None = None,
    quotes_before: Times | None = None,
) -> Minutes:
    """Measure an instrument by the minute.

    Rows begin at whole multiples of `width_ns` since the epoch, the first with `since` (default: the first event);
    earlier trades and quotes only tell what is known by then. Everything up to `until` is known (default: the last
    event): its quote stands until then, and no mid is known after. A trade meets the last quote strictly before it in
    time or, with `quotes_before` (for each trade the number of quotes before it), in the order of one venue's feed.

    A direction that is known is taken, else judged by `rule` (see `classification`). A quote is valid with both prices
    and bid ≤ ask; a trade without one has no spread. Raises InputError for unequal lengths, times that go back or
    contradict `quotes_before`, trades without a finite price and a size above 0, sizes of quotes below 0, infinite
    prices, a span of more than MOST_ROWS rows.
    """
    trade_ts, quote_ts = integers("the times of trades", trades.ts), integers("the times of quotes", quotes.ts)
    price, size = _floats(trades.price), _floats(trades.size)
    sides = tuple(_floats(side) for side in quotes[1:])
    given = np.zeros(0, np.int8) if trades.direction is None else np.ascontiguousarray(trades.direction, np.int8)
    same_shape(times=trade_ts, prices=price, sizes=size, **({"directions": given} if len(given) else {}))
    same_shape(times=quote_ts, **dict(zip(Quotes._fields[1:], sides, strict=True)))
    if rule not in RULES or width_ns <= 0 or any(horizon <= 0 for horizon in horizons_ns):
        raise InputError(f"a rule of {', '.join(RULES)}, a width and horizons above 0 are needed.")
    order = trade_ts if quotes_before is None else integers("quotes_before", quotes_before)
    same_shape(trades=trade_ts, quotes_before=order)
    known = [int(each) for ts in (trade_ts, quote_ts) if len(ts) for each in (ts[0], ts[-1])]
    begin = min(known, default=until or 0) if since is None else since
    end = max(known, default=begin) if until is None else until
    if max(known, default=end) > end:
        raise InputError("there are trades or quotes after `until`.")
    first = begin // width_ns * width_ns
    rows = (max(end - 1, max(known, default=first), first) - first) // width_ns + 1
    if rows > MOST_ROWS:
        raise InputError(f"the times span {rows} rows; at most {MOST_ROWS} are taken.")
    cells = np.zeros((rows + 1, len(walk.CELLS)))
    ahead = np.zeros((rows + 1, len(horizons_ns), len(walk.AHEAD)))
    fault, place = _walk(
        trade_ts, price, size, given, order, quote_ts, *sides,
        np.array(horizons_ns, np.int64), RULES[rule], quotes_before is not None, first, width_ns, end,
        np.empty(len(price), np.int8), np.empty(len(price)), np.empty((len(horizons_ns), 2), np.int64),
        np.empty(walk.BLOCK + 1), np.empty(walk.BLOCK + 1), np.empty(walk.HELD), np.empty(walk.PLACES, np.int64),
        cells, ahead,
    )  # fmt: skip
    if fault != walk.FINE:
        raise InputError(f"{walk.FAULTS[fault]} {place}.")
    return finished(first + width_ns * np.arange(rows), cells[1:], ahead[1:])


def finished(ts: Times, cells: Floats, ahead: Floats) -> Minutes:
    """Make rows of sums: (rows,) starts, (rows, CELLS) and (rows, horizons, AHEAD) of `walk`."""
    cell = {name: cells[:, place] for place, name in enumerate(walk.CELLS)}
    then = {name: ahead[:, :, place] for place, name in enumerate(walk.AHEAD)}
    count = {name: np.rint(cell[name]).astype(np.int64) for name in _COUNTS}
    traded, quoted = count["trades"] > 0, cell["quoted_ns"]
    by_size = cell["spread_volume"]
    whole = (then["matched"] == cell["spread_trades"][:, None]) & (by_size > 0.0)[:, None]
    figures: dict[str, Any] = {
        **{
            name: cell[name].copy() for name in ("volume", "notional", "buy_volume", "sell_volume", "order_flow", "mid")
        },
        "vwap": _over(cell["notional"], cell["volume"]),
        **{name: np.where(traded, cell[name], np.nan) for name in ("open", "high", "low", "close")},
        **{_SPREADS[name]: _over(cell[name], by_size) for name in ("effective", "effective_bp")},
        **{_SPREADS[name]: _over(np.where(whole, then[name], np.nan), by_size[:, None]) for name in walk.AHEAD[1:]},
        "matched": np.rint(then["matched"]).astype(np.int64),
        **{_STANDING[name]: _over(cell[name], quoted) for name in _STANDING},
    }
    return Minutes(**({"ts": ts} | count | figures))


_COUNTS: Final = ("trades", "unsigned", "unquoted", "quotes", "locked", "crossed", "one_sided", "quoted_ns")
_SPREADS: Final = {
    "effective": "effective_spread",
    "effective_bp": "effective_spread_bp",
    "realised": "realised_spread",
    "realised_bp": "realised_spread_bp",
    "impact": "price_impact",
    "impact_bp": "price_impact_bp",
}
_STANDING: Final = {
    "spread": "quoted_spread",
    "spread_bp": "quoted_spread_bp",
    "bid_depth": "bid_depth",
    "ask_depth": "ask_depth",
    "imbalance": "imbalance",
}


def _over(sums: Floats, weights: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weights > 0.0, sums / weights, np.nan)


def _floats(values: Any) -> Floats:
    return np.ascontiguousarray(values, np.float64)


def _column(values: npt.NDArray[Any]) -> pa.Array:
    return pa.array(values, from_pandas=True)


_walk: Final = Compiled(walk.walk, formulas.__file__)

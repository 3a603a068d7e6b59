"""What batch rules are shown of the lake: executions, withdrawn orders, prices and news, each worked out once."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from surveillance.batch.executions import Execution, executions
from surveillance.events import INTERVALS, SCHEMA, SECOND
from surveillance.reference import Reference

Market = tuple[str, str | None]
"""A symbol at a venue."""
_USED: Final = (
    *("type", "symbol", "ts", "venue", "action", "order_id", "previous_order_id", "account", "side", "price", "size"),
    *("time_in_force", "reason", "hidden", "trade_id", "buy_account", "sell_account", "buy_order_id", "sell_order_id"),
    *("correction", "bid_price", "ask_price", "interval", "close", "news_id", "headline", "sentiment"),
)
_NO_DECISION: Final = ("expired", "halt", "session_end", "self_trade_prevention")


class Withdrawn(msgspec.Struct, frozen=True):
    """A displayed limit order that its owner cancelled; `filled_share` is of what was entered, side buy 1, sell -1."""

    order_id: str
    account: str
    owner: str
    side: int
    price: float
    quantity: float
    entered_ts: int
    cancelled_ts: int
    filled_share: float


class News(msgspec.Struct, frozen=True):
    """A story about a symbol."""

    symbol: str
    ts: int
    news_id: str
    headline: str


class Prices:
    """A price that holds from each of its times on; times in ns, rising."""

    def __init__(self, ts: NDArray[np.int64], bids: NDArray[np.float64], asks: NDArray[np.float64]) -> None:
        self._ts, self._bids, self._asks = ts, bids, asks

    def at(self, ts: int) -> tuple[float, float] | None:
        """Give the bid and ask that stood just before a moment, or None before the first."""
        place = int(np.searchsorted(self._ts, ts)) - 1
        return (float(self._bids[place]), float(self._asks[place])) if place >= 0 else None

    def mid(self, ts: int) -> float | None:
        """Give the mid just before a moment."""
        found = self.at(ts)
        return None if found is None else (found[0] + found[1]) / 2


class Records:
    """The events of some days, and who stands behind accounts; events of one moment are in the order of the input."""

    def __init__(self, tables: Iterable[pa.Table], reference: Reference) -> None:
        self.reference = reference
        self.owners: Mapping[str, str] = {
            each.account: each.beneficial_owner for each in reference.accounts if each.beneficial_owner is not None
        }
        kept = [_plain(table) for table in tables if "type" in table.column_names]
        self._table = (
            pa.concat_tables(kept, promote_options="default") if kept else pa.table({"type": pa.array([], "string")})
        )

    def owner(self, account: str) -> str:
        """Give the beneficial owner where it is known, else the account."""
        return self.owners.get(account, account)

    @cached_property
    def executions(self) -> dict[str, Sequence[Execution]]:
        """Give each symbol's executions in time order."""
        return executions([self._table], self.owners)

    def _of(self, kind: str, *names: str) -> pa.Table:
        """Give the rows of a type with columns in any case, in time order."""
        table = self._table.filter(pc.equal(self._table["type"], kind))
        for name in names:
            if name not in table.column_names:
                table = table.append_column(name, pa.nulls(table.num_rows, SCHEMA.field(name).type))
        table = table.select(list(names))
        ts = np.asarray(table["ts"].fill_null(0).to_numpy(), np.int64)
        return table.take(pa.array(np.argsort(ts, kind="stable")))

    @cached_property
    def withdrawn(self) -> dict[Market, list[Withdrawn]]:
        """Give the orders of each market that were entered and cancelled, by entry.

        A replace keeps the order's identity; its price and quantity are as entered.
        """
        orders = self._of(
            "order",
            *("symbol", "venue", "ts", "action", "order_id", "previous_order_id", "account", "side", "price", "size"),
            *("time_in_force", "reason", "hidden"),
        )
        orders = _with_roots(orders)
        keys = ["symbol", "order_id"]
        action = orders["action"]
        entered = orders.filter(pc.equal(action, "new")).select(
            [*keys, "venue", "ts", "account", "side", "price", "size", "time_in_force", "hidden"]
        )
        shown = pc.and_(
            pc.and_(pc.is_valid(entered["account"]), pc.is_valid(entered["price"])),
            pc.and_(pc.is_in(entered["side"], value_set=pa.array(["buy", "sell"])), pc.greater(entered["size"], 0)),
        )
        resting = pc.invert(pc.is_in(entered["time_in_force"], value_set=pa.array(["ioc", "fok"])))
        visible = pc.invert(pc.fill_null(entered["hidden"], False))
        entered = entered.filter(pc.and_(pc.and_(pc.fill_null(shown, False), resting), visible))
        by_owner = pc.and_(
            pc.equal(action, "cancel"), pc.invert(pc.is_in(orders["reason"], value_set=pa.array(_NO_DECISION)))
        )
        ended = orders.filter(pc.fill_null(by_owner, False)).group_by(keys).aggregate([("ts", "max")])
        filled = orders.filter(pc.equal(action, "fill")).group_by(keys).aggregate([("size", "sum")])
        both = entered.join(ended, keys, join_type="inner").join(filled, keys, join_type="left outer")
        both = both.take(pc.sort_indices(both, [("ts", "ascending"), ("order_id", "ascending")]))
        found: dict[Market, list[Withdrawn]] = {}
        for row in both.to_pylist():
            if row["ts_max"] < row["ts"]:
                continue
            found.setdefault((row["symbol"], row["venue"]), []).append(
                Withdrawn(
                    row["order_id"],
                    row["account"],
                    self.owner(row["account"]),
                    1 if row["side"] == "buy" else -1,
                    row["price"],
                    row["size"],
                    row["ts"],
                    row["ts_max"],
                    min((row["size_sum"] or 0.0) / row["size"], 1.0),
                )
            )
        return dict(sorted(found.items(), key=lambda each: (each[0][0], each[0][1] or "")))

    @cached_property
    def entered(self) -> dict[str, int]:
        """Give when each order that traded was entered or last given a price, by id; ids are one to a session."""
        trades = self._of("trade", "ts", "buy_order_id", "sell_order_id")
        traded = pa.chunked_array([*trades["buy_order_id"].chunks, *trades["sell_order_id"].chunks], pa.string())
        orders = self._of("order", "ts", "action", "order_id")
        meant = pc.is_in(orders["action"], value_set=pa.array(["new", "replace"]))
        orders = orders.filter(pc.and_(meant, pc.is_in(orders["order_id"], value_set=traded.unique().drop_null())))
        latest = orders.group_by("order_id").aggregate([("ts", "max")])
        return dict(zip(latest["order_id"].to_pylist(), latest["ts_max"].to_pylist(), strict=True))

    @cached_property
    def usual_quantity(self) -> dict[str, float]:
        """Give each symbol's median quantity of an order entered."""
        orders = self._of("order", "symbol", "ts", "action", "size")
        orders = orders.filter(pc.and_(pc.equal(orders["action"], "new"), pc.greater(orders["size"], 0)))
        symbols = pc.dictionary_encode(orders["symbol"]).combine_chunks()
        codes, sizes = np.asarray(symbols.indices), np.asarray(orders["size"].to_numpy(), np.float64)
        return {
            symbol: float(np.median(sizes[codes == code])) for code, symbol in enumerate(symbols.dictionary.to_pylist())
        }

    @cached_property
    def prices(self) -> dict[Market, Prices]:
        """Give the best quotes of each market; where none were sent, its trades as bid and ask alike."""
        found: dict[Market, Prices] = {}
        for kind, columns in (("trade", ("price", "price")), ("quote", ("bid_price", "ask_price"))):
            named = tuple(dict.fromkeys(("symbol", "venue", "ts", *columns)))
            rows = self._of(kind, *named)
            markets = pc.dictionary_encode(
                pc.binary_join_element_wise(rows["symbol"], pc.fill_null(rows["venue"], ""), "\x1f")
            ).combine_chunks()
            codes = np.asarray(markets.indices)
            ts = np.asarray(rows["ts"].to_numpy(), np.int64)
            bids, asks = (np.asarray(rows[name].cast("float64").fill_null(np.nan).to_numpy()) for name in columns)
            for code, name in enumerate(markets.dictionary.to_pylist()):
                mask = (codes == code) & np.isfinite(bids) & np.isfinite(asks) & (bids > 0) & (asks > 0)
                if mask.any():
                    symbol, _, venue = name.partition("\x1f")
                    found[symbol, venue or None] = Prices(ts[mask], bids[mask], asks[mask])
        return found

    def price_of(self, symbol: str, venue: str | None) -> Prices | None:
        """Give the prices of a market, or of the symbol wherever it is quoted."""
        exact = self.prices.get((symbol, venue))
        return exact or next((each for (name, _), each in self.prices.items() if name == symbol), None)

    def returns(self, interval_s: int) -> dict[str, dict[int, float]]:
        """Give each symbol's log returns by the end of the interval (in intervals since the epoch).

        From bars of that length where they were sent, else from its last trades of each interval.
        """
        closes: dict[str, dict[int, float]] = {}
        length = interval_s * SECOND
        trades = self._of("trade", "symbol", "ts", "price")
        name = next((each for each, seconds in INTERVALS.items() if seconds == interval_s), None)
        bars = self._of("bar", "symbol", "ts", "interval", "close")
        bars = bars.filter(pc.equal(bars["interval"], name or "")).select(["symbol", "ts", "close"])
        bars = bars.rename_columns(["symbol", "ts", "price"])
        for rows, shift in ((trades, 0), (bars, -1)):
            ends = (np.asarray(rows["ts"].to_numpy(), np.int64) + shift) // length + 1
            for symbol, end, price in zip(
                rows["symbol"].to_pylist(), ends.tolist(), rows["price"].to_pylist(), strict=True
            ):
                if price is not None and price > 0:
                    closes.setdefault(symbol, {})[end] = price
        return {symbol: _log_returns(by_end) for symbol, by_end in sorted(closes.items())}

    def volumes(self, symbol: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Give times and quantities of a symbol's trades, in time order."""
        rows = self._of("trade", "symbol", "ts", "size")
        rows = rows.filter(pc.and_(pc.equal(rows["symbol"], symbol), pc.greater(rows["size"], 0)))
        return np.asarray(rows["ts"].to_numpy(), np.int64), np.asarray(rows["size"].to_numpy(), np.float64)

    @cached_property
    def news(self) -> list[News]:
        """Give stories by time."""
        rows = self._of("news", "symbol", "ts", "news_id", "headline").to_pylist()
        return [
            News(row["symbol"], row["ts"], row["news_id"] or "", row["headline"] or "") for row in rows if row["symbol"]
        ]


def _plain(table: pa.Table) -> pa.Table:
    """Keep the columns that batch rules use, as plain values."""
    columns = {}
    for name in _USED:
        if name in table.column_names:
            column = table.column(name)
            columns[name] = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    return pa.table(columns)


def _with_roots(orders: pa.Table) -> pa.Table:
    """Give orders that a replace renamed the id they were entered under."""
    renamed = orders.filter(pc.is_valid(orders["previous_order_id"]))
    roots: dict[tuple[str, str], str] = {}
    for row in renamed.select(["symbol", "order_id", "previous_order_id"]).to_pylist():
        before = row["symbol"], row["previous_order_id"]
        roots[row["symbol"], row["order_id"]] = roots.get(before, row["previous_order_id"])
    if not roots:
        return orders
    names = zip(orders["symbol"].to_pylist(), orders["order_id"].to_pylist(), strict=True)
    ids = pa.array([roots.get(each, each[1]) for each in names], pa.string())
    return orders.set_column(orders.column_names.index("order_id"), "order_id", ids)


def _log_returns(closes: Mapping[int, float]) -> dict[int, float]:
    return {end: float(np.log(price / closes[end - 1])) for end, price in sorted(closes.items()) if end - 1 in closes}

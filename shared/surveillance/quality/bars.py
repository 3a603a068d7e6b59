"""Bars of many symbols as flat numpy columns, sorted by symbol and time."""

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

PRICES: Final = ("open", "high", "low", "close")
LEAST: Final = 1e-9
"""Splits and dividends below this, or above its inverse, are none."""
DAY_MS: Final = 86_400_000
NO_DAY: Final = int(np.iinfo(np.int32).min)


@dataclass(frozen=True)
class Bars:
    """Rows of `symbol` (a code into `names`), ascending; within a symbol by `time` (ms since the epoch).

    Missing numbers are NaN. `split` is shares after per share before, taking effect at the row (1 = none), `dividend`
    the cash per share that the row's session is the first to trade without (0 = none), `gain` the part of it that a
    fund's source lists apart as capital gains. `noise` is σ of each name's log returns.
    """

    names: pa.Array
    symbol: npt.NDArray[np.int32]
    row: Integers
    time: Integers
    day: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    adjusted: Floats
    split: Floats
    dividend: Floats
    gain: Floats
    noise: Floats = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.row)

    def where(self, mask: Mask) -> "Bars":
        """Keep some rows; the splits and dividends of those left out move to the symbol's next kept row."""
        if mask.all():
            return self
        moved = carried(self, mask)
        columns = {name: getattr(moved, name)[mask] for name in ROW_COLUMNS}
        return replace(moved, **columns)

    def with_columns(self, **columns: Any) -> "Bars":
        """Replace columns."""
        return replace(self, **columns)

    def starts(self) -> Mask:
        """Mark each symbol's first row."""
        first = np.ones(len(self), dtype=bool)
        first[1:] = self.symbol[1:] != self.symbol[:-1]
        return first

    def ends(self) -> Mask:
        """Mark each symbol's last row."""
        last = np.ones(len(self), dtype=bool)
        last[:-1] = self.symbol[1:] != self.symbol[:-1]
        return last


ROW_COLUMNS: Final = (
    "symbol", "row", "time", "day", "open", "high", "low", "close", "volume", "adjusted", "split", "dividend", "gain",
)  # fmt: skip


def carried(bars: Bars, mask: Mask) -> Bars:
    """Move splits and dividends of unmasked rows to the next masked row of their symbol, if it has one."""
    lost = np.flatnonzero(~mask & ((bars.split != 1.0) | (bars.dividend != 0.0)))
    if not len(lost):
        return bars
    split, dividend, gain = bars.split.copy(), bars.dividend.copy(), bars.gain.copy()
    kept = np.flatnonzero(mask)
    after = np.searchsorted(kept, lost)
    for place, target in zip(lost.tolist(), after.tolist(), strict=True):
        if target < len(kept) and bars.symbol[kept[target]] == bars.symbol[place]:
            split[kept[target]] *= split[place]
            dividend[kept[target]] += dividend[place]
            gain[kept[target]] += gain[place]
    return bars.with_columns(split=split, dividend=dividend, gain=gain)


def read_bars(table: pa.Table, splits: pa.Table | None, dividends: pa.Table | None) -> Bars:
    """Sort a table of bars (`columns.RAW_BARS`, with split, dividend and capital_gain if there are) into columns."""
    encoded = table["symbol"].combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    order_of_names = pc.array_sort_indices(encoded.dictionary)
    rank = np.empty(len(encoded.dictionary), dtype=np.int32)
    rank[order_of_names.to_numpy(zero_copy_only=False)] = np.arange(len(rank), dtype=np.int32)
    symbol = rank[encoded.indices.to_numpy(zero_copy_only=False)]
    day = integers(table["date"].cast(pa.int32()), NO_DAY)
    key = day * DAY_MS
    if "ts" in table.column_names:
        time = integers(table["ts"].cast(pa.int64()), NO_DAY)
        key = np.where(time > NO_DAY, time, key)
    ordered = len(key) < 2 or bool(
        np.all((symbol[1:] > symbol[:-1]) | ((symbol[1:] == symbol[:-1]) & (key[1:] >= key[:-1])))
    )
    order = np.arange(len(key)) if ordered else np.lexsort((key, symbol))

    def floats(name: str) -> Floats:
        if name not in table.column_names:
            return np.full(len(order), np.nan)
        values = table[name].cast(pa.float64()).to_numpy()
        return np.array(values if ordered else values[order], dtype=np.float64)

    gain = _or(floats("capital_gain"), 0.0)
    bars = Bars(
        names=encoded.dictionary.take(order_of_names),
        symbol=symbol[order],
        row=order.astype(np.int64),
        time=key[order],
        day=day[order],
        open=floats("open"),
        high=floats("high"),
        low=floats("low"),
        close=floats("close"),
        volume=floats("volume"),
        adjusted=floats("adjusted_close"),
        split=_or(floats("split"), 1.0),
        dividend=_or(floats("dividend"), 0.0) + gain,
        gain=gain,
    )
    if splits is not None and splits.num_rows:
        bars = _with_splits(bars, splits)
    if dividends is not None and dividends.num_rows:
        bars = _with_dividends(bars, dividends)
    return bars


def integers(column: Any, missing: int) -> Integers:
    """Give an integer column with its nulls replaced."""
    return np.asarray(column.cast(pa.int64()).fill_null(missing).to_numpy(), dtype=np.int64)


def _or(values: Floats, missing: float) -> Floats:
    bad = ~((values > LEAST) & (values < 1.0 / LEAST))
    values[bad] = missing
    return values


def _rows_on_or_after(bars: Bars, events: pa.Table, date: str) -> tuple[Integers, Integers]:
    """Give (place, event) of every event that has a row of its symbol on its day or later, and one before."""
    code = integers(pc.index_in(events["symbol"], value_set=bars.names), -1)
    day = integers(events[date].cast(pa.int32()), -1)
    scale = np.int64(1) << 32
    keys = bars.symbol.astype(np.int64) * scale + bars.day
    place = np.searchsorted(keys, code * scale + day)
    known = (code >= 0) & (day >= 0) & (place < len(bars))
    known[known] &= bars.symbol[place[known]] == code[known]
    return place[known], np.flatnonzero(known)


def _with_splits(bars: Bars, splits: pa.Table) -> Bars:
    unique = splits.group_by(["symbol", "execution_date"], use_threads=False).aggregate(
        [("split_from", "first"), ("split_to", "first")]
    )
    place, event = _rows_on_or_after(bars, unique, "execution_date")
    ratio = unique["split_to_first"].to_numpy()[event] / unique["split_from_first"].to_numpy()[event]
    usable = (ratio > LEAST) & (ratio < 1.0 / LEAST)
    split = bars.split.copy()
    np.multiply.at(split, place[usable], ratio[usable])
    return bars.with_columns(split=split)


def _with_dividends(bars: Bars, dividends: pa.Table) -> Bars:
    unique = dividends.group_by(["symbol", "ex_dividend_date", "cash_amount"], use_threads=False).aggregate([])
    place, event = _rows_on_or_after(bars, unique, "ex_dividend_date")
    cash = unique["cash_amount"].to_numpy()[event].astype(np.float64)
    usable = (cash > LEAST) & (cash < 1.0 / LEAST)
    dividend = bars.dividend.copy()
    np.add.at(dividend, place[usable], cash[usable])
    return bars.with_columns(dividend=dividend)

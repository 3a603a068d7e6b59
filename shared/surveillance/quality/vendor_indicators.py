"""Our indicators of the symbols, days and kinds that a vendor told, computed from clean bars as the vendor does."""

from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from surveillance.indicators import gathered, indicator_tables, requests
from surveillance.quality.vendor_comparison import compare, long_form

REQUESTS: Final = ("sma:50", "ema:20", "rsi:14", "macd")
COLUMNS: Final = ("sma_50", "ema_20", "rsi_14", "macd", "macd_signal", "macd_histogram")
WARM_UP: Final = 250
"""Averages that never forget agree only so many bars after a symbol's first one."""


def reconciled(bars: pa.Table, told: pa.Table, run: date) -> pa.Table:
    """Compare by symbol and indicator: rows of `COMPARISON` after the day of the `run`.

    `bars` are clean daily bars, `told` the vendor's (symbol, date, indicator, value). Prices are adjusted for splits
    only, as the vendor's are. A symbol with less than `WARM_UP` bars before a day has no value of ours on that day.
    """
    series = gathered(bars.filter(pc.is_in(bars["symbol"], value_set=pc.unique(told["symbol"]))), "split").series
    parts = [
        long_form(table.select(["symbol", "interval", "date", *COLUMNS]))
        for table in indicator_tables(series, requests(REQUESTS), ("D",))
    ]
    theirs = told.select(["symbol", "date", "indicator", "value"]).append_column(
        "interval", pa.repeat("D", told.num_rows)
    )
    keys = ["symbol", "date", "indicator"]
    warm = _after_warm_up(bars)
    empty = theirs.select(["symbol", "interval", "date", "indicator", "value"]).slice(0, 0)
    ours = pa.concat_tables([empty, *(part.cast(empty.schema) for part in parts)])
    ours = ours.join(warm, ["symbol"], join_type="inner", use_threads=False)
    ours = ours.filter(pc.greater_equal(ours["date"], ours["warm_from"])).drop_columns(["warm_from"])
    wanted = theirs.select(keys).append_column("is_told", pa.repeat(True, theirs.num_rows))
    ours = ours.join(wanted, keys, join_type="inner", use_threads=False).drop_columns(["is_told"])
    found = compare(ours, theirs)
    return found.add_column(0, "run", pa.repeat(pa.scalar(run, pa.date32()), found.num_rows))


def _after_warm_up(bars: pa.Table) -> pa.Table:
    """Give each symbol's first day that has `WARM_UP` bars before it; symbols without one are left out."""
    days = bars.select(["symbol", "date"]).sort_by([("symbol", "ascending"), ("date", "ascending")])
    held = days.group_by("symbol", use_threads=False).aggregate([("date", "list")])
    warm = {
        symbol: listed[WARM_UP]
        for symbol, listed in zip(held["symbol"].to_pylist(), held["date_list"].to_pylist(), strict=True)
        if len(listed) > WARM_UP
    }
    return pa.table(
        {"symbol": pa.array(list(warm), pa.string()), "warm_from": pa.array(list(warm.values()), pa.date32())}
    )

"""Events of one instrument as the trades and quotes the one pass takes, in the order of the feed."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from surveillance.errors import InputError
from surveillance.events import SCHEMA
from surveillance.microstructure.inputs import Floats, Times
from surveillance.microstructure.one_pass import Quotes, Trades

CONSOLIDATED = "NBBO"


class Gathered(NamedTuple):
    """Trades, whole quotes, how many quotes came before each trade, and how many events were left out, and why."""

    trades: Trades
    quotes: Quotes
    quotes_before: Times
    left_out: dict[str, int]


def gather(events: pa.Table) -> Gathered:
    """Take trades and quotes out of one instrument's decoded events.

    Left out and counted: trades that cancel or correct another (`correction`) and those without a price or a size
    above 0 (`no_price`, `no_size`); a venue's own quotes where there are consolidated ones (`venue_quote`). `late`
    counts events older than one before them; they are taken at that one's time. A quote's null side is unchanged.
    Raises InputError for quotes of several venues that nobody consolidated.
    """
    import pyarrow.compute as pc  # takes a tenth of a second, and the engine does without

    events = _whole(events)
    kind = events["type"]
    ts = events["ts"].to_numpy().astype(np.int64, copy=False)
    is_trade, is_quote = _mask(pc.equal(kind, "trade")), _mask(pc.equal(kind, "quote"))
    left_out: dict[str, int] = {}

    def leave(reason: str, rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        if rows.any():
            left_out[reason] = int(rows.sum())
        return ~rows

    is_trade &= leave("correction", is_trade & _mask(pc.is_valid(events["correction"])))
    price, size = _numbers(events["price"]), _numbers(events["size"])
    is_trade &= leave("no_price", is_trade & ~np.isfinite(price))
    is_trade &= leave("no_size", is_trade & ~(size > 0.0))
    venues = pc.unique(events["venue"].filter(pa.array(is_quote)))
    if CONSOLIDATED in venues.to_pylist():
        is_quote &= leave("venue_quote", is_quote & ~_mask(pc.equal(events["venue"], CONSOLIDATED)))
    elif len(venues) > 1:
        raise InputError(f"there are quotes of {len(venues)} venues; they must be consolidated first.")
    taken = is_trade | is_quote
    reached = np.maximum.accumulate(ts[taken]) if taken.any() else ts[taken]
    leave("late", reached != ts[taken])
    ts = ts.copy()
    ts[taken] = reached
    sides = [each for side in _SIDES for each in _side(*(_numbers(events[f"{side}_{of}"])[is_quote] for of in _OF))]
    aggressor = events["aggressor"].filter(pa.array(is_trade))
    direction = _mask(pc.equal(aggressor, "buy")).astype(np.int8) - _mask(pc.equal(aggressor, "sell"))
    return Gathered(
        Trades(ts[is_trade], price[is_trade], size[is_trade], direction),
        Quotes(ts[is_quote], *sides),
        np.cumsum(is_quote)[is_trade].astype(np.int64),
        left_out,
    )


_OF = ("price", "size")
_SIDES = ("bid", "ask")
_COLUMNS = (
    *("type", "ts", "venue", "price", "size", "aggressor", "correction"),
    *(f"{side}_{of}" for side in _SIDES for of in _OF),
)


def _whole(events: pa.Table) -> pa.Table:
    """Add columns that the feed left out because they are all null."""
    nulls = {name: pa.nulls(events.num_rows, SCHEMA.field(name).type) for name in _COLUMNS}
    return pa.table({name: events[name] if name in events.column_names else nulls[name] for name in _COLUMNS})


def _side(price: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Carry a side over rows where it is unchanged; size 0 empties it, a price without a size has an unknown one."""
    told = ~np.isnan(price) | (size == 0.0)
    sized = ~np.isnan(size) | ~np.isnan(price)
    return _carried(np.where(size == 0.0, np.nan, price), told), _carried(size, sized)


def _carried(values: Floats, told: npt.NDArray[np.bool_]) -> Floats:
    place = np.maximum.accumulate(np.where(told, np.arange(len(values)), -1)) if len(values) else np.zeros(0, np.int64)
    return np.where(place < 0, np.nan, values[np.maximum(place, 0)])


def _mask(condition: Any) -> npt.NDArray[np.bool_]:
    return np.asarray(condition.fill_null(False)).astype(bool)


def _numbers(column: Any) -> Floats:
    return np.asarray(column.to_numpy(), np.float64)

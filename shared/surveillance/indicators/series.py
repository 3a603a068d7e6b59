"""Bars of many symbols as one array a column, each symbol's rows together and in order of time; read from Arrow."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from surveillance.errors import InputError
from surveillance.indicators.definition import Bars, Floats

Places = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Prices = Literal["adjusted", "split", "raw"]
PRICES: Final[tuple[Prices, ...]] = ("adjusted", "split", "raw")
_COLUMNS: Final = ("open", "high", "low", "close", "volume")
_DAY_BITS: Final = 32


class Series(NamedTuple):
    """`starts` has the first row of each symbol and, last, the number of rows; `days` count from the epoch.

    `through` is the day of the last daily bar in a bar: of a day itself, of a week or month its latest so far.
    """

    symbols: tuple[str, ...]
    starts: Places
    days: Days
    through: Days
    bars: Bars

    def part(self, first: int, last: int) -> "Series":
        """Give the symbols from one place up to another, as views."""
        start, end = self.starts[first], self.starts[last]
        return Series(
            self.symbols[first:last],
            self.starts[first : last + 1] - start,
            self.days[start:end],
            self.through[start:end],
            Bars(*(column[start:end] for column in self.bars)),
        )

    def each(self) -> Iterator[tuple[slice, Bars]]:
        """Give every symbol's rows and its bars, as views."""
        opened, high, low, close, volume = self.bars
        edges = self.starts.tolist()
        for place, start in enumerate(edges[:-1]):
            rows = slice(start, edges[place + 1])
            yield rows, Bars(opened[rows], high[rows], low[rows], close[rows], volume[rows])


class Gathered(NamedTuple):
    """What was read, and how many rows were left out, by reason."""

    series: Series
    left_out: dict[str, int]


def gathered(table: pa.Table, prices: Prices = "adjusted") -> Gathered:
    """Read daily bars with `symbol`, `date` and prices: adjusted for splits and dividends, for splits only, or raw.

    Rows without a finite price and later rows of the same symbol and date are left out and counted. Raises InputError
    where a column is missing.
    """
    names = _names(prices)
    lacking = [name for name in ("symbol", "date", *names.values()) if name not in table.column_names]
    if lacking:
        raise InputError(f"The bars lack the column {lacking[0]}, which {prices} prices need.")
    symbols, codes = _coded(table["symbol"])
    days = np.asarray(_array(table["date"].cast(pa.int32())), np.int32)
    columns = _prices(table, names, prices)
    left_out: Counter[str] = Counter()

    is_usable = np.isfinite(columns[0] + columns[1] + columns[2] + columns[3])
    if not is_usable.all():
        left_out["no_price"] = int(len(is_usable) - np.count_nonzero(is_usable))
        codes, days = codes[is_usable], days[is_usable]
        columns = [column[is_usable] for column in columns]
    keys = codes << _DAY_BITS | days
    if (keys[1:] <= keys[:-1]).any():
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        is_first = np.concatenate([np.ones(min(len(keys), 1), bool), keys[1:] != keys[:-1]])
        left_out["repeated_date"] = int(len(keys) - np.count_nonzero(is_first))
        order = order[is_first]
        codes, days = codes[order], days[order]
        columns = [column[order] for column in columns]
    counts = np.bincount(codes, minlength=len(symbols))
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts[counts > 0])])
    held = tuple(symbol for symbol, count in zip(symbols, counts.tolist(), strict=True) if count)
    opened, high, low, close, volume = columns
    bars = Bars(opened, high, low, close, known_volume(volume, starts))
    return Gathered(Series(held, starts, days, days, bars), {name: n for name, n in left_out.items() if n})


def _names(prices: Prices) -> dict[str, str]:
    if prices not in PRICES:
        raise InputError(f"Prices can be {', '.join(PRICES)}, not {prices}.")
    if prices == "adjusted":
        return {name: f"adjusted_{name}" for name in _COLUMNS}
    told = {name: name for name in _COLUMNS}
    return told | ({"volume": "adjusted_volume", "factor": "split_factor"} if prices == "split" else {})


def _prices(table: pa.Table, names: dict[str, str], prices: Prices) -> list[Floats]:
    columns = [np.asarray(_array(table[names[name]].cast(pa.float64())), np.float64) for name in _COLUMNS]
    if prices == "split":
        factor = _array(table[names["factor"]].cast(pa.float64()))
        columns[:4] = [column * factor for column in columns[:4]]
    return columns


def _array(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return whole.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _coded(column: pa.ChunkedArray) -> tuple[list[str], Places]:
    """Give the symbols in order, and each row's place among them."""
    if column.null_count:
        raise InputError(f"{column.null_count} bars have no symbol.")
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    runs = pc.run_end_encode(column.combine_chunks())  # rows of a symbol mostly lie together
    named = runs.values.dictionary_encode()
    order = pc.sort_indices(named.dictionary).to_numpy()
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    lengths = np.diff(runs.run_ends.to_numpy(), prepend=0)
    return named.dictionary.take(pa.array(order)).to_pylist(), np.repeat(place[named.indices.to_numpy()], lengths)


def known_volume(volume: Floats, starts: Places) -> Floats:
    """Count an unknown volume as none traded, but leave it unknown before a symbol's first known one."""
    unknown = np.isnan(volume)
    if not unknown.any():
        return volume
    known_so_far = np.cumsum(~unknown)
    before = np.concatenate([np.zeros(1, np.int64), known_so_far])[starts[:-1]]
    is_later = known_so_far > np.repeat(before, np.diff(starts))
    return np.where(unknown & is_later, 0.0, volume)

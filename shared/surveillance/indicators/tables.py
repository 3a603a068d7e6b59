"""The indicator step: a table of daily bars in, tables of indicators out, some hundreds of symbols at a time.

Rows are ordered by symbol, interval (D, W, M) and date within a table, and tables follow each other by symbol.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from surveillance.indicators.candlesticks import in_words
from surveillance.indicators.catalogue import DEFAULT
from surveillance.indicators.definition import Floats, Request
from surveillance.indicators.periods import INTERVALS, in_interval
from surveillance.indicators.series import Days, Series

ROWS_A_TABLE: Final = 125_000
_BAR: Final = (
    ("symbol", pa.string()),
    ("interval", pa.string()),
    ("date", pa.date32()),
    ("through", pa.date32()),
    ("close", pa.float64()),
)


def schema(requests: Sequence[Request] = DEFAULT) -> pa.Schema:
    """Give the columns of the indicator table: the key, the last day that is in the bar and the close they were
    computed from, a double an output, and the candlestick patterns in words.
    """
    outputs = [(column, pa.float64()) for request in requests for column in request.columns]
    return pa.schema([*_BAR, *outputs, ("patterns", pa.string())])


def indicator_tables(
    daily: Series,
    requests: Sequence[Request] = DEFAULT,
    intervals: Sequence[str] = tuple(INTERVALS),
    after: Days | None = None,
    rows_a_table: int = ROWS_A_TABLE,
) -> Iterator[pa.Table]:
    """Compute every request for every symbol and interval; of each symbol only rows of days after one, if given.

    The rows left out are computed all the same: values are those of a whole run, to the bit.
    """
    place = 0
    while place < len(daily.symbols):
        end = int(np.searchsorted(daily.starts, daily.starts[place] + rows_a_table, "right")) - 1
        end = min(max(end, place + 1), len(daily.symbols))
        yield indicator_table(daily.part(place, end), requests, intervals, None if after is None else after[place:end])
        place = end


def indicator_table(
    daily: Series,
    requests: Sequence[Request] = DEFAULT,
    intervals: Sequence[str] = tuple(INTERVALS),
    after: Days | None = None,
) -> pa.Table:
    """Compute every request for every symbol and interval, in one table of a chunk an interval."""
    return pa.concat_tables([_of_interval(daily, interval, requests, after) for interval in intervals])


def _of_interval(daily: Series, interval: str, requests: Sequence[Request], after: Days | None) -> pa.Table:
    series = in_interval(daily, interval)
    rows = len(series.days)
    place = np.repeat(np.arange(len(series.symbols), dtype=np.int32), np.diff(series.starts))
    told: Any = slice(None) if after is None else series.through > after[place]
    symbols = pa.DictionaryArray.from_arrays(pa.array(place[told]), pa.array(series.symbols, pa.string()))
    columns: list[pa.Array] = [
        symbols.cast(pa.string()),
        pa.repeat(interval, len(symbols)),
        _dates(series.days[told]),
        _dates(series.through[told]),
        nullable(series.bars.close[told]),
    ]
    patterns: dict[str, Floats] = {}
    parts = list(series.each())
    for request in requests:
        compute, values = request.indicator.compute, request.values
        names = request.columns
        outputs = [np.empty(rows) for _ in names]
        if len(names) == 1:
            (output,) = outputs
            for where, bars in parts:
                output[where] = compute(bars, *values)
        else:
            for where, bars in parts:
                for output, found in zip(outputs, compute(bars, *values), strict=True):
                    output[where] = found
        columns += [nullable(output[told]) for output in outputs]
        patterns |= zip(names, (output[told] for output in outputs), strict=True)
    columns.append(in_words(patterns, len(symbols)))
    return pa.Table.from_arrays(columns, schema=schema(requests))


def nullable(values: Floats) -> pa.Array:
    """Make an Arrow column that owns these values, null where they are NaN."""
    known = np.packbits(values == values, bitorder="little")
    return pa.Array.from_buffers(pa.float64(), len(values), [pa.py_buffer(known), pa.py_buffer(values)])


def _dates(days: Days) -> pa.Array:
    return pa.array(days, pa.int32()).cast(pa.date32())

"""Bars for tests of indicators."""

import numpy as np
import pyarrow as pa
from surveillance.indicators import Bars, Series, gathered
from surveillance.simulation.daily_bars import daily_bars

GENERATED = daily_bars(6, 320, seed=5, faults=0.0).bars
SERIES = gathered(GENERATED, "raw").series


def bars_of(place: int, series: Series = SERIES) -> Bars:
    """Give one symbol's bars."""
    return list(series.each())[place][1]


def first_rows(bars: Bars, count: int) -> Bars:
    """Give the first so many bars."""
    return Bars(*(column[:count] for column in bars))


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Say whether two arrays are equal to the bit, NaN included."""
    return np.ascontiguousarray(one).tobytes() == np.ascontiguousarray(other).tobytes()


def rows_of(table: pa.Table, symbol: str, interval: str) -> pa.Table:
    """Give one symbol's rows of an interval."""
    import pyarrow.compute as pc

    return table.filter((pc.field("symbol") == symbol) & (pc.field("interval") == interval)).combine_chunks()

"""Bars as events to rows of `raw_bars`: the feeds' decoders read the formats, this only renames and dates."""

from collections import Counter
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveillance.collection.tables import LOADED_AT, MOMENT, TABLES, rows_to_table
from surveillance.events import DAY, INTERVALS, SECOND
from surveillance.feeds.local_time import NEW_YORK, utc_to_wall

MILLISECOND: Final = 1_000_000
_EXACT_INTEGERS: Final = 2.0**53


def bars_of_events(events: pa.Table, source: str, counts: Counter[str], zone: str = "America/New_York") -> pa.Table:
    """Give the bars among events as rows of `raw_bars`; what else there is, is counted by type.

    `zone` is New York for stocks, whose days are those of its wall clock, or UTC. A volume that is no whole number is
    rounded, and counted; one beyond 2^53 becomes null, and is counted.
    """
    schema = TABLES["raw_bars"].schema
    is_bar = pc.equal(events["type"], "bar")
    for count in pc.value_counts(events["type"].filter(pc.invert(is_bar))).to_pylist():
        counts[f"{count['values']}s, which are no bars"] += count["counts"]
    bars = events.filter(is_bar)
    if not bars.num_rows:
        return rows_to_table("raw_bars", [])
    columns = {name: _column(bars, name, schema.field(name).type) for name in schema.names if name != LOADED_AT}
    ts = np.asarray(bars["ts"].to_numpy(), np.int64)
    columns["ts"] = pa.array(ts // MILLISECOND, pa.int64()).cast(MOMENT)
    columns["date"] = pa.array(_days(ts, bars["interval"].to_pylist(), zone), pa.int32()).cast(pa.date32())
    columns["volume"] = _whole(columns["volume"], counts)
    columns["source"] = pa.repeat(pa.scalar(source), bars.num_rows)
    return pa.table({name: columns[name] for name in schema.names if name != LOADED_AT})


def _column(bars: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    if name not in bars.column_names or name in ("ts", "source"):
        return pa.nulls(bars.num_rows, kind)
    column = bars[name].combine_chunks()
    return column if name == "volume" else column.cast(kind)


def _days(ts: np.ndarray, intervals: list[str], zone: str) -> np.ndarray:
    """Give days since 1970: of a session's close for daily bars, of their start for the others."""
    lengths = np.array([0 if each == "1d" else INTERVALS[each] * SECOND for each in intervals], np.int64)
    if zone == "UTC":
        lengths = np.array([INTERVALS[each] * SECOND for each in intervals], np.int64)
        return ((ts - lengths) // DAY).astype(np.int32)
    return (utc_to_wall(ts - lengths, NEW_YORK) // DAY).astype(np.int32)


def _whole(volume: pa.Array, counts: Counter[str]) -> pa.Array:
    values = np.asarray(volume.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    known = ~np.isnan(values)
    beyond = known & (np.abs(np.where(known, values, 0)) >= _EXACT_INTEGERS)
    usable = known & ~beyond
    rounded = np.rint(np.where(usable, values, 0))
    if beyond.any():
        counts["volume beyond 2^53, left null"] += int(beyond.sum())
    fractions = int((usable & (rounded != values)).sum())
    if fractions:
        counts["volume with a fraction, rounded"] += fractions
    return pa.array(rounded.astype(np.int64), pa.int64(), mask=~usable)

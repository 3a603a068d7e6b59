"""Landed events into the layout that is queried: by event date and type, each event once.

Firehose delivers at least once and by hour of arrival. An event is named by (producer, lane, number); a symbol has one
lane, so (producer, symbol, number) names it too, whatever the number of lanes. Events without a producer or number,
from files, are all kept.
"""

from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveillance.events import DAY

IDENTITY: Final = ("producer", "symbol", "number")
NEEDED: Final = ("ts", "type", "symbol")
ORDER: Final = ("date", "type", "symbol", "ts", "producer", "number")


class Compacted(msgspec.Struct, frozen=True):
    """Rows by (date, type) with `date` as a column; rows that have no place, with a reason; rows that came again."""

    events: pa.Table
    quarantine: pa.Table
    duplicates: int


def compact(rows: pa.Table) -> Compacted:
    """Compact rows of raw events, those kept by earlier runs first: of several with one name the first stays.

    Rows in = events + quarantine + duplicates. Running it over its own result changes nothing.
    """
    placeless = _any([pc.is_null(rows[name]) for name in NEEDED], rows.num_rows)
    reason = pa.repeat("no_ts_type_or_symbol", int(pc.sum(placeless).as_py() or 0))
    quarantine = rows.filter(placeless).append_column("quarantine_reason", reason)
    rows = rows.filter(pc.invert(placeless))
    first = _first_of_each(rows)
    events = rows.take(pa.array(first))
    days = np.asarray(events["ts"].to_numpy(), dtype=np.int64) // DAY
    events = events.append_column("date", pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32()))
    keys = [(name, "ascending") for name in (*ORDER, "_row")]
    numbered = events.append_column("_row", pa.array(np.arange(events.num_rows)))
    events = numbered.take(pc.sort_indices(numbered, sort_keys=keys)).drop_columns(["_row"])
    return Compacted(events, quarantine, rows.num_rows - events.num_rows)


def _first_of_each(rows: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Give the rows that are no repetition, in order."""
    unnamed = _any([pc.is_null(rows[name]) for name in IDENTITY], rows.num_rows)
    number = pa.array(np.arange(rows.num_rows))
    named = rows.select(IDENTITY).append_column("row", number).filter(pc.invert(unnamed))
    firsts = named.group_by(list(IDENTITY), use_threads=False).aggregate([("row", "min")])["row_min"].to_numpy()
    return np.sort(np.concatenate([firsts, number.filter(unnamed).to_numpy(zero_copy_only=False)])).astype(np.int64)


def _any(masks: list[pa.ChunkedArray], rows: int) -> pa.Array:
    found = np.zeros(rows, dtype=bool)
    for mask in masks:
        found |= np.asarray(mask.to_numpy(), dtype=bool)
    return pa.array(found)

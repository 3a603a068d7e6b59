"""Rows of the lake back in the order in which the ingester received them.

Firehose lands a stream at least once, several shards abreast. Rows are put in order of (received_ts, producer, number),
which is each lane's order as long as one producer feeds it; a row that landed twice, or once for each lane, is given
once. Where several feeds share a lane, their lines may have been some 100 ms apart in Kinesis; only the lane log has
that.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from surveillance.events import MINUTE, SCHEMA
from surveillance.wire import Decoded, Rejected

HELD_NS: Final = 15 * MINUTE
"""Firehose gathers for 5 minutes, and tries again for a while."""
HELD_ROWS: Final = 1 << 20
_ORDER: Final = ("received_ts", "producer", "number")


def in_order_of_arrival(chunks: Iterable[Decoded]) -> Iterator[Decoded]:
    """Sort chunks that are at most `HELD_NS` out of order; a row without `received_ts` counts as received at `ts`.

    Rejected lines have no time and come with the first rows that are given after them.
    """
    held: list[pa.Table] = []
    rejected: list[Rejected] = []
    rows = 0
    for chunk in chunks:
        rejected += [msgspec.structs.replace(each, position=0) for each in chunk.rejected]
        if not chunk.table.num_rows:
            continue
        held.append(_with_order(chunk.table))
        rows += chunk.table.num_rows
        if rows >= HELD_ROWS:
            ordered, received = _sorted(held)
            ready = int(np.searchsorted(received, received[-1] - HELD_NS))
            if ready:
                yield Decoded(ordered.slice(0, ready), rejected)
                rejected = []
            held, rows = [ordered.slice(ready)], 0
    if held or rejected:
        yield Decoded(_sorted(held)[0] if held else SCHEMA.empty_table(), rejected)


def _with_order(table: pa.Table) -> pa.Table:
    """Give columns as plain values, and those that order rows in any case."""
    columns: dict[str, Any] = {name: table.column(name) for name in table.column_names}
    for name, column in columns.items():
        if pa.types.is_dictionary(column.type):
            columns[name] = column.cast(column.type.value_type)
    for name in _ORDER:
        if name not in columns:
            columns[name] = pa.nulls(table.num_rows, SCHEMA.field(name).type)
    columns["received_ts"] = pc.coalesce(columns["received_ts"], columns["ts"])
    return pa.table(columns)


def _sorted(tables: list[pa.Table]) -> tuple[pa.Table, NDArray[np.int64]]:
    joined = pa.concat_tables(tables, promote_options="default")
    ordered = joined.take(pc.sort_indices(joined, [(name, "ascending") for name in (*_ORDER, "symbol")]))
    ordered = ordered.filter(pa.array(~_is_repeated(ordered)))
    return ordered, np.asarray(ordered.column("received_ts").fill_null(0).to_numpy(), np.int64)


def _is_repeated(ordered: pa.Table) -> NDArray[np.bool_]:
    """Say of each row whether it is the one before once more: same producer, number, symbol and time of receipt."""
    repeated = np.zeros(ordered.num_rows, bool)
    if ordered.num_rows < 2:
        return repeated
    same = pa.array([True] * (ordered.num_rows - 1))
    for name in (*_ORDER, "symbol"):
        column = ordered.column(name).combine_chunks()
        same = pc.and_(same, pc.fill_null(pc.equal(column[1:], column[:-1]), False))
    repeated[1:] = np.asarray(same.to_numpy(zero_copy_only=False), bool)
    return repeated

"""A table's rows by the partition they belong to, without repeats and in the order of their key."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveillance.collection.tables import SESSION_INTERVALS, RawTable


def distinct(table: RawTable, rows: pa.Table) -> pa.Table:
    """Order rows by key; of several with one key, the last given stays."""
    if not rows.num_rows:
        return rows
    numbered = rows.append_column("_row", pa.array(range(rows.num_rows), pa.int64()))
    order: list[tuple[str, Any]] = [(column, "ascending") for column in (*table.key, "_row")]
    ordered = numbered.take(pc.sort_indices(numbered, sort_keys=order))
    last = [pc.fill_null(pc.not_equal(ordered[key][1:], ordered[key][:-1]), True) for key in table.key]
    both_null = [pc.and_(pc.is_null(ordered[key][1:]), pc.is_null(ordered[key][:-1])) for key in table.key]
    differs = pa.array([False] * (ordered.num_rows - 1), pa.bool_())
    for unequal, absent in zip(last, both_null, strict=True):
        differs = pc.or_(differs, pc.and_not(unequal, absent))
    kept = pa.concat_arrays([*_chunks(differs), pa.array([True])])
    return ordered.filter(kept).drop_columns(["_row"])


def _chunks(values: Any) -> list[pa.Array]:
    return list(values.chunks) if isinstance(values, pa.ChunkedArray) else [values]


def parts(table: RawTable, rows: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Give each partition's folder (empty where there are none, else ending in a slash) and its rows, in order."""
    rows = distinct(table, rows)
    if not rows.num_rows:
        return
    folders = _folders(table, rows)
    if folders is None:
        yield "", rows
        return
    encoded = folders.combine_chunks().dictionary_encode()
    codes = np.asarray(encoded.indices.to_numpy())
    order = np.argsort(codes, kind="stable")
    grouped = rows.take(pa.array(order))
    ends = np.searchsorted(codes[order], np.arange(len(encoded.dictionary)), side="right").tolist()
    spans = zip(encoded.dictionary.to_pylist(), [0, *ends], ends, strict=False)
    for name, start, end in sorted(spans):
        yield name, grouped.slice(start, end - start)


def _folders(table: RawTable, rows: pa.Table) -> pa.ChunkedArray | None:
    if table.is_bars:
        is_session = pc.is_in(rows["interval"], value_set=pa.array(sorted(SESSION_INTERVALS)))
        span = pc.if_else(
            is_session,
            pc.binary_join_element_wise("month=", pc.strftime(rows["date"], "%Y-%m"), ""),
            pc.binary_join_element_wise("date=", pc.strftime(rows["date"], "%Y-%m-%d"), ""),
        )
        return pc.binary_join_element_wise("interval=", rows["interval"], "/", span, "/", "")
    if table.month_of is not None:
        month = pc.strftime(rows[table.month_of], "%Y-%m")
        return pc.binary_join_element_wise("month=", month, "/", "")
    return None

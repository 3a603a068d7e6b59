"""Columns of the contract made from codes, constants and masks."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.events import SCHEMA

ABSENT: Final = -1


def table(columns: Mapping[str, pa.Array]) -> pa.Table:
    """Put columns in contract order and type; columns without any value are dropped."""
    fields = [field for field in SCHEMA if field.name in columns and columns[field.name].null_count < len_of(columns)]
    arrays = [columns[field.name].cast(field.type) for field in fields]
    if not fields:
        return SCHEMA.empty_table()
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def len_of(columns: Mapping[str, pa.Array]) -> int:
    """Give the number of rows."""
    return len(next(iter(columns.values())))


def words(names: Sequence[str], codes: NDArray[np.int64]) -> pa.Array:
    """Give the name of each code; `ABSENT` becomes null."""
    absent = codes == ABSENT
    return pa.array(names, pa.string()).take(pa.array(np.where(absent, 0, codes), mask=absent))


def repeated(value: str, count: int) -> pa.Array:
    """Give one text for all rows."""
    return pa.repeat(pa.scalar(value, pa.string()), count)


def numbers(values: NDArray[np.float64], absent: NDArray[np.bool_] | None = None) -> pa.Array:
    """Give floats; NaN and the marked ones become null."""
    gone = np.isnan(values) if absent is None else np.isnan(values) | absent
    return pa.array(values, pa.float64(), mask=gone if gone.any() else None)


def lists(values: Sequence[Sequence[str] | None], codes: NDArray[np.int64]) -> pa.Array:
    """Give the list of each code; an empty list is absent."""
    return pa.array([value or None for value in values], pa.list_(pa.field("element", pa.string()))).take(
        pa.array(codes)
    )

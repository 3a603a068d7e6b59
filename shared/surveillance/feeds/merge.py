"""Several files in one order, each keeping its own.

Next is the event whose file's running maximum `ts`, up to and including that event, is lowest; ties go to the file
named first. So a file that is out of order inside stays so, and its late events come late.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.events import FIELDS
from surveillance.wire import Decoded, Rejected

BEFORE_ALL: Final = -(2**63)


def merge(readings: Sequence[Iterable[Decoded]]) -> Iterator[Decoded]:
    """Merge the chunks of several files, holding one chunk a file; a single file passes through untouched.

    A rejected line follows the row before it in its own file.
    """
    if len(readings) == 1:
        yield from readings[0]
        return
    files = [_File(iter(reading)) for reading in readings]
    while True:
        for file in files:
            yield from file.fill()
        waiting = [file for file in files if file.keys.size]
        if not waiting:
            return
        yield _next(waiting)


@dataclass(slots=True)
class _File:
    """A file's chunk that waits, and its running maximum at each row.

    The maximum starts anew with each chunk: one is used up only when all that precedes its end has been handed out, so
    what follows it in the file is next either way.
    """

    chunks: Iterator[Decoded]
    table: pa.Table | None = None
    keys: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    rejected: list[Rejected] = field(default_factory=list)
    unknown_keys: dict[str, int] = field(default_factory=dict)

    def fill(self) -> Iterator[Decoded]:
        """Read on until rows wait; chunks without rows are handed out at once."""
        while not self.keys.size:
            chunk = next(self.chunks, None)
            if chunk is None:
                return
            if not chunk.num_rows:
                yield chunk
                continue
            self.table = _without_dictionaries(chunk.table)
            self.rejected = list(chunk.rejected)
            self.unknown_keys = dict(chunk.unknown_keys)
            self.keys = np.maximum.accumulate(_times(chunk.table))

    def take(self, count: int) -> tuple[pa.Table, NDArray[np.int64], list[Rejected], dict[str, int]]:
        """Give the first rows of what waits, the rejects that follow them, and the chunk's unknown keys, once."""
        assert self.table is not None  # noqa: S101 - rows wait, so there is a table
        taken = self.table.slice(0, count), self.keys[:count]
        given = [reject for reject in self.rejected if count and reject.position <= count]
        self.rejected = [
            Rejected(reject.position - count, reject.reason, reject.line, reject.symbol)
            for reject in self.rejected[len(given) :]
        ]
        unknown, self.unknown_keys = (self.unknown_keys, {}) if count else ({}, self.unknown_keys)
        self.table, self.keys = self.table.slice(count), self.keys[count:]
        return *taken, given, unknown


def _without_dictionaries(table: pa.Table) -> pa.Table:
    """Give every column as plain values, so that columns of different files fit together."""
    for place, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(column.type.value_type))
    return table


def _times(table: pa.Table) -> NDArray[np.int64]:
    if "ts" not in table.column_names:
        return np.full(table.num_rows, BEFORE_ALL, np.int64)
    return np.asarray(table.column("ts").fill_null(BEFORE_ALL).to_numpy(), np.int64)


def _next(files: list[_File]) -> Decoded:
    """Take from all waiting chunks what no later chunk can precede."""
    ends = [int(file.keys[-1]) for file in files]
    horizon = min(ends)
    first_to_end = ends.index(horizon)
    parts = [
        file.take(int(np.searchsorted(file.keys, horizon, side="right" if place <= first_to_end else "left")))
        for place, file in enumerate(files)
    ]
    parts = [part for part in parts if part[0].num_rows]
    unknown: dict[str, int] = {}
    for _, _, _, keys in parts:
        for key, count in keys.items():
            unknown[key] = unknown.get(key, 0) + count
    if len(parts) == 1:
        return Decoded(parts[0][0], parts[0][2], unknown)
    order = np.argsort(np.concatenate([keys for _, keys, _, _ in parts]), kind="stable")
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    rejected: list[tuple[int, int, Rejected]] = []
    start = 0
    for table, _, rejects, _ in parts:
        for reject in rejects:
            position = int(place[start + reject.position - 1]) + 1 if reject.position else 0
            rejected.append((position, len(rejected), Rejected(position, reject.reason, reject.line, reject.symbol)))
        start += table.num_rows
    rejected.sort(key=lambda entry: entry[:2])
    joined = pa.concat_tables([table for table, *_ in parts], promote_options="default")
    ordered = joined.select([name for name in FIELDS if name in joined.column_names]).take(pa.array(order))
    return Decoded(ordered, [reject for *_, reject in rejected], unknown)

"""Events decoded once and cut by lane, so that they can be run many times and by several processes."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from surveillance.errors import InputError
from surveillance.events import DAY, EVERYTHING
from surveillance.lanes import lane_of
from surveillance.reference import Reference
from surveillance.wire import Decoded, Rejected

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from cli.offline import Watch

REJECTED: Final = b"rejected"
_TRADED: Final = ("order", "trade", "quote")


class Recording(msgspec.Struct, frozen=True):
    """A folder with one Arrow stream a lane; how many events are in it, and for how long its instruments were busy.

    `instrument_hours` adds up, over instruments and UTC days, the time from the first order, trade or quote to the
    last.
    """

    folder: Path
    lanes: int
    events: int
    instrument_hours: float
    reference: Reference

    def chunks(self, lane: int) -> Iterator[Decoded]:
        """Read a lane, in the order the events were recorded in."""
        import pyarrow as pa

        path = _path(self.folder, lane)
        if not path.exists():
            return
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
            while True:
                try:
                    batch, told = reader.read_next_batch_with_custom_metadata()
                except StopIteration:
                    return
                rejected = msgspec.json.decode(told[REJECTED], type=list[Rejected]) if told else []
                yield Decoded(pa.Table.from_batches([batch]), rejected)


def record(
    chunks: Iterable[Decoded], folder: Path, lanes: int, reference: Reference, watch: "Watch | None" = None
) -> Recording:
    """Write events to a folder, a file a lane; what concerns every symbol is written to each."""
    spans: dict[tuple[str, int], tuple[int, int]] = {}
    events = 0
    try:
        with ExitStack() as opened:
            writers = [_Writer(_path(folder, lane), opened) for lane in range(lanes)]
            for chunk in chunks:
                events += chunk.table.num_rows
                _note_spans(chunk.table, spans)
                for writer, part in zip(writers, _by_lane(chunk, lanes), strict=True):
                    writer.write(part)
                if watch is not None:
                    watch(events, 0)
    except OSError as error:
        raise InputError(f"{folder} can't hold the events: {error.strerror or error}.") from error
    hours = sum(last - first for first, last in spans.values()) / 3.6e12
    return Recording(folder, lanes, events, hours, reference)


def _path(folder: Path, lane: int) -> Path:
    return folder / f"lane-{lane:04d}.arrow"


class _Writer:
    """One lane's file, of the columns that its first chunk has and all later ones bring along."""

    def __init__(self, path: Path, opened: ExitStack) -> None:
        self._path, self._opened = path, opened
        self._writer: Any = None

    def write(self, part: Decoded) -> None:
        """Append a chunk with its rejected lines."""
        import pyarrow as pa
        from surveillance.events import SCHEMA

        if not part.table.num_rows and not part.rejected:
            return
        if self._writer is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._writer = self._opened.enter_context(pa.ipc.new_stream(str(self._path), SCHEMA, options=options))
        table = part.table
        columns = [
            _plain(table.column(field.name)) if field.name in table.column_names else pa.nulls(len(table), field.type)
            for field in SCHEMA
        ]
        (batch,) = pa.Table.from_arrays(columns, schema=SCHEMA).combine_chunks().to_batches() or [_no_rows()]
        told = {REJECTED: msgspec.json.encode(part.rejected)} if part.rejected else None
        self._writer.write_batch(batch, custom_metadata=told)


def _plain(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow as pa

    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _no_rows() -> "pa.RecordBatch":
    import pyarrow as pa
    from surveillance.events import SCHEMA

    return pa.RecordBatch.from_pylist([], schema=SCHEMA)


def _by_lane(chunk: Decoded, lanes: int) -> Iterator[Decoded]:
    """Cut a chunk; rejected lines of no known symbol are kept in the first lane."""
    import numpy as np
    import pyarrow as pa

    if lanes == 1:
        yield chunk
        return
    places = _lanes_of_rows(chunk.table, lanes)
    for lane in range(lanes):
        mask = (places == lane) | (places < 0)
        before = np.concatenate([[0], np.cumsum(mask)])
        rejected = [
            msgspec.structs.replace(each, position=int(before[each.position]))
            for each in chunk.rejected
            if each.symbol == EVERYTHING or _lane(each.symbol, lanes) == lane
        ]
        yield Decoded(chunk.table.filter(pa.array(mask)), rejected)


def _lanes_of_rows(table: "pa.Table", lanes: int) -> "NDArray[Any]":
    """Give each row's lane, -1 where it concerns all."""
    import numpy as np
    import pyarrow.compute as pc

    if "symbol" not in table.column_names or not table.num_rows:
        return np.zeros(table.num_rows, np.int64)
    symbols = pc.dictionary_encode(_plain(table.column("symbol")), null_encoding="encode").combine_chunks()
    names = symbols.dictionary.to_pylist()
    known = np.array([-1 if name == EVERYTHING else _lane(name, lanes) for name in names], np.int64)
    return np.asarray(known[np.asarray(symbols.indices)])


@cache
def _lane(symbol: str | None, lanes: int) -> int:
    return 0 if symbol is None else lane_of(symbol, lanes)


def _note_spans(table: "pa.Table", spans: dict[tuple[str, int], tuple[int, int]]) -> None:
    """Widen the span of each symbol and UTC day by what a chunk holds of it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not {"type", "symbol", "ts"} <= set(table.column_names):
        return
    kind = _plain(table.column("type"))
    table = table.select(["symbol", "ts"]).filter(pc.is_in(kind, value_set=pa.array(_TRADED)))
    days = pc.divide(table.column("ts"), DAY)
    grouped = table.append_column("day", days).group_by(["symbol", "day"]).aggregate([("ts", "min"), ("ts", "max")])
    for row in grouped.to_pylist():
        if row["symbol"] is None or row["day"] is None:
            continue
        key = row["symbol"], row["day"]
        first, last = spans.get(key, (row["ts_min"], row["ts_max"]))
        spans[key] = min(first, row["ts_min"]), max(last, row["ts_max"])

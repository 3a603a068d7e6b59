"""The lake of history on this machine's disk: Parquet below one folder a table, written only where content changes."""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from surveillance.errors import FormatError
from surveillance.history.tables import BY_MONTH, Table

FILE: Final = "part.parquet"
FRESH: Final = ".fresh"
ROWS_A_GROUP: Final = 65_536
WRITERS: Final = 2


class Written(msgspec.Struct, frozen=True):
    """Files of a table after a write, as paths below the lake."""

    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class HistoryLake:
    """Tables by name; a file is replaced in one step, and only by other content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self, table: Table) -> list[Path]:
        """List a table's Parquet files in path order; of bars, those by month."""
        pattern = "interval=*/month=*/*.parquet" if table.partitions == BY_MONTH else "**/*.parquet"
        return sorted((self.folder / table.place).glob(pattern))

    def digests(self, table: Table) -> dict[str, str]:
        """Give the hash of every file's content by its path below the lake."""
        return {self._below(path): _digest(path) for path in self.files(table)}

    def read(self, table: Table, names: Iterable[str] = ()) -> pa.Table:
        """Read a table, or some of its columns, as declared, files in path order; without a file it has no rows.

        Raises FormatError for a file that is no Parquet file or whose columns can't be read as declared.
        """
        columns = pa.schema([table.columns.field(name) for name in names]) if names else table.columns
        parts = [self._part(path, columns) for path in self.files(table)]
        return pa.concat_tables(parts) if parts else columns.empty_table()

    def replace(self, table: Table, parts: Iterable[pa.Table], since: str | None = None) -> Written:
        """Let a table hold exactly these rows, each partition in one file of a row group a part.

        With `since`, a month, earlier months are left alone and their rows are not looked at. A part is written
        while the next is asked for.
        """
        writers: dict[Path, pq.ParquetWriter] = {}
        under_way: list[Future[None]] = []
        pool = ThreadPoolExecutor(WRITERS)
        try:
            for rows in parts:
                _ended(under_way)
                for place, part in _partitions(table, plain_times(rows), since):
                    path = self.folder / table.place / place / FILE
                    if path not in writers:
                        path.parent.mkdir(parents=True, exist_ok=True)
                        writers[path] = _writer(path.with_suffix(FRESH), part.schema)
                    under_way.append(pool.submit(writers[path].write_table, part, row_group_size=ROWS_A_GROUP))
            _ended(under_way)
        finally:
            pool.shutdown()
            for writer in writers.values():
                writer.close()
        changed = [path for path in writers if _took_place(path.with_suffix(FRESH), path)]
        stale = [
            path
            for path in self.files(table)
            if path.name == FILE and path not in writers and (since is None or _month(path.as_posix()) >= since)
        ]
        for path in stale:
            path.unlink()
        kept = [path for path in writers if path not in set(changed)]
        return Written(*(tuple(sorted(map(self._below, paths))) for paths in (changed, kept, stale)))

    def _below(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _part(self, path: Path, columns: pa.Schema) -> pa.Table:
        try:
            with pq.ParquetFile(path) as file:
                found = file.read([name for name in columns.names if name in file.schema_arrow.names])
            return pa.table(
                [
                    found.column(field.name).cast(field.type)
                    if field.name in found.column_names
                    else pa.nulls(len(found), field.type)
                    for field in columns
                ],
                schema=columns,
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise FormatError(f"{path} can't be read as a file of its table: {error}") from error


def _ended(under_way: list[Future[None]]) -> None:
    while under_way:
        under_way.pop().result()


def plain_times(rows: pa.Table) -> pa.Table:
    """Give timestamps without a zone, as milliseconds UTC."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type) and field.type != pa.timestamp("ms"):
            column = rows.column(place).cast(pa.timestamp("ms", field.type.tz), safe=False)
            rows = rows.set_column(place, field.name, column.cast(pa.timestamp("ms")))
    return rows


def changed_months(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Name the months whose files differ, in order; files whose paths tell no month give the first, `0001-01`."""
    differing = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
    return sorted({_month(path) for path in differing})


def _month(path: str) -> str:
    """Read `month=2018-02`, or Firehose's `year=2018/month=02`."""
    found = re.search(r"(?:^|/)(?:year=(\d{4})/month=(\d{2})|month=(\d{4}-\d{2}))(?:/|$)", path)
    return (found[3] or f"{found[1]}-{found[2]}") if found else "0001-01"


def _partitions(table: Table, rows: pa.Table, since: str | None) -> Iterator[tuple[str, pa.Table]]:
    if not len(rows):
        return
    if not table.partitions:
        yield "", rows
        return
    if table.partitions != BY_MONTH:
        raise ValueError(f"{table.name} is not laid out by interval and month")
    rows = rows.combine_chunks()  # to take from many chunks is slow
    months = np.asarray(rows.column("date").to_numpy()).astype("datetime64[M]")
    wanted = np.ones(len(months), bool) if since is None else months >= np.datetime64(since)
    for interval in sorted(pc.unique(rows.column("interval")).to_pylist()):
        at = np.flatnonzero(wanted & pc.equal(rows.column("interval"), interval).to_numpy(zero_copy_only=False))
        order = at[np.argsort(months[at], kind="stable")]
        ordered = rows.take(pa.array(order))
        starts = np.flatnonzero(np.diff(months[order].astype(np.int64), prepend=-(2**60))).tolist()
        for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
            yield f"interval={interval}/month={months[order[start]]}", ordered.slice(start, end - start)


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    words = [field.name for field in schema if not pa.types.is_floating(field.type) or field.name.startswith("cdl_")]
    return pq.ParquetWriter(path, schema, compression="snappy", use_dictionary=words)


def _took_place(fresh: Path, path: Path) -> bool:
    """Move a fresh file to its place unless there is an equal one; say whether it moved."""
    if path.exists() and path.stat().st_size == fresh.stat().st_size and _digest(path) == _digest(fresh):
        fresh.unlink()
        return False
    fresh.replace(path)
    return True


def _digest(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def digest_of(parts: Iterable[str]) -> str:
    """Hash texts in order."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(f"{len(part)}:".encode() + part.encode())
    return digest.hexdigest()

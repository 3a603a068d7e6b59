"""The raw tables as Parquet: one file a writer and partition, named so that writing again changes nothing."""

from collections.abc import Callable
from io import BytesIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from surveillance.adapters.objects import Objects
from surveillance.collection.partitions import parts
from surveillance.collection.tables import LOADED_AT, MOMENT, TABLES

CODEC = "zstd"


class Written(msgspec.Struct, frozen=True):
    """What a write came to: rows and files, files that were as they are already, rows given with the key of a later."""

    rows: int = 0
    files: int = 0
    unchanged: int = 0
    repeated: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.rows + other.rows,
            self.files + other.files,
            self.unchanged + other.unchanged,
            self.repeated + other.repeated,
        )


class RawTables:
    """Writes raw tables below the lake; `clock_ms` is the wall clock."""

    def __init__(self, objects: Objects, clock_ms: Callable[[], int]) -> None:
        self._objects = objects
        self._clock_ms = clock_ms

    def write(self, name: str, rows: pa.Table, stem: str, *, alone: bool = False) -> Written:
        """Write the rows of one writer as `<table>/<partition>/<stem>.parquet`.

        A file whose rows are the same is left as it is. With `alone`, files of this stem in other partitions, left by
        an earlier write of more rows, are removed.
        """
        table = TABLES[name]
        written = Written()
        kept = set()
        for folder, part in parts(table, rows):
            place = f"{name}/{folder}{stem}.parquet"
            kept.add(place)
            old = self._objects.read(place)
            same = old is not None and _holds(old, part)
            if not same:
                self._objects.write(place, self._encoded(part, table.schema))
            written += Written(part.num_rows, 1, int(same))
        if alone:
            self._remove_left_over(name, {place.split("/")[1] for place in kept} if table.is_bars else {""}, stem, kept)
        return written + Written(repeated=rows.num_rows - written.rows)

    def _remove_left_over(self, name: str, folders: set[str], stem: str, kept: set[str]) -> None:
        for folder in sorted(folders):
            for place in self._objects.names(f"{name}/{folder}/" if folder else f"{name}/"):
                if place.rpartition("/")[2] == f"{stem}.parquet" and place not in kept:
                    self._objects.remove(place)

    def _encoded(self, part: pa.Table, schema: pa.Schema) -> bytes:
        loaded_at = pa.repeat(pa.scalar(self._clock_ms(), pa.int64()).cast(MOMENT), part.num_rows)
        sink = BytesIO()
        pq.write_table(part.append_column(LOADED_AT, loaded_at).cast(schema), sink, compression=CODEC)
        return sink.getvalue()


def _holds(content: bytes, rows: pa.Table) -> bool:
    """Say whether a file holds just these rows; a damaged one does not."""
    try:
        held = pq.ParquetFile(BytesIO(content)).read(use_threads=False)
        return bool(held.drop_columns([LOADED_AT]).equals(rows))
    except (pa.ArrowException, OSError, KeyError):
        return False

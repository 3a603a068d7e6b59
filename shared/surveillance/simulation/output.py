"""A session's tables as the bytes of a file, by the file's suffix."""

import pyarrow as pa
from pyarrow import csv, parquet

from surveillance import wire
from surveillance.errors import InputError


def file_of(table: pa.Table, suffix: str) -> bytes:
    """Write a table as `.ndjson` (events), `.parquet` or `.csv` (reference data); `InputError` for another suffix."""
    if suffix == ".ndjson":
        return wire.encode(table)
    sink = pa.BufferOutputStream()
    if suffix == ".parquet":
        parquet.write_table(table, sink, compression="zstd")
    elif suffix == ".csv":
        csv.write_csv(table, sink, csv.WriteOptions(quoting_style="needed"))
    else:
        raise InputError(f"can't write a table as {suffix or 'a file without suffix'}: use .ndjson, .parquet or .csv")
    written: bytes = sink.getvalue().to_pybytes()
    return written

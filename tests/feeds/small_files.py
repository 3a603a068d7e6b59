"""Small files of every format, made here, as the sources a command line would hand in."""

import gzip
import io
import lzma
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from surveillance.feeds import FORMATS, Defaults, FileSource, Options
from surveillance.wire import Rejected

LOBSTER_NAME = "AAPL_2012-06-21_34200000_57600000_{}_{}.csv"
LOBSTER_MESSAGES = (
    "34200.004241176,1,16113575,18,5853300,1",
    "34200.1,2,16113575,8,5853300,1",
    "34200.25,4,16113575,4,5853300,1",
    "34200.3,5,0,1,5853800,-1",
    "34201,3,16113575,6,5853300,1",
)
LOBSTER_BOOK = (
    "5859400,200,5853300,18",
    "5859400,200,5853300,10",
    "5859400,200,5853300,6",
    "5859400,200,5853300,6",
    "5859400,200,-9999999999,0",
)


@dataclass
class Result:
    """Everything one file gave."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    unknown_keys: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    defaults: Defaults = field(default_factory=Defaults)

    @property
    def reasons(self) -> list[str]:
        return [reject.reason for reject in self.rejected]


def source(name: str, data: bytes, companion: FileSource | None = None) -> FileSource:
    return FileSource(name, io.BytesIO(data), companion)


def read(format_name: str, file: FileSource, options: Options | None = None) -> Result:
    """Read a file to its end; null fields are left out of the rows."""
    reading = FORMATS[format_name].read(file, options)
    result = Result(left_out=reading.left_out, defaults=reading.defaults)
    for chunk in reading:
        chunk.table.validate(full=True)
        for reject in chunk.rejected:
            assert 0 <= reject.position <= chunk.table.num_rows
            shifted = Rejected(reject.position + len(result.rows), reject.reason, reject.line, reject.symbol)
            result.rejected.append(shifted)
        rows = chunk.table.to_pylist()
        result.rows += [{key: value for key, value in row.items() if value is not None} for row in rows]
        result.unknown_keys.update(chunk.unknown_keys)
    return result


def lines(*texts: str) -> bytes:
    return "".join(text + "\n" for text in texts).encode()


def zipped_names(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def xzipped(data: bytes) -> bytes:
    return lzma.compress(data)


def zstandard(data: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(data)
    return out.getvalue().to_pybytes()


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def lobster_zip(
    messages: tuple[str, ...] = LOBSTER_MESSAGES, book: tuple[str, ...] = LOBSTER_BOOK, level: int = 1
) -> FileSource:
    return source(
        f"lobster/AAPL_2012-06-21_{level}.zip",
        zipped_names(
            {
                LOBSTER_NAME.format("message", level): lines(*messages),
                LOBSTER_NAME.format("orderbook", level): lines(*book),
                "LOBSTER_ReadMe.txt": b"a readme",
            }
        ),
    )

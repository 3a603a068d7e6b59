"""Events on the wire: newline-delimited JSON to Arrow and back. The only encoder and the only decoder.

A line that does not parse or has a field of the wrong type is a `Rejected` value with its place and reason; the lines
around it are kept. What a row *means* (required fields, vocabularies, ranges) is checked where rows become engine
records, in `engine.batch`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final, Protocol

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import json as arrow_json

from surveillance.events import FIELDS, SCHEMA

BLOCK_BYTES: Final = 1 << 20
SAMPLE_LINES: Final = 16
ENCODED_ROWS: Final = 1 << 15
FEW_ROWS: Final = 1_000
"""Below this, writing row by row is faster."""


class Rejected(msgspec.Struct, frozen=True):
    """One line that is no event. `position` counts the rows of the table that stand before it."""

    position: int
    reason: str
    line: bytes
    symbol: str | None = None
    producer: str | None = None
    number: int | None = None


class Rows(Protocol):
    """Rows that were read and are no table yet."""

    def __len__(self) -> int: ...

    def table(self) -> pa.Table:
        """Make the table."""


class Decoded:
    """Rows in line order, the rejected lines between them, and how often each unknown key was seen.

    Of `rows`, a table is made when it is first asked for.
    """

    __slots__ = ("_table", "num_rows", "rejected", "rows", "unknown_keys")

    def __init__(
        self,
        table: Any,
        rejected: list[Rejected] | None = None,
        unknown_keys: dict[str, int] | None = None,
        *,
        rows: Rows | None = None,
    ) -> None:
        self._table = table
        self.rows = rows
        self.num_rows: int = table.num_rows if rows is None else len(rows)
        self.rejected = rejected or []
        self.unknown_keys = unknown_keys or {}

    @property
    def table(self) -> pa.Table:
        if self._table is None and self.rows is not None:
            self._table = self.rows.table()
        return self._table


def _line_type() -> type[msgspec.Struct]:
    of: Mapping[pa.DataType, Any] = {pa.string(): str, pa.int64(): int, pa.float64(): float, pa.bool_(): bool}
    return msgspec.defstruct(
        "EventLine",
        [(field.name, (of.get(field.type, list[str])) | None, None) for field in SCHEMA],
    )


_line_decoder = msgspec.json.Decoder(_line_type())
_any_decoder = msgspec.json.Decoder(dict[str, Any])
_encoder = msgspec.json.Encoder()
_NESTED: Final = re.compile(rb"[\[,]\s*\[")
"""An array in an array: no event has one, and deep ones overflow pyarrow's stack."""
_KNOWN: Final = frozenset(FIELDS)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_INT64: Final = range(-(2**63), 2**63)
_INTEGERS: Final[tuple[str, ...]] = tuple(field.name for field in SCHEMA if field.type == pa.int64())


Reader = Callable[[bytes, set[str]], Rows | None]
"""Reads lines into the columns named, adding those it finds; None where a line needs a closer look."""


class Decoder:
    """Decodes NDJSON. Remembers which fields its input has, so that absent columns cost nothing.

    With a `reader`, lines it can read are left to it (`engine.ndjson.Reader`: eight times as fast as pyarrow).
    """

    def __init__(self, reader: Reader | None = None) -> None:
        self._fields: set[str] = set()
        self._reader = reader

    def decode(self, data: bytes) -> Decoded:
        """Decode whole lines; a last line may lack its newline."""
        if not data or data.isspace():
            return Decoded(_empty())
        if not is_utf8(data):
            return _by_line(data)
        self._learn(data)
        read = self._reader(data, self._fields) if self._reader else None
        if read is not None:
            return Decoded(None, rows=read)
        fast = self._fast(data)
        return fast if fast is not None else _by_line(data)

    def _learn(self, data: bytes) -> None:
        if self._fields and len(data) < BLOCK_BYTES // 2:
            return
        step = max(1, len(data) // SAMPLE_LINES)
        for place in range(0, len(data), step):
            start = data.rfind(b"\n", 0, place) + 1
            end = data.find(b"\n", start)
            try:
                line = _any_decoder.decode(data[start : end if end >= 0 else len(data)])
            except _UNREADABLE:
                continue
            self._fields.update(key for key in line if key in _KNOWN)

    def _fast(self, data: bytes) -> Decoded | None:
        """Decode with pyarrow, or give None where a line needs a closer look."""
        lines = data.count(b"\n") + (not data.endswith(b"\n"))
        if data.count(b"{") != lines or (b"[" in data and _NESTED.search(data)):
            return None
        while True:
            schema = pa.schema([field for field in SCHEMA if field.name in self._fields])
            try:
                table = arrow_json.read_json(
                    pa.BufferReader(data),
                    read_options=arrow_json.ReadOptions(use_threads=False, block_size=max(len(data) + 1, 1024)),
                    parse_options=arrow_json.ParseOptions(
                        explicit_schema=schema, newlines_in_values=False, unexpected_field_behavior="infer"
                    ),
                )
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                return None
            if table.num_rows != lines:
                return None
            unforeseen = [name for name in table.column_names if name in _KNOWN and name not in self._fields]
            if not unforeseen:
                break
            self._fields.update(unforeseen)
        unknown = {
            name: table.num_rows - table.column(name).null_count
            for name in table.column_names
            if name not in self._fields
        }
        return Decoded(table.select(schema.names) if unknown else table, [], unknown)


def is_utf8(data: bytes) -> bool:
    """Say whether bytes are UTF-8."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _empty() -> pa.Table:
    return SCHEMA.empty_table()


def _by_line(data: bytes) -> Decoded:
    rows: list[msgspec.Struct] = []
    rejected: list[Rejected] = []
    unknown: Counter[str] = Counter()
    for line in data.split(b"\n"):
        if not line or line.isspace():
            continue
        try:
            row = _line_decoder.decode(line)
            keys = _any_decoder.decode(line).keys()
        except _UNREADABLE as error:
            rejected.append(_rejected(len(rows), _reason(error), line))
            continue
        wide = _wide_integer(row)
        if wide:
            rejected.append(_rejected(len(rows), f"wrong_type:{wide}", line))
            continue
        rows.append(row)
        unknown.update(key for key in keys if key not in _KNOWN)
    table = table_of([msgspec.structs.asdict(row) for row in rows])
    return Decoded(table, rejected, dict(unknown))


def _wide_integer(row: msgspec.Struct) -> str | None:
    for name in _INTEGERS:
        value = getattr(row, name)
        if value is not None and value not in _INT64:
            return name
    return None


def _reason(error: Exception) -> str:
    """Name a parse failure: `not_utf8`, `not_json`, `not_an_object`, or `wrong_type:<field>`."""
    if isinstance(error, UnicodeDecodeError) or "utf-8" in str(error):
        return "not_utf8"
    if isinstance(error, msgspec.ValidationError):
        text = str(error)
        place = text.partition("at `$.")[2].partition("`")[0].partition("[")[0]
        return f"wrong_type:{place}" if place else "not_an_object"
    return "not_json"


def _rejected(position: int, reason: str, line: bytes) -> Rejected:
    """Keep of a bad line what can be read of whose it is."""
    try:
        fields = _any_decoder.decode(line)
    except _UNREADABLE:
        return Rejected(position, reason, line)
    symbol, producer, number = (fields.get(name) for name in ("symbol", "producer", "number"))
    return Rejected(
        position,
        reason,
        line,
        symbol if isinstance(symbol, str) else None,
        producer if isinstance(producer, str) else None,
        number if isinstance(number, int) and number in _INT64 else None,
    )


def table_of(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Make a table of the columns that occur in `rows`, in contract order."""
    kept = list(rows)
    present = {key for row in kept for key, value in row.items() if value is not None}
    if not kept:
        return _empty()
    fields = [field for field in SCHEMA if field.name in present] or [SCHEMA.field(0)]
    columns = [pa.array([row.get(field.name) for row in kept], field.type) for field in fields]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def encode_row(row: Mapping[str, Any]) -> bytes:
    """Write one event as a JSON line without its newline; nulls are left out."""
    return _encoder.encode({key: value for key, value in row.items() if value is not None})


def encode(table: pa.Table) -> bytes:
    """Write a table as NDJSON; nulls and unknown columns are left out."""
    known = table.select([name for name in table.column_names if name in FIELDS])
    return b"".join(_lines(batch) for batch in known.to_batches(max_chunksize=ENCODED_ROWS))


def _lines(batch: pa.RecordBatch) -> bytes:
    """Write rows: few one by one; of many, every value becomes `,"name":value` column by column, and a row is what its
    values join to."""
    if batch.num_rows < FEW_ROWS:
        return b"".join(encode_row(row) + b"\n" for row in batch.to_pylist())
    import pyarrow.compute as pc  # takes a tenth of a second, and readers do without

    members = [
        _members(name, column)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if column.null_count < len(column)
    ]
    if not members:
        return b"{}\n" * int(batch.num_rows)
    row = pc.binary_join_element_wise("", *members, "", null_handling="skip")
    opened = pc.binary_replace_slice(pc.cast(row, pa.binary()), 0, 1, b"{")
    lines = pc.binary_join_element_wise(opened, b"}\n", b"")
    _, offsets, data = lines.buffers()
    end = int(np.frombuffer(offsets, np.int32)[len(lines)])
    written: bytes = data[:end].to_pybytes()
    return written


def _members(name: str, column: pa.Array) -> pa.Array:
    """Turn values into JSON members, each with a comma before it; nulls stay nulls."""
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_text = pa.types.is_string(column.type)
    if is_text and not _needs_escapes(column):
        return pc.binary_join_element_wise(f',"{name}":"', column, '"', "")
    if is_text or pa.types.is_list(column.type):
        values = column.to_pylist()
        texts = pa.array([None if value is None else _encoder.encode(value).decode() for value in values])
    else:
        texts = pc.cast(column, pa.string())
        if pa.types.is_floating(column.type):
            texts = pc.if_else(pc.is_finite(column), texts, "null")
    return pc.binary_join_element_wise(f',"{name}":', texts, "")


def _needs_escapes(column: pa.Array) -> bool:
    data = column.buffers()[2]
    if data is None:
        return False
    values = np.frombuffer(data, np.uint8)
    return bool(((values < 0x20) | (values == 0x22) | (values == 0x5C)).any())


def blocks(stream: BinaryIO, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Cut a stream into blocks of whole lines; only the last block may lack a final newline."""
    rest = b""
    while chunk := stream.read(block_bytes):
        end = chunk.rfind(b"\n") + 1
        if not end:
            rest += chunk
            continue
        yield rest + chunk[:end]
        rest = chunk[end:]
    if rest:
        yield rest

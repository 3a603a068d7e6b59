"""Our own events: NDJSON, also compressed, and Parquet with the contract's column names."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from surveillance.errors import FormatError
from surveillance.events import SCHEMA, TYPES
from surveillance.feeds.feed import Defaults, Feed, FileSource, Options
from surveillance.feeds.files import unwrapped, wrapping, zip_names
from surveillance.feeds.strangers import refuse_others, what_it_is
from surveillance.feeds.text import Text
from surveillance.wire import Decoded, Decoder

TITLE: Final = "market events"
PARQUET_ROWS: Final = 1 << 17
FEW_WORDS: Final = (
    "type",
    "symbol",
    "producer",
    "venue",
    "channel",
    "action",
    "account",
    "side",
    "time_in_force",
    "reason",
    "aggressor",
    "buy_account",
    "sell_account",
    "correction",
    "interval",
    "source",
    "state",
)
"""Text columns of few different values; read from Parquet as dictionaries, which costs a third."""
_PLAIN: Final = (".ndjson", ".jsonl")
_UNPARSED: Final = ("not_json", "not_utf8")
_DAMAGE: Final = (pa.ArrowException, OSError, ValueError, EOFError)


def _decode(source: FileSource, options: Options, left_out: Counter[str]) -> tuple[Defaults, Iterator[Decoded]]:
    if wrapping(source) == "parquet":
        return Defaults(), _checked(_parquet(source, *_opened(source)), source.name)
    if source.name.lower().endswith(".zip"):
        wanted = [name for name in zip_names(source) if name.lower().endswith(_PLAIN)]
        if not wanted:
            raise FormatError(f"{source.name} is a zip without a file of events (.ndjson).")
    texts = (Text(inner) for inner in unwrapped(source) if not _is_zipped_stranger(source, inner))
    first = next(texts)
    refuse_others(source.name, first.head, ("events", "json"), TITLE + " (NDJSON)")
    return Defaults(), _checked(_lines(first, texts), source.name)


def _is_zipped_stranger(outer: FileSource, inner: FileSource) -> bool:
    return outer.name.lower().endswith(".zip") and not inner.name.lower().endswith(_PLAIN)


def _lines(first: Text, others: Iterator[Text]) -> Iterator[Decoded]:
    from surveillance.engine import ndjson  # brings numba, and who decodes other formats does without

    decoder = Decoder(ndjson.Reader())
    for text in (first, *others):
        for block in text.blocks():
            decoded = decoder.decode(block.data)
            last = decoded.rejected[-1] if decoded.rejected else None
            if last is not None and last.reason in _UNPARSED:
                block.check_end(text.name, last.line)
            yield decoded


def _checked(chunks: Iterator[Decoded], name: str) -> Iterator[Decoded]:
    """Pass chunks on; raise at the end if rows were found but none has a type of the contract."""
    rows = 0
    found = False
    known = pa.array(list(TYPES))
    for chunk in chunks:
        rows += chunk.num_rows
        if not found and "type" in chunk.table.column_names:
            found = bool(pc.any(pc.is_in(chunk.table.column("type"), value_set=known)).as_py())
        yield chunk
    if rows and not found:
        raise FormatError(f"{name} holds no market event: none of its {rows} rows has a known type.")


def _opened(source: FileSource) -> tuple[pq.ParquetFile, list[pa.Field]]:
    try:
        file = pq.ParquetFile(source.stream)
        schema = file.schema_arrow
        few = [name for name in FEW_WORDS if name in schema.names and pa.types.is_string(schema.field(name).type)]
        file = pq.ParquetFile(source.stream, metadata=file.metadata, read_dictionary=few)
    except _DAMAGE as error:
        raise FormatError(f"{source.name} is truncated or damaged: its Parquet footer can't be read.") from error
    if "type" not in schema.names:
        raise FormatError(f"{source.name} is Parquet of another kind: it has no column `type`.")
    if len(set(schema.names)) < len(schema.names):
        raise FormatError(f"{source.name} is Parquet of another kind: two columns have the same name.")
    fields = [schema.field(wanted.name) for wanted in SCHEMA if wanted.name in schema.names]
    for field in fields:
        if not _fits(field.type, SCHEMA.field(field.name).type):
            wanted = SCHEMA.field(field.name).type
            raise FormatError(f"{source.name} has column {field.name} as {field.type}; {wanted} was expected.")
    return file, [field for field in fields if not pa.types.is_null(field.type)]


def _fits(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Tell whether a column can be read exactly; a time never comes from a float."""
    if pa.types.is_null(given) or given == wanted:
        return True
    if pa.types.is_dictionary(given):
        return _fits(given.value_type, wanted)
    if pa.types.is_integer(wanted):
        return bool(pa.types.is_integer(given))
    if pa.types.is_floating(wanted):
        return bool(pa.types.is_integer(given) or pa.types.is_floating(given) or pa.types.is_decimal(given))
    if pa.types.is_string(wanted):
        return bool(pa.types.is_large_string(given) or pa.types.is_string_view(given))
    if pa.types.is_list(wanted):
        return bool(
            (pa.types.is_list(given) or pa.types.is_large_list(given)) and _fits(given.value_type, wanted.value_type)
        )
    return False


def _parquet(source: FileSource, file: pq.ParquetFile, fields: list[pa.Field]) -> Iterator[Decoded]:
    names = [field.name for field in fields]
    strangers = [name for name in file.schema_arrow.names if name not in SCHEMA.names]
    try:
        for batch in file.iter_batches(PARQUET_ROWS, columns=names + strangers, use_threads=False):
            columns = [_exact(batch.column(name), SCHEMA.field(name).type) for name in names]
            unknown = {name: batch.num_rows - batch.column(name).null_count for name in strangers}
            known = pa.Table.from_arrays(columns, names=names)
            yield Decoded(known, [], {name: count for name, count in unknown.items() if count})
    except _DAMAGE as error:
        raise FormatError(f"{source.name} is truncated or damaged: its Parquet data can't be read.") from error


def _exact(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(column.type) and column.type.value_type == wanted:
        ends = pc.min_max(column.indices).as_py()
        if ends["min"] is not None and not 0 <= ends["min"] <= ends["max"] < len(column.dictionary):
            raise pa.ArrowInvalid("an index points outside its dictionary")
        return column
    return column.cast(wanted)


def _recognises(source: FileSource) -> bool:
    try:
        kind = wrapping(source)
        if kind == "parquet":
            return "type" in pq.ParquetFile(source.stream).schema_arrow.names
        if kind == "zip":
            return any(name.lower().endswith(_PLAIN) for name in zip_names(source))
        found = what_it_is(Text(next(unwrapped(source))).head)
    except (FormatError, *_DAMAGE):
        return True
    return found is None or found[0] in ("events", "json")


FEED: Final = Feed(
    "events",
    TITLE,
    (
        ".parquet",
        *(plain + wrapped for plain in _PLAIN for wrapped in ("", ".gz", ".xz", ".zst", ".zip")),
        ".zip",
    ),
    _decode,
    _recognises,
)

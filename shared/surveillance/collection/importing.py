"""One file of history to rows of the raw tables: which kind it is tells its beginning, not its name.

Read are daily bars as csv, LEAN bars of any resolution, LEAN factor files, and csv of earnings and of companies.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final

import msgspec
import pyarrow as pa

from surveillance.collection import earnings_file, lean_factors, sectors_file
from surveillance.collection.event_bars import bars_of_events
from surveillance.collection.tables import rows_to_table
from surveillance.errors import FormatError
from surveillance.feeds import FORMATS, FileSource
from surveillance.feeds.files import unwrapped, wrapping, zip_names
from surveillance.feeds.strangers import what_it_is
from surveillance.feeds.text import Text

READ: Final = "daily bars, LEAN bars, LEAN factor files, earnings and companies"
_FACTOR_LINE: Final = re.compile(rb"(19|20)\d\d[01]\d[0-3]\d(,\d*\.?\d+(e-?\d+)?){3}\r?\n", re.I)


class Imported(msgspec.Struct):
    """What a file held: rows by table, in `stem` the name its files take, and what was rejected or left out."""

    stem: str
    tables: dict[str, Any]
    rejected: Counter[str] = msgspec.field(default_factory=Counter)
    left_out: Counter[str] = msgspec.field(default_factory=Counter)


class UnknownFile(FormatError):  # noqa: N818 - it is an answer as much as an error
    """A file of a kind that holds no history this reads."""


def read_file(source: FileSource, as_of: date | None = None) -> Imported:
    """Read one file; raises `UnknownFile` for one of another kind, `FormatError` for one that is damaged."""
    if wrapping(source) == "zip":
        return _bars(source, "lean")
    text = Text(next(unwrapped(source)))
    source.stream.seek(0)
    header = [name.strip() for name in text.head.split(b"\n", 1)[0].decode("utf-8", "replace").split(",")]
    if set(earnings_file.COLUMNS) <= set(header):
        return _listed(source, "earnings", "raw_earnings", earnings_file.earnings_rows)
    if set(sectors_file.COLUMNS) <= set(header):
        return _listed(
            source,
            "companies",
            "raw_instruments",
            lambda text, name, counts: sectors_file.instrument_rows(text, name, as_of, counts),
        )
    if _FACTOR_LINE.match(text.head):
        return _factors(source)
    kind, words = what_it_is(text.head) or ("", "of no known kind")
    if kind in ("bars", "lean"):
        return _bars(source, kind)
    raise UnknownFile(f"{source.name} is {words.partition(', which')[0]}; read are {READ}.")


def _bars(source: FileSource, name: str) -> Imported:
    found = Imported(_stem(name, source), {})
    reading = FORMATS[name].read(source)
    zone = reading.defaults.timezone
    pieces = []
    for chunk in reading:
        found.rejected.update(each.reason for each in chunk.rejected)
        if chunk.num_rows:
            pieces.append(bars_of_events(chunk.table, name, found.left_out, zone))
    found.left_out.update(reading.left_out)
    rows = pa.concat_tables(pieces)
    if rows.num_rows:
        found.tables["raw_bars" if zone != "UTC" else "raw_fx"] = rows
    return found


def _factors(source: FileSource) -> Imported:
    found = Imported(_stem("lean", source), {})
    symbol = _base(source.name).upper()
    lines = lean_factors.parse(_whole(source), found.rejected)
    events = lean_factors.events_of_factors(symbol, lines, "lean")
    found.tables = {
        "raw_splits": rows_to_table("raw_splits", events.splits),
        "raw_dividends": rows_to_table("raw_dividends", events.dividends),
    }
    return found


def _listed(
    source: FileSource, name: str, table: str, rows: Callable[[str, str, Counter[str]], Iterator[dict[str, Any]]]
) -> Imported:
    found = Imported(_stem(name, source), {})
    found.tables[table] = rows_to_table(table, rows(_whole(source), name, found.rejected))
    if not found.tables[table].num_rows:
        raise FormatError(f"{source.name} holds no row that can be used.")
    return found


def _whole(source: FileSource) -> str:
    content = Text(next(unwrapped(source))).all()
    if not content.endswith(b"\n") and b"\n" not in content:
        raise FormatError(f"{source.name} is truncated: it holds no whole line.")
    return content.decode("utf-8", "replace")


def _stem(name: str, source: FileSource) -> str:
    inner = zip_names(source) if wrapping(source) == "zip" else []
    return f"{name}-{re.sub(r'[^A-Za-z0-9._-]', '_', _base(inner[0] if len(inner) == 1 else source.name))}"


def _base(name: str) -> str:
    """Give a file's name without folders and suffixes."""
    base = name.rpartition("/")[2]
    return re.sub(r"(\.csv)?(\.(gz|xz|zst|zip))?$", "", base, flags=re.I)

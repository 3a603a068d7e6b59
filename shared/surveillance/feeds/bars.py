"""Daily bars of US equities as csv with the columns date, open, high, low, close, volume, symbol, in any order.

`ts` is the session's close. Repeated days are kept as they are: judging them is the quality job's work.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from surveillance.errors import FormatError
from surveillance.feeds import assembly
from surveillance.feeds.columns import NUMBER, TEXT, Rows, read_rows
from surveillance.feeds.feed import Defaults, Feed, FileSource, Options
from surveillance.feeds.files import unwrapped, wrapping
from surveillance.feeds.local_time import EARLIEST_DAY, LATEST_DAY
from surveillance.feeds.session_close import session_closes
from surveillance.feeds.strangers import refuse_others, what_it_is
from surveillance.feeds.text import Text
from surveillance.wire import Decoded

TITLE: Final = "daily bars (date,open,high,low,close,volume,symbol)"
COLUMNS: Final = ("date", "open", "high", "low", "close", "volume", "symbol")
DEFAULTS: Final = Defaults("XNYS", "equity", "America/New_York")
_PRICES: Final = ("open", "high", "low", "close", "volume")


def _decode(source: FileSource, options: Options, left_out: Counter[str]) -> tuple[Defaults, Iterator[Decoded]]:
    text = Text(next(unwrapped(source)))
    refuse_others(source.name, text.head, ("bars", "table"), TITLE)
    header = _header(text.head)
    lacking = [name for name in COLUMNS if name not in header and (name != "symbol" or options.symbol is None)]
    if lacking or len(header) != len(set(header)) or set(header) - set(COLUMNS):
        raise FormatError(f"{source.name} has columns {', '.join(header)[:200]}; {','.join(COLUMNS)} were expected.")
    return DEFAULTS, _chunks(text, _schema(header), options.symbol)


def _header(head: bytes) -> list[str]:
    return [name.strip().lower() for name in head.split(b"\n", 1)[0].decode("utf-8", "replace").split(",")]


def _schema(header: list[str]) -> pa.Schema:
    kinds = {"date": (pa.date32(), False), "symbol": (TEXT, False)}
    return pa.schema([pa.field(name, *kinds.get(name, (NUMBER, True))) for name in header])


def _chunks(text: Text, schema: pa.Schema, symbol: str | None) -> Iterator[Decoded]:
    for block in text.blocks():
        data = block.data.partition(b"\n")[2] if block.first_line == 1 else block.data
        if not data:
            continue
        rows = read_rows(data, schema)
        block.check_end(text.name, rows.last_rejected())
        yield _decode_block(rows, symbol)


def _decode_block(rows: Rows, symbol: str | None) -> Decoded:
    days = _days(rows)
    rows, good = rows.sifted({"bad_date": (days < EARLIEST_DAY) | (days >= LATEST_DAY)})
    count = rows.lines.size
    if not count:
        return Decoded(pa.table({}), rows.rejected())
    named = "symbol" in rows.table.column_names
    columns = {
        "type": assembly.repeated("bar", count),
        "symbol": rows.text("symbol") if named else assembly.repeated(symbol or "", count),
        "ts": pa.array(session_closes(days[good])),
        "interval": assembly.repeated("1d", count),
        **{name: rows.table.column(name).combine_chunks() for name in _PRICES},
    }
    return Decoded(assembly.table(columns), rows.rejected())


def _days(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.asarray(rows.table.column("date").cast(pa.int32()).to_numpy(), np.int64)


def _recognises(source: FileSource) -> bool:
    try:
        if wrapping(source) == "zip":
            return False
        head = Text(next(unwrapped(source))).head
    except FormatError:
        return True
    found = what_it_is(head)
    return found is not None and found[0] == "bars" and set(_header(head)) == set(COLUMNS)


FEED: Final = Feed("bars", TITLE, (".csv", ".csv.gz", ".csv.xz"), _decode, _recognises)

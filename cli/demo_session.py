"""What the demo's exchange plays: a simulated session or recorded order flow, with its reference data."""

import io
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
from pyarrow import csv
from surveillance import simulation
from surveillance.errors import InputError
from surveillance.events import EVERYTHING, FIELDS, SECOND
from surveillance.feeds import FORMATS, Defaults, Options

from cli.sources import readings

SESSION: Final = simulation.Session(seed=10, minutes=10.0, symbols=2)
"""Its first alert comes early, some 70 s in: whoever watches the demo should not wait."""


class Played(msgspec.Struct, frozen=True):
    """Events in the order they are sent, how much faster than they happened, and `reference/` files by name."""

    events: pa.Table
    speed: float
    reference: dict[str, bytes]


def simulated(seconds: float) -> Played:
    """Give a session of ten minutes, played in so many seconds."""
    session = simulation.simulate(SESSION)
    tables = {"instruments.csv": session.instruments, "accounts.csv": session.accounts}
    return Played(session.events, SESSION.minutes * 60 / seconds, {name: _csv(table) for name, table in tables.items()})


def recorded(source: str, speed: float, seconds: float | None) -> Played:
    """Give the events of `FORMAT:FILE`, at most so many seconds of playing; raises `InputError` for a bad one."""
    form, colon, name = source.partition(":")
    if not colon or form not in FORMATS:
        raise InputError(f"--source takes FORMAT:FILE with a format of {', '.join(FORMATS)}, not {source}.")
    (reading,) = readings([Path(name)], FORMATS[form], Options())
    tables = []
    for decoded in reading:
        tables.append(decoded.table)
        if seconds is not None and _span(tables[0], decoded.table) > seconds * speed * SECOND:
            break
    events = pa.concat_tables(tables, promote_options="default")
    events = events.select([field for field in FIELDS if field in events.column_names]).combine_chunks()
    if seconds is not None:
        ts = events.column("ts").to_numpy()
        events = events.slice(0, int((ts - ts[0] <= seconds * speed * SECOND).sum()))
    reference = {"instruments.csv": _csv(_instruments(events, reading.defaults))}
    if reading.defaults.shown_levels:
        reference["format.json"] = msgspec.json.encode({"shown_levels": reading.defaults.shown_levels})
    return Played(events, speed, reference)


def _span(first: pa.Table, last: pa.Table) -> int:
    return int(last.column("ts")[-1].as_py()) - int(first.column("ts")[0].as_py())


def _instruments(events: pa.Table, defaults: Defaults) -> pa.Table:
    """Say of every symbol what the file's format says of it."""
    symbols = [symbol for symbol in events.column("symbol").unique().to_pylist() if symbol not in (None, EVERYTHING)]
    known = {
        "calendar": defaults.calendar,
        "asset_class": defaults.asset_class,
        "timezone": defaults.timezone,
        "tick_size": None if defaults.tick_size is None else str(defaults.tick_size),
    }
    columns = {name: [value] * len(symbols) for name, value in known.items() if value is not None}
    return pa.table({"symbol": symbols, **columns})


def _csv(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    csv.write_csv(table, sink, csv.WriteOptions(quoting_style="needed"))
    return sink.getvalue()

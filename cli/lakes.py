"""Where `--lake` points: a folder, a bucket, or the lake of the running local stack."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from surveillance.errors import InputError
from surveillance.wire import Decoded

if TYPE_CHECKING:
    from surveillance.adapters.lake import Lake
    from surveillance.reference import Account, Instrument, Reference

LOCAL = "local"


def open_lake(place: str, state: Path) -> "Lake":
    """Open `local`, `s3://bucket/prefix` or a folder; raises `InputError` where there is none."""
    from surveillance.adapters.lake import EVENTS, BucketLake, FolderLake

    if place == LOCAL:
        from local.clients import client
        from local.daemon import running

        stack = running(state)
        if not stack:
            raise InputError(f"No local stack is up (state in {state}), so that there is no lake to read.")
        return BucketLake(client("s3", stack["endpoint"]), stack["names"]["LAKE_BUCKET"])
    if place.startswith("s3://"):
        from surveillance.adapters.clients import client as aws

        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        return BucketLake(aws("s3"), bucket, (prefix and f"{prefix.rstrip('/')}/") or EVENTS)
    folder = Path(place)
    if not folder.is_dir():
        raise InputError(f"{place} is no folder.")
    return FolderLake(folder / "events" if (folder / "events").is_dir() else folder)


def days(first: date | None, last: date | None) -> tuple[date | None, date | None]:
    """Check a range of days."""
    if first is not None and last is not None and first > last:
        raise InputError(f"--from {first} lies after --to {last}.")
    return first, last


def events(
    place: str,
    state: Path,
    first: date | None,
    last: date | None,
    instruments: "tuple[Instrument, ...]",
    accounts: "tuple[Account, ...]",
) -> "tuple[Iterator[Decoded], Reference]":
    """Read a lake's days of arrival; of a folder of files that knows no days, events by the day of their `ts`."""
    from surveillance.adapters.lake import events_of, is_partitioned
    from surveillance.feeds import FORMATS, Options, merge

    from cli import offline, sources

    lake = open_lake(place, state)
    first, last = days(first, last)
    if place == LOCAL or place.startswith("s3://") or is_partitioned(lake.names()):
        from surveillance.reference import Reference

        return events_of(lake, first, last), Reference(instruments, accounts)
    readings = sources.readings([Path(place)], FORMATS["events"], Options())
    reference = offline.reference_for(readings, instruments, accounts)
    return _of_days(merge(list(readings)), first, last), reference


def _of_days(chunks: Iterable[Decoded], first: date | None, last: date | None) -> Iterator[Decoded]:
    if first is None and last is None:
        yield from chunks
        return
    import numpy as np
    import pyarrow as pa
    from surveillance.events import DAY

    low, high = first or date.min, last or date.max
    for chunk in chunks:
        table = chunk.table
        ts = (
            np.asarray(table.column("ts").fill_null(0).to_numpy())
            if "ts" in table.column_names
            else np.zeros(len(table))
        )
        day = ts // DAY + date(1970, 1, 1).toordinal()
        mask = (day >= low.toordinal()) & (day <= high.toordinal())
        yield Decoded(table.filter(pa.array(mask)), [])

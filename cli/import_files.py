"""`surveillance import`: files of history into the raw tables of the lake."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Annotated, Any

import typer
from surveillance.errors import InputError

from cli.history_lake import HISTORY, HistoryLake, open_objects

if TYPE_CHECKING:
    import pyarrow as pa
    from surveillance.collection.importing import Imported


Days = tuple[date | None, date | None]


def import_files(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of them.")],
    lake: HistoryLake = str(HISTORY),
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day that files of companies speak of.")
    ] = None,
) -> None:
    """Put bars, factor files, earnings and companies into the lake. Prints one JSON object.

    To import a file again replaces what it brought before; if that is the same, nothing is written.
    """
    typer.echo(json.dumps(take_in(paths, lake, as_of.date() if as_of else None)))


def take_in(paths: list[Path], lake: str, as_of: date | None, days: Days = (None, None)) -> dict[str, Any]:
    """Import files and tell what came of it; of bars only `days`, from the begin of their month: files are by month."""
    from surveillance.adapters.raw_tables import RawTables, Written
    from surveillance.collection.importing import UnknownFile
    from surveillance.collection.tables import TABLES

    begun = perf_counter()
    tables = RawTables(open_objects(lake), lambda: time_ns() // 1_000_000)
    written: dict[str, Written] = {}
    rejected: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    others: dict[str, str] = {}
    files = 0
    stems: dict[tuple[str, str], Path] = {}
    for path, named in _files(paths):
        try:
            found = _read(path, as_of)
        except UnknownFile as unknown:
            if named:
                raise
            others[str(path)] = str(unknown)
            continue
        files += 1
        rejected.update(found.rejected)
        left_out.update(found.left_out)
        for name, rows in found.tables.items():
            intervals = rows["interval"].unique().to_pylist() if "interval" in rows.column_names else []
            first = stems.setdefault((name, " ".join([found.stem, *sorted(intervals)])), path)
            if first != path:
                raise InputError(f"{path} and {first} have the same name, so that one would replace the other.")
            alone = not TABLES[name].is_bars or days[0] is None
            wanted = _of_days(rows, days) if TABLES[name].is_bars else rows
            left_out["other_days"] += len(rows) - len(wanted)
            written[name] = written.get(name, Written()) + tables.write(name, wanted, found.stem, alone=alone)
    if not files:
        raise InputError(f"{', '.join(map(str, paths))} holds no file of history; read are CSV and zips of bars.")
    return {
        "files": files,
        "rows": {name: each.rows for name, each in sorted(written.items())},
        "written": sum(each.files - each.unchanged for each in written.values()),
        "unchanged": sum(each.unchanged for each in written.values()),
        "repeated": sum(each.repeated for each in written.values()),
        "rejected": dict(sorted(rejected.items())),
        "left_out": {name: count for name, count in sorted(left_out.items()) if count},
        "other_files": others,
        "seconds": round(perf_counter() - begun, 3),
    }


def _of_days(rows: "pa.Table", days: Days) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    first, last = days
    if first is not None and last is not None and first > last:
        raise InputError(f"--from {first} lies after --to {last}.")
    if first is not None:
        rows = rows.filter(pc.greater_equal(rows["date"], pa.scalar(first.replace(day=1), pa.date32())))
    if last is not None:
        rows = rows.filter(pc.less_equal(rows["date"], pa.scalar(last, pa.date32())))
    return rows


def _files(paths: list[Path]) -> Iterator[tuple[Path, bool]]:
    """Give each file, and whether it was named itself."""
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} does not exist.")
        if path.is_dir():
            yield from ((each, False) for each in sorted(path.rglob("*")) if each.is_file())
        else:
            yield path, True


def _read(path: Path, as_of: date | None) -> "Imported":
    from surveillance.collection.importing import read_file
    from surveillance.feeds import FileSource

    try:
        with path.open("rb") as stream:
            return read_file(FileSource(str(path), stream), as_of)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.") from error

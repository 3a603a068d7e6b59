"""`surveillance import`: files of history into the raw tables of the lake."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Annotated

import typer
from surveillance.errors import InputError

from cli.history_lake import HISTORY, HistoryLake, open_objects

if TYPE_CHECKING:
    from surveillance.collection.importing import Imported


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
    from surveillance.adapters.raw_tables import RawTables, Written
    from surveillance.collection.importing import UnknownFile

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
            found = _read(path, as_of.date() if as_of else None)
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
            written[name] = written.get(name, Written()) + tables.write(name, rows, found.stem, alone=True)
    if not files:
        raise InputError(f"{', '.join(map(str, paths))} holds no file of history; read are CSV and zips of bars.")
    typer.echo(
        json.dumps(
            {
                "files": files,
                "rows": {name: each.rows for name, each in sorted(written.items())},
                "written": sum(each.files - each.unchanged for each in written.values()),
                "unchanged": sum(each.unchanged for each in written.values()),
                "repeated": sum(each.repeated for each in written.values()),
                "rejected": dict(sorted(rejected.items())),
                "left_out": dict(sorted(left_out.items())),
                "other_files": others,
                "seconds": round(perf_counter() - begun, 3),
            }
        )
    )


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

"""`surveillance replay`: the engine offline over files, its alerts to a file, its figures to stdout."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from surveillance.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from cli.offline import Replayed, Watch

FORMATS = ("events", "lobster", "bitstamp", "lean", "polygon", "bars")


def replay(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of files.")],
    format_: Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="What the files are.")],
    alerts: Annotated[Path, typer.Option(help="Where to write the alerts (NDJSON).")],
    symbol: Annotated[str | None, typer.Option(help="Names the symbol where the format doesn't, else filters.")] = None,
    date_: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Only this trading date.")
    ] = None,
    rules: Annotated[str | None, typer.Option(help="Only these rules, by comma.")] = None,
    parameters: Annotated[Path | None, typer.Option(help="TOML over the shipped parameters.")] = None,
    accounts: Annotated[Path | None, typer.Option(help="Accounts, CSV or Parquet.")] = None,
    instruments: Annotated[Path | None, typer.Option(help="Instruments, CSV or Parquet.")] = None,
    allow: Annotated[Path | None, typer.Option(help="Allow-list, TOML: its alerts are marked suppressed.")] = None,
    metrics: Annotated[
        Path | None, typer.Option(help="Where to write a row an instrument and minute, twice (Parquet).")
    ] = None,
) -> None:
    """Run the engine offline over files of one format.

    Prints one JSON object. Exit 2 and no alert file if a file can't be used.
    """
    begun = perf_counter()
    _need_own_file(alerts, "alerts", paths)
    if metrics is not None:
        _need_own_file(metrics, "metrics", paths)
        if metrics.absolute() == alerts.absolute():
            raise InputError(f"{metrics} can't hold alerts and metrics.")
    day = date_.date() if date_ else None
    with ExitStack() as files:
        files.enter_context(_left_only_if_whole(alerts, "alerts"))
        if metrics is not None:
            files.enter_context(_left_only_if_whole(metrics, "metrics"))
        meter = Metered() if metrics is not None else None
        replayed = _replayed(paths, format_, symbol, day, rules, parameters, accounts, instruments, allow, meter)
        _write(replayed, alerts)
        if meter is not None and metrics is not None:
            meter.write(metrics)
    told = {"metrics": meter.rows} if meter is not None else {}
    typer.echo(json.dumps(replayed.summary() | told | {"seconds": round(perf_counter() - begun, 3)}))


class Metered:
    """The rows that a meter tells in a replay."""

    def __init__(self) -> None:
        self.rows = 0
        self._tables: list[pa.Table] = []

    def take(self, table: "pa.Table") -> None:
        """Keep rows."""
        self._tables.append(table)
        self.rows += table.num_rows

    def write(self, path: Path) -> None:
        """Write all rows, in the order they were told; raises `InputError` where that can't be."""
        import pyarrow as pa
        import pyarrow.parquet as pq
        from surveillance.metric_rows import SCHEMA

        try:
            pq.write_table(pa.concat_tables([SCHEMA.empty_table(), *self._tables]), path)
        except OSError as error:
            raise InputError(f"{path} can't be written: {error.strerror or error}.") from error


def _need_own_file(path: Path, what: str, inputs: list[Path]) -> None:
    if path.exists() and any(each.exists() and path.samefile(each) for each in inputs):
        raise InputError(f"{path} is an input; the {what} need a file of their own.")


def _replayed(
    paths: list[Path],
    format_: str,
    symbol: str | None,
    day: date | None,
    rules: str | None,
    parameter_file: Path | None,
    accounts: Path | None,
    instruments: Path | None,
    allow_file: Path | None,
    metered: Metered | None,
) -> "Replayed":
    from surveillance.engine import Engine
    from surveillance.feeds import FORMATS as FEEDS
    from surveillance.feeds import Options
    from surveillance.metrics import Meter

    from cli import offline, sources, tables

    feed = FEEDS.get(format_)
    if feed is None:
        raise InputError(f"{format_} is no format; there are {', '.join(FEEDS)}.")
    parameters = tables.read_parameters([parameter_file] if parameter_file else [])
    chosen = offline.chosen_rules(rules, parameters.declared_rules)
    known = tables.read_instruments(instruments), tables.read_accounts(accounts)
    allow = tables.read_allow_list(allow_file, known[1], parameters.declared_rules)
    readings = sources.readings(paths, feed, Options(symbol, day))
    reference = offline.reference_for(readings, *known)
    meter = Meter(parameters.average_windows_min) if metered else None
    engine = Engine(parameters, reference, rules=chosen.rules, declared=chosen.declared, meter=meter)
    with progress() as watch:
        return offline.replay(
            readings, engine, parameters, symbol, watch, allow, chosen.wanted, metered.take if metered else None
        )


@contextmanager
def _left_only_if_whole(path: Path, what: str) -> Iterator[None]:
    """Leave no file, not even an older one, when the work fails."""
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}, the folder of the {what}, does not exist.")
    try:
        yield
    except BaseException:
        if path.is_file():
            path.unlink()
        raise


def _write(replayed: "Replayed", path: Path) -> None:
    from surveillance.alerts import encode

    try:
        path.write_bytes(b"".join(encode(alert) + b"\n" for alert in replayed.alerts))
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}.") from error


@contextmanager
def progress() -> "Iterator[Watch | None]":
    """Show on stderr how far it is, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns: tuple[Any, ...] = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("opening")

        def watch(events: int, alerts: int) -> None:
            bar.update(task, description=f"{events:,} events, {alerts:,} alerts")

        yield watch

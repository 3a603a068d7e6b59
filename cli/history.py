"""`surveillance history`: years of bars into tables to trust, by one command, done again only where there is news."""

import json
import sys
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from surveillance.errors import InputError

from cli import history_bench, history_check
from cli.batch import DAY
from cli.history_lake import HISTORY

if TYPE_CHECKING:
    from cli.history_build import Report

app = typer.Typer(help="History: bars, quality, indicators and marts.", no_args_is_help=True)


@app.callback()
def _history() -> None:
    """History: bars, quality, indicators and marts."""


app.command("check")(history_check.check)
app.command("bench")(history_bench.bench)


@app.command("build")
def build(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH...]", help="Files to import first, or folders of them.")
    ] = None,
    lake: Annotated[Path, typer.Option(help="Folder of the lake.")] = HISTORY,
    first: Annotated[datetime | None, typer.Option("--from", **DAY, help="First day of bars to import.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", **DAY, help="Last day of bars to import.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(**DAY, help="The day that imported files of companies speak of.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the SQL engine.")] = 2,
    memory: Annotated[str, typer.Option(help="Memory of the SQL engine.")] = "2GB",
    full: Annotated[bool, typer.Option("--full", help="Build every mart anew; versions of dimensions stay.")] = False,
    reconcile: Annotated[
        bool,
        typer.Option(
            "--reconcile", help="Ask Polygon for its indicators, some 200 requests, and compare them with ours."
        ),
    ] = False,
    unit_tests: Annotated[bool, typer.Option("--unit-tests", help="Run the unit tests of the models too.")] = False,
) -> None:
    """Import files, check and adjust bars, compute indicators, build and test the marts. Prints one JSON object.

    A step whose input and code are as they were rests. Progress goes to stderr.
    """
    from surveillance.adapters.history import HistoryLake
    from surveillance.history.tables import BY_NAME

    from cli.history_build import Builder, code_of
    from cli.history_dbt import Settings
    from cli.history_marts import build_marts, read_ahead
    from cli.history_reconciliation import reconcile_indicators, require_comparison
    from cli.history_steps import QUALITY_READS, check_bars, compute_indicators, list_sessions
    from cli.import_files import take_in

    begun = perf_counter()
    if lake.exists() and not lake.is_dir():
        raise InputError(f"{lake} is a file, not a folder for a lake.")
    days = first and first.date(), last and last.date()
    imported = take_in(paths, str(lake), as_of and as_of.date(), days) if paths else None
    lake.mkdir(parents=True, exist_ok=True)
    builder = Builder(HistoryLake(lake), _say)
    if not builder.lake.files(BY_NAME["raw_bars"]):
        raise InputError(f"{lake} holds no bars; give files to import, or collect some first.")
    if reconcile:
        require_comparison(builder.lake)
    settings = Settings(threads, memory, unit_tests)
    with read_ahead(builder, settings, full) as ahead:
        reports = [
            builder.step(
                "quality",
                QUALITY_READS,
                code_of("quality", "history"),
                lambda report, *_: check_bars(builder.lake, report),
            ),
            builder.step(
                "indicators",
                ("bars",),
                code_of("indicators", "history"),
                lambda report, before, now: compute_indicators(builder.lake, report, before, now),
            ),
            builder.step(
                "sessions",
                ("bars",),
                code_of("calendar.py", "history"),
                lambda report, *_: list_sessions(builder.lake, report),
            ),
            build_marts(builder, settings, full, ahead),
            *([reconcile_indicators(builder)] if reconcile else []),
        ]
    told = [{key: value for key, value in each.items() if value not in ({}, None)} for each in map(_told, reports)]
    typer.echo(json.dumps({"imported": imported, "steps": told, "seconds": round(perf_counter() - begun, 3)}))


def _told(report: "Report") -> dict[str, object]:
    import msgspec

    return msgspec.to_builtins(report)  # type: ignore[no-any-return]


def _say(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")

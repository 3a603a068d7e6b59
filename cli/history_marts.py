"""The step of the marts: which models dbt has to build, and from which month on."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

from surveillance.adapters.history import digest_of
from surveillance.adapters.history_catalogue import declare_tables

from cli.history_build import EVERYTHING, Builder, Report, Seen, code_of, first_changed_month
from cli.history_dbt import DATABASE, PROJECT, Dbt, Settings

STEP: Final = "marts"

READS: Final = (
    "bars",
    "bars_quarantine",
    "quality_report",
    "indicators",
    "raw_fx",
    "raw_splits",
    "raw_dividends",
    "raw_instruments",
    "raw_market_sessions",
    "raw_news",
    "raw_earnings",
    "raw_grades",
    "raw_events",
    "raw_alerts",
    "raw_metrics",
)
"""The sources of the project."""
BY_MONTHS: Final = ("bars", "indicators", "raw_news", "raw_events", "raw_metrics")
"""Those that marts by month are made of."""


def read_ahead(builder: Builder, settings: Settings, full: bool) -> AbstractContextManager[Dbt | None]:
    """Let dbt begin to read its project if all marts will be built: earlier steps leave it a processor."""
    return Dbt(builder.lake.folder, settings) if _is_anew(builder, full) else nullcontext()


def build_marts(builder: Builder, settings: Settings, full: bool, ahead: Dbt | None = None) -> Report:
    """Build what hangs on changed tables, from the first changed month on; all of it where the project changed.

    `ahead` is taken where everything is built.
    """

    def work(report: Report, before: Seen | None, now: Seen) -> None:
        database = builder.lake.folder / DATABASE
        anew = full or before is None or before.code != now.code or not database.exists()
        changed = [] if before is None else [name for name in READS if before.files.get(name) != now.files[name]]
        month = first_changed_month(before, now, BY_MONTHS)
        if before is not None and not before.files.get("raw_instruments") and "raw_instruments" in changed:
            month = EVERYTHING  # details of instruments hold from the beginning once there are any
        report.from_month = None if anew or month == EVERYTHING else month
        declare_tables(builder.lake, database)
        with nullcontext(ahead) if anew and ahead else Dbt(builder.lake.folder, settings, report.from_month) as dbt:
            outcome = dbt.build(
                builder.say,
                select=() if anew else tuple(f"source:lake.{name}+" for name in changed),
                full_refresh=anew and before is not None,
            )
        report.told = {
            "changed": "everything" if anew else changed,
            "nodes": outcome.statuses,
            "models": outcome.seconds,
        }

    if full:
        builder.state.forget(STEP)
    return builder.step(STEP, READS, _code(), work)


def _is_anew(builder: Builder, full: bool) -> bool:
    before = builder.state.of(STEP)
    return full or before is None or before.code != _code() or not (builder.lake.folder / DATABASE).exists()


def _code() -> str:
    project = digest_of(part for path in project_files() for part in (path.name, path.read_text()))
    return digest_of([project, code_of("history")])


def project_files() -> Iterator[Path]:
    """List the project's own files in path order."""
    return (path for path in sorted(PROJECT.rglob("*")) if path.is_file() and path.suffix in {".sql", ".yml", ".csv"})

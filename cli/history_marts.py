"""dbt over the lake: which models to build, and the run itself in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from surveillance.adapters.history import digest_of
from surveillance.adapters.history_catalogue import declare_tables
from surveillance.errors import InputError

from cli.history_build import EVERYTHING, Builder, Report, Seen, code_of, first_changed_month

PROJECT: Final = Path(__file__).resolve().parents[1] / "athena"
DATABASE: Final = "marts.duckdb"
WORKSHOP: Final = ".dbt"


class Settings(msgspec.Struct, frozen=True):
    """How much of the machine dbt may take, and whether it tests its models on invented rows too."""

    threads: int = 2
    memory: str = "2GB"
    unit_tests: bool = False


class Outcome(msgspec.Struct):
    """Nodes by status, and what each model took in seconds."""

    statuses: dict[str, int]
    seconds: dict[str, float]


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


def build_marts(builder: Builder, settings: Settings, full: bool) -> Report:
    """Build what hangs on changed tables, from the first changed month on; all of it where the project changed."""

    def work(report: Report, before: Seen | None, now: Seen) -> None:
        database = builder.lake.folder / DATABASE
        anew = full or before is None or before.code != now.code or not database.exists()
        changed = [] if before is None else [name for name in READS if before.files.get(name) != now.files[name]]
        month = first_changed_month(before, now, BY_MONTHS)
        if before is not None and not before.files.get("raw_instruments") and "raw_instruments" in changed:
            month = EVERYTHING  # details of instruments hold from the beginning once there are any
        declare_tables(builder.lake, database)
        outcome = run_dbt(
            builder.lake.folder,
            settings,
            builder.say,
            select=() if anew else tuple(f"source:lake.{name}+" for name in changed),
            changed_from=None if anew or month == EVERYTHING else month,
            full_refresh=anew and before is not None,
        )
        report.from_month = None if anew or month == EVERYTHING else month
        report.told = {
            "changed": "everything" if anew else changed,
            "nodes": outcome.statuses,
            "models": outcome.seconds,
        }

    project = digest_of(part for path in project_files() for part in (path.name, path.read_text()))
    code = digest_of([project, code_of("history")])
    if full:
        builder.state.forget("marts")
    return builder.step("marts", READS, code, work)


def project_files() -> Iterator[Path]:
    """List the project's own files in path order."""
    return (path for path in sorted(PROJECT.rglob("*")) if path.is_file() and path.suffix in {".sql", ".yml", ".csv"})


def run_dbt(
    lake: Path,
    settings: Settings,
    say: Callable[[str], None],
    *,
    select: tuple[str, ...] = (),
    changed_from: str | None = None,
    full_refresh: bool = False,
) -> Outcome:
    """Build models and run their tests; raises `InputError` with what failed."""
    workshop = lake.resolve() / WORKSHOP
    command = [sys.executable, "-m", "dbt.cli.main", "--log-format", "json", "--no-use-colors", "--warn-error", "build"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "local"]
    command += [] if settings.unit_tests else ["--exclude-resource-type", "unit_test"]
    command += ["--select", *select] if select else []
    command += ["--vars", json.dumps({"changed_from": changed_from})] if changed_from else []
    command += ["--full-refresh"] if full_refresh else []
    environment = {
        **os.environ,
        "DBT_TARGET_PATH": str(workshop / "target"),
        "DBT_LOG_PATH": str(workshop / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "HISTORY_DATABASE": str(lake.resolve() / DATABASE),
        "HISTORY_THREADS": str(settings.threads),
        "HISTORY_MEMORY": settings.memory,
    }
    failures: list[str] = []
    with subprocess.Popen(  # noqa: S603 - our own interpreter and project
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            failures += _followed(line, say)
    if process.returncode:
        raise InputError("; ".join(failures[:10]) or f"dbt ended with {process.returncode}")
    return _outcome(workshop / "target" / "run_results.json")


def _followed(line: str, say: Callable[[str], None]) -> list[str]:
    """Tell of a finished model; give what a line says failed."""
    try:
        message = json.loads(line)
    except json.JSONDecodeError:
        return [line.strip()] if line.strip() else []
    info, data = message.get("info", {}), message.get("data", {})
    if info.get("name") == "LogModelResult":
        say(f"  {data.get('index')} of {data.get('total')}: {data.get('node_info', {}).get('node_name')}")
    if info.get("name") in ("RunResultError", "RunResultFailure", "MainEncounteredError"):
        return [" ".join(str(info.get("msg", "")).split())]
    return []


def _outcome(path: Path) -> Outcome:
    results: list[dict[str, Any]] = json.loads(path.read_text())["results"]
    statuses: dict[str, int] = {}
    for result in results:
        statuses[result["status"]] = statuses.get(result["status"], 0) + 1
    models = {
        result["unique_id"].split(".")[-1]: round(result["execution_time"], 3)
        for result in results
        if result["unique_id"].startswith(("model.", "snapshot."))
    }
    return Outcome(dict(sorted(statuses.items())), dict(sorted(models.items())))

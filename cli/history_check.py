"""`surveillance history check`: what is wrong in files of bars, row by row, and what would mend it."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from surveillance.errors import InputError

SHOWN: Final = 20
HALF_A_DAY: Final = 0.5


def check(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Bars as csv: date, open, high, low, close ...")
    ],
    as_json: Annotated[Path | None, typer.Option("--json", help="Write all findings there, as JSON.")] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Prices are as traded; otherwise splits are divided out of them already.")
    ] = False,
    calendar: Annotated[
        str | None, typer.Option(help="Exchange whose sessions daily bars must match, as XNYS or XLON.")
    ] = None,
) -> None:
    """Check bars of any vendor, each file by itself. Prints a summary a file, and each finding's first rows."""
    reports = [report(path, raw, calendar) for path in paths]
    if as_json is not None:
        try:
            as_json.write_text(json.dumps({"files": reports}, indent=1) + "\n")
        except OSError as error:
            raise InputError(f"{as_json} can't be written: {error.strerror or error}.") from error
    for each in reports:
        _print(each)


def report(path: Path, raw: bool = False, calendar: str | None = None) -> dict[str, Any]:
    """Check one file; raises `InputError` if it can't be read or is no csv of bars."""
    from surveillance.calendar import session_days
    from surveillance.quality import Settings, inspect
    from surveillance.quality.vendor_csv import read_vendor_csv, spacing_days

    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.") from error
    table = read_vendor_csv(data, path.name)
    daily = HALF_A_DAY < spacing_days(table) < 1 + HALF_A_DAY
    sessions = session_days(calendar) if calendar and daily else None
    found = inspect(table, settings=Settings(basis="raw" if raw else "split_adjusted"), sessions=sessions)
    rows = [_finding(each) for each in found.findings.to_pylist()]
    flagged = {each["row"] for each in rows if each["outcome"] != "noted" and each["row"] is not None}
    return {
        "file": str(path),
        "rows": table.num_rows,
        "rows_flagged": len(flagged),
        "rows_quarantined": found.quarantine.num_rows,
        "checks": dict(sorted(Counter(each["reason"] for each in rows if each["outcome"] != "noted").items())),
        "findings": [each for each in rows if each["outcome"] != "noted"],
        "notes": [each for each in rows if each["outcome"] == "noted"],
    }


def _finding(row: dict[str, Any]) -> dict[str, Any]:
    cause = row["cause_date"]
    return {
        "symbol": row["symbol"],
        "date": row["date"].isoformat() if row["date"] else None,
        "row": row["row"],
        "column": row["column"],
        "reason": row["check"],
        "outcome": row["outcome"],
        "original": row["original"],
        "repaired": row["repaired"],
        "cause_date": cause.isoformat() if cause else None,
    }


def _print(told: dict[str, Any]) -> None:
    typer.echo(f"{told['file']}: {told['rows_flagged']} of {told['rows']} rows flagged.")
    shown: Counter[str] = Counter()
    for each in told["findings"]:
        shown[each["reason"]] += 1
        if shown[each["reason"]] > SHOWN:
            continue
        values = f"{_number(each['original'])} -> {_number(each['repaired'])}" if each["original"] is not None else ""
        cause = f" (from {each['cause_date']})" if each["cause_date"] not in (None, each["date"]) else ""
        typer.echo(
            f"  {each['date']} {each['column'] or 'row':15} {each['reason']:28} {each['outcome']:11} {values}{cause}"
        )
    for reason, count in sorted(shown.items()):
        if count > SHOWN:
            typer.echo(f"  ... and {count - SHOWN} more of {reason}")


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.6g}"

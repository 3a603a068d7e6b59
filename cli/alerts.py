"""`surveillance alerts`: the analyst's work from the shell."""

import getpass
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from surveillance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from surveillance.adapters.alert_review import AlertReview, Reviewed
    from surveillance.alerts import Alert

app = typer.Typer(help="Alerts of the running local stack, or of AWS where ALERT_TABLE is set.", no_args_is_help=True)
STATE_FOLDER: Final = Path(".local")
StateFolder = Annotated[Path, typer.Option("--state", help="Folder of the local stack.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_alerts(
    symbol: Annotated[str | None, typer.Option(help="Only this symbol.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule.")] = None,
    severity: Annotated[str | None, typer.Option(help="This severity or a higher one.")] = None,
    status: Annotated[str | None, typer.Option(help="Only this status.")] = None,
    as_json: AsJson = False,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """List alerts by detection time; as JSON one alert a line."""
    from surveillance.alerts import SEVERITIES, encode, severity_rank

    if severity is not None and severity not in SEVERITIES:
        raise InputError(f"{severity} is no severity; there are {', '.join(SEVERITIES)}.")
    least = severity_rank(severity) if severity else 0
    wanted = [
        alert
        for alert in _review(state).every()
        if severity_rank(alert.severity) >= least
        and symbol in (None, alert.symbol)
        and rule in (None, alert.rule)
        and status in (None, alert.status)
    ]
    wanted.sort(key=lambda alert: (alert.detected_ts, alert.alert_id))
    if as_json:
        for alert in wanted:
            typer.echo(encode(alert))
    else:
        _print_list(wanted)


@app.command()
def show(alert_id: str, as_json: AsJson = False, state: StateFolder = STATE_FOLDER) -> None:
    """Show one alert and every decision about it."""
    import msgspec

    reviewed = _review(state).one(alert_id)
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(reviewed)))
    else:
        _print_one(reviewed)


@app.command("set-status")
def set_status(
    alert_id: str,
    status: Annotated[str, typer.Argument(help="open, in_review, escalated, closed_true, closed_false or suppressed.")],
    reason: Annotated[str, typer.Option(help="Why; is kept with the alert.")],
    by: Annotated[str | None, typer.Option(help="Who decides; without, the login name.")] = None,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """Set an alert's status; who, when and why are kept."""
    from surveillance.adapters.alert_review import StatusChange

    if not reason.strip():
        raise InputError("A change of status needs a reason.")
    change = StatusChange(status, reason.strip(), by or getpass.getuser(), time.time_ns())
    _review(state).set_status(alert_id, change)
    typer.echo(f"{alert_id} is {status} now.")


def _review(state: Path) -> "AlertReview":
    """Open the table that ALERT_TABLE names, else that of the local stack."""
    import os

    from surveillance.adapters.alert_review import AlertReview
    from surveillance.adapters.clients import client

    table = os.environ.get("ALERT_TABLE")
    if table is None:
        from local.daemon import running

        stack = running(state)
        if not stack:
            raise InputError("No local stack is up (surveillance local up), and ALERT_TABLE names no table.")
        os.environ.update(stack["environment"])
        table = stack["names"]["ALERT_TABLE"]
    return AlertReview(client("dynamodb"), table)


def _print_list(alerts: "Iterable[Alert]") -> None:
    from rich.console import Console
    from rich.table import Table

    from cli.times import utc

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("alert", "detected (UTC)", "severity", "rule", "symbol", "accounts", "status"):
        table.add_column(title, no_wrap=title != "accounts")
    for alert in alerts:
        accounts = ", ".join(alert.accounts) or "-"
        row = (alert.alert_id, utc(alert.detected_ts), alert.severity, alert.rule, alert.symbol, accounts, alert.status)
        table.add_row(*row)
    Console().print(table)


def _print_one(reviewed: "Reviewed") -> None:
    from cli.story import lines
    from cli.times import utc

    for line in lines(reviewed.alert):
        typer.echo(line)
    for change in reviewed.changes:
        typer.echo(f"{utc(change.at_ns)} {change.by} set {change.status}: {change.reason}")

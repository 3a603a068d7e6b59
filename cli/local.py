"""`surveillance local`: AWS on this machine, up behind the shell."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from surveillance.errors import InputError

from cli.alerts import STATE_FOLDER, StateFolder
from cli.bench_live import bench

app = typer.Typer(help="AWS on this machine: our app deployed to an emulator.", no_args_is_help=True)
app.command("bench")(bench)


@app.command()
def up(
    feeds: Annotated[str | None, typer.Option(help="Feeds as JSON; without, those of cdk.json.")] = None,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """Start it and return when it is up."""
    from local.daemon import up as start
    from local.stack import StackError

    context: dict[str, object] = {"environment": "laptop", "delete_data": True}
    if feeds is not None:
        try:
            context["feeds"] = json.loads(feeds)
        except json.JSONDecodeError as error:
            raise InputError(f"--feeds is no JSON: {error}.") from error
    try:
        stack = start(state, context)
    except StackError as error:
        raise InputError(str(error)) from error
    typer.echo(f"Up at {stack['endpoint']} (process {stack['pid']}); state in {Path(state).resolve()}.")


@app.command()
def down(state: StateFolder = STATE_FOLDER) -> None:
    """End it, in order."""
    from local.daemon import down as end

    typer.echo("Down." if end(state) else "No local stack was up.")


@app.command()
def review(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="UTC day of arrival; without, today so far.")
    ] = None,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """Review a day as the deployed system does each night: batch rules and reconciliation; exit 1 if a sum fails."""
    import surveillance.engine  # noqa: F401 - the rules can't be imported before it
    from surveillance.adapters.daily_review import review_of

    from local.clients import client
    from local.daemon import running

    stack = running(state)
    if not stack:
        raise InputError(f"No local stack is up (state in {state}).")
    clients = client("s3", stack["endpoint"]), client("dynamodb", stack["endpoint"])
    report = review_of(*clients, stack["names"]).review((day or datetime.now(UTC)).date())
    typer.echo(json.dumps({"day": report.day, "alerts": report.alerts, "equations": report.equations}, indent=2))
    if not report.holds:
        raise typer.Exit(1)


@app.command()
def status(state: StateFolder = STATE_FOLDER) -> None:
    """Print what runs, as JSON; exit 1 if nothing does."""
    from local.daemon import running

    stack = running(state)
    if not stack:
        typer.echo("No local stack is up.", err=True)
        raise typer.Exit(1)
    typer.echo(json.dumps(stack, indent=2))

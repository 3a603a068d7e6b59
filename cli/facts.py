"""`surveillance facts`: stylised facts of order flow, recorded or simulated, side by side."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from surveillance.errors import InputError

if TYPE_CHECKING:
    from surveillance.feeds import Feed


def facts(
    paths: Annotated[
        list[str], typer.Argument(metavar="[FORMAT:]PATH...", help="Files of order flow; events if no format is named.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Tell what becomes of orders, how long they live, spreads, sizes and bursts, a column a file (Markdown)."""
    from surveillance.evaluation.facts import facts_of
    from surveillance.feeds import Options, merge

    from cli import sources

    columns = {}
    for argument in paths:
        feed, path = _source(argument)
        columns[path.name] = facts_of(merge(sources.readings([path], feed, Options())))
    if as_json:
        typer.echo(json.dumps(columns, indent=2))
        return
    typer.echo("| | " + " | ".join(columns) + " |")
    typer.echo("|---|" + "--:|" * len(columns))
    for name in next(iter(columns.values())):
        typer.echo(f"| `{name}` | " + " | ".join(_shown(column[name]) for column in columns.values()) + " |")


def _source(argument: str) -> "tuple[Feed, Path]":
    from surveillance.feeds import FORMATS

    form, colon, name = argument.partition(":")
    if not colon:
        return FORMATS["events"], Path(argument)
    if form not in FORMATS:
        raise InputError(f"{form} is no format; there are {', '.join(FORMATS)}.")
    return FORMATS[form], Path(name)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " / ".join(_shown(each) for each in value.values())
    return "-" if value is None else f"{value:,.6g}"

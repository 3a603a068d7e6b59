"""`surveillance survey`: what the rules make of recorded days, by rule and severity per instrument hour."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from surveillance.errors import InputError

from cli.replay import FORMATS, progress

if TYPE_CHECKING:
    from cli.offline import Replayed


def survey(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of files.")],
    format_: Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="What the files are.")],
    symbol: Annotated[str | None, typer.Option(help="Names the symbol where the format doesn't, else filters.")] = None,
    date_: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Only this trading date.")
    ] = None,
    rules: Annotated[str | None, typer.Option(help="Only these rules, by comma.")] = None,
    parameters: Annotated[Path | None, typer.Option(help="TOML over the shipped parameters.")] = None,
    accounts: Annotated[Path | None, typer.Option(help="Accounts, CSV or Parquet.")] = None,
    instruments: Annotated[Path | None, typer.Option(help="Instruments, CSV or Parquet.")] = None,
    title: Annotated[str, typer.Option(help="Heads the table.")] = "",
    each: Annotated[int, typer.Option("--sample", min=0, help="Explanations of so many alerts of each rule.")] = 0,
) -> None:
    """Replay recorded days and print, as Markdown, alerts by rule and severity per instrument hour."""
    from surveillance.engine import Engine
    from surveillance.evaluation.survey import Hours
    from surveillance.feeds import FORMATS as FEEDS
    from surveillance.feeds import Options

    from cli import offline, sources, tables

    feed = FEEDS.get(format_)
    if feed is None:
        raise InputError(f"{format_} is no format; there are {', '.join(FEEDS)}.")
    layers = tables.read_parameters([parameters] if parameters else [])
    readings = sources.readings(paths, feed, Options(symbol, date_.date() if date_ else None))
    known = tables.read_instruments(instruments), tables.read_accounts(accounts)
    reference = offline.reference_for(readings, *known)
    hours = Hours()
    watched = [hours.watch(reading) for reading in readings]
    chosen = offline.chosen_rules(rules, layers.declared_rules)
    engine = Engine(layers, reference, rules=chosen.rules, declared=chosen.declared)
    with progress() as watch:
        replayed = offline.replay(watched, engine, layers, symbol, watch, wanted=chosen.wanted)
    heading = title or ", ".join(path.name for path in paths)
    typer.echo("\n".join(_lines(replayed, hours.total(reference), heading, each)))


def _lines(replayed: "Replayed", hours: float, title: str, each: int) -> Iterator[str]:
    from surveillance.evaluation.survey import sample, table

    yield f"### {title}\n"
    yield f"{replayed.events:,} events, {hours:,.1f} instrument hours.\n"
    yield from table(replayed.alerts, hours) if replayed.alerts else ["No alert."]
    if replayed.not_applicable:
        reasons: dict[str, list[str]] = {}
        for rule, reason in replayed.not_applicable.items():
            reasons.setdefault(reason, []).append(rule)
        yield "\nNot applicable: " + "; ".join(f"{', '.join(names)} ({why})" for why, names in reasons.items()) + "."
    for alert in sample(replayed.alerts, each) if each else ():
        yield f"\n**{alert.rule}**, {alert.severity}, score {alert.score:g}{', candidate' if alert.candidate else ''}\n"
        yield alert.explanation
    yield ""

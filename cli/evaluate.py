"""`surveillance evaluate`: the scorecard of alerts against the labels of a simulated session."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from surveillance.errors import InputError

if TYPE_CHECKING:
    from surveillance.alerts import Alert
    from surveillance.simulation import Label

T = TypeVar("T")


def evaluate(
    alerts: Annotated[Path, typer.Option(help="Alerts as replay wrote them.")],
    labels: Annotated[Path, typer.Option(help="Labels as simulate wrote them.")],
    instruments: Annotated[Path | None, typer.Option(help="Instruments, for alerts per instrument hour.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    parameters: Annotated[Path | None, typer.Option(help="TOML that declares rules of your own.")] = None,
) -> None:
    """Score alerts against labels."""
    from surveillance.evaluation import Rule, scorecard

    from cli.rules import catalogue
    from cli.tables import read_instruments

    rules = {entry["rule"]: Rule(entry["kind"], tuple(entry["answers"])) for entry in catalogue(parameters)}
    found, truth = read_alerts(alerts), read_labels(labels)
    unknown = sorted({alert.rule for alert in found} - rules.keys())
    if unknown:
        raise InputError(f"{alerts} holds alerts of {', '.join(unknown)}, which is no rule.")
    sessions = [
        each.session_close - each.session_open
        for each in read_instruments(instruments)
        if isinstance(each.session_open, int) and isinstance(each.session_close, int)
    ]
    card = scorecard(found, truth, rules, sessions or None)
    if as_json:
        typer.echo(json.dumps(card))
    else:
        _print(card)


def read_alerts(path: Path) -> "list[Alert]":
    """Read alerts; raises `InputError` for a file that is something else."""
    from surveillance.alerts import decode

    return _decoded(path, lambda data: [decode(line) for line in data.splitlines() if line.strip()])


def read_labels(path: Path) -> "list[Label]":
    """Read labels; raises `InputError` for a file that is something else."""
    from surveillance.simulation import decode_labels

    return _decoded(path, decode_labels)


def _decoded(path: Path, decode: Callable[[bytes], T]) -> T:
    import msgspec

    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} holds something else: {error}.") from error


def _print(card: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    titles = ("pattern", "scenarios", "hit", "recall", "alerts", "right", "precision", "seconds (median)")
    for title in titles:
        table.add_column(title, justify="left" if title == "pattern" else "right")
    for name, row in card["patterns"].items():
        shown = (row["scenarios"], row["hit"], row["recall"], row["alerts"], row["right"], row["precision"])
        table.add_row(name, *(_shown(value) for value in (*shown, row["seconds_to_detect"]["p50"])))
    console = Console()
    console.print(table)
    for name, row in card["quiet"].items():
        disturbed = ", ".join(f"{count} {severity}" for severity, count in row["alerts"].items()) or "none"
        console.print(f"quiet {name}: {row['scenarios']} scenarios, alerts: {disturbed}")
    rate = card["false_alerts_per_instrument_hour"]
    console.print(f"false alerts an instrument hour: {_shown(rate)}")


def _shown(value: float | int | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.2f}"

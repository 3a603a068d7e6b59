"""`surveillance scorecard`: how well the rules detect, over seeds, difficulties and background rates."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from surveillance.errors import InputError

if TYPE_CHECKING:
    from surveillance.evaluation.trial import Grid, Outcome, Trial


def scorecard(
    out: Annotated[Path, typer.Option(help="Folder for scorecard.md and scorecard.json.")] = Path("scorecard"),
    seeds: Annotated[str, typer.Option(help="Seeds: 100-104 or 100,102.")] = "100-104",
    difficulties: Annotated[str, typer.Option(help="Difficulties, by comma.")] = "0.5",
    rates: Annotated[str, typer.Option(help="New orders a second and instrument, by comma.")] = "25",
    patterns: Annotated[str | None, typer.Option(help="Only these patterns, by comma.")] = None,
    each: Annotated[int, typer.Option(min=1, help="Scenarios of a pattern in a session.")] = 8,
    quiet_each: Annotated[int, typer.Option(min=0, help="Of each near miss and control.")] = 2,
    parameters: Annotated[Path | None, typer.Option(help="TOML over the shipped parameters.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Simulate, replay and judge every pattern; write tables as Markdown and JSON."""
    from surveillance.evaluation.trial import Grid, cells, trials
    from surveillance.simulation.scenarios import PATTERNS

    names = PATTERNS if patterns is None else tuple(name.strip() for name in patterns.split(","))
    grid = Grid(whole_numbers(seeds), _numbers(difficulties), _numbers(rates), names, each, quiet_each)
    outcomes = sorted(_played(trials(grid), parameters, jobs), key=_order)
    card = {"grid": _plain(grid), "cells": cells(outcomes)}
    text = "\n".join(markdown(card))
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "scorecard.json").write_text(json.dumps(card, indent=1))
        (out / "scorecard.md").write_text(text)
    except OSError as error:
        raise InputError(f"{error.filename or out} can't be written: {error.strerror or error}.") from error
    typer.echo(text)


def _order(outcome: "Outcome") -> tuple[float, float, int, int]:
    trial = outcome.trial
    return trial.rate, trial.difficulty, trial.seed, trial.part


def _plain(grid: "Grid") -> Any:
    import msgspec

    return msgspec.to_builtins(grid)


def whole_numbers(text: str) -> tuple[int, ...]:
    """Read seeds: `1-5` or `1,3`."""
    found: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            found += range(int(first), int(last or first) + 1)
    except ValueError as error:
        raise InputError(f"--seeds takes numbers and ranges, not {text}.") from error
    return tuple(found)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{text} are no numbers.") from error


def _played(wanted: "list[Trial]", parameters: Path | None, jobs: int) -> "Iterator[Outcome]":
    """Play trials in so many processes, in any order."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    if jobs == 1 or len(wanted) == 1:
        for done, trial in enumerate(wanted, start=1):
            yield _play(trial, parameters)
            _say(done, len(wanted))
        return
    with ProcessPoolExecutor(min(jobs, len(wanted)), mp_context=get_context("spawn")) as pool:
        running = [pool.submit(_play, trial, parameters) for trial in wanted]
        for done, each in enumerate(as_completed(running), start=1):
            yield each.result()
            _say(done, len(wanted))


def _play(trial: "Trial", parameters: Path | None) -> "Outcome":
    from surveillance.evaluation.trial import run_trial

    from cli.tables import read_parameters

    return run_trial(trial, read_parameters([parameters] if parameters else []))


def _say(done: int, of: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done} of {of} sessions", nl=done == of, err=True)


def markdown(card: dict[str, Any]) -> Iterator[str]:
    """Give the lines of the tables."""
    grid = card["grid"]
    yield "# Scorecard\n"
    yield (
        f"Seeds {', '.join(map(str, grid['seeds']))}; {grid['each']} scenarios of each pattern a seed, "
        f"{grid['quiet_each']} of each near miss and control. In brackets the lower end of the 95 % interval "
        f"(Wilson).\n"
    )
    for cell in card["cells"]:
        yield from _section(cell)


def _section(cell: dict[str, Any]) -> Iterator[str]:
    yield f"## {cell['orders_per_second']:g} orders/s and instrument, difficulty {cell['difficulty']:g}\n"
    yield "| pattern | scenarios | recall | alerts | precision | F1 | s to detect, p50 | p95 |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for name, row in cell["patterns"].items():
        seconds = row["seconds_to_detect"]
        yield (
            f"| {name} | {row['scenarios']} | {_shown(row['recall'])} ({_shown(row['recall_low'])}) | {row['alerts']} "
            f"| {_shown(row['precision'])} ({_shown(row['precision_low'])}) | {_shown(row['f1'])} "
            f"| {_shown(seconds['p50'])} | {_shown(seconds['p95'])} |"
        )
    yield ""
    yield (
        f"{cell['events']:,} events in {cell['instrument_hours']:.1f} instrument hours; "
        f"false alerts an instrument hour {_shown(cell['false_alerts_per_instrument_hour'])}; calibration error of the "
        f"score {_shown(cell['calibration_error'])}.\n"
    )
    yield "| rule | right | cross | false | score: mean, alerts, share right, by tenth |"
    yield "|---|--:|--:|--:|---|"
    for name, row in cell["rules"].items():
        tenths = "; ".join(f"{s:.2f}: {n} {r:.2f}" for s, n, r in cell["scores"].get(name, ()))
        yield f"| {name} | {row['right']} | {row['cross']} | {row['false']} | {tenths} |"
    yield ""
    disturbed = {name: row for name, row in cell["quiet"].items() if set(row["alerts"]) - {"low"}}
    scenes = sum(row["scenarios"] for row in cell["quiet"].values())
    yield f"Near misses and controls: {scenes}; those with an alert above low:\n"
    for name, row in disturbed.items():
        told = ", ".join(f"{count} {severity}" for severity, count in row["alerts"].items())
        by = sorted({each["rule"] for each in cell["loud"] if any(f"/{name}-" in s for s in each["scenarios"])})
        yield f"- {name}: {told} in {row['scenarios']} ({', '.join(by)})"
    if not disturbed:
        yield "- none"
    yield ""
    if cell["missed"]:
        yield f"Missed: {', '.join(cell['missed'])}\n"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"

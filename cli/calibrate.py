"""`surveillance calibrate`: one rule over the same sessions under a grid of parameters, and a proposal of values."""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from surveillance.errors import InputError

if TYPE_CHECKING:
    from surveillance.alerts import Alert
    from surveillance.evaluation.calibration import Measured
    from surveillance.evaluation.trial import Trial
    from surveillance.simulation import Label

    from cli.recording import Recording


class Source(msgspec.Struct, frozen=True):
    """Sessions to try values on, in so many words; labels where the truth is known."""

    recordings: "list[Recording]"
    labels: "list[Label] | None"
    names: list[str]
    origin: str


def calibrate(
    rule: Annotated[str, typer.Argument(help="The rule to run.")],
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH...]", help="Recorded sessions.")] = None,
    tried: Annotated[
        list[str] | None, typer.Option("--try", metavar="NAME=V,V|FROM:TO:STEP", help="Values; repeat for a grid.")
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Simulate instead, these seeds: 1-5 or 1,3.")] = None,
    difficulty: Annotated[float, typer.Option(help="Of simulated sessions.")] = 0.5,
    orders_per_second: Annotated[float, typer.Option(help="Of simulated sessions, an instrument.")] = 25.0,
    each: Annotated[int, typer.Option(min=1, help="Simulated scenarios of the rule's patterns, a seed.")] = 8,
    quiet_each: Annotated[int, typer.Option(min=0, help="Of each near miss and control, a seed.")] = 2,
    format_: Annotated[str, typer.Option("--format", help="What the files are.")] = "events",
    symbol: Annotated[str | None, typer.Option(help="As in replay.")] = None,
    date_: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="As in replay.")] = None,
    labels: Annotated[Path | None, typer.Option(help="What is true of the files (NDJSON).")] = None,
    accounts: Annotated[Path | None, typer.Option(help="Accounts, CSV or Parquet.")] = None,
    instruments: Annotated[Path | None, typer.Option(help="Instruments, CSV or Parquet.")] = None,
    parameters: Annotated[Path | None, typer.Option(help="TOML over the shipped parameters: what is in force.")] = None,
    most_per_hour: Annotated[
        float, typer.Option(help="Alerts above low an instrument hour that can be worked; counts without labels.")
    ] = 1.0,
    out: Annotated[Path, typer.Option(help="Where to write the proposal.")] = Path("calibration.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Try values of a rule's parameters. Prints alerts, precision, recall and workload by point; proposes one."""
    from surveillance.evaluation import calibration

    from cli import lane_runs, tables

    (module,) = lane_runs.known_rules([rule])
    layers = [
        tables.read_layer_file(path) for path in (tables.SHIPPED_PARAMETERS, *([parameters] if parameters else []))
    ]
    present = lane_runs.parameters_of(layers)
    axes = dict(calibration.axis(text, present.declared(rule)) for text in tried or [])
    if not axes:
        names = ", ".join(each.name for each in present.declared(rule))
        raise InputError(f"--try says which values to try: NAME=VALUE,... of {names}.")
    if bool(paths) == (seeds is not None):
        raise InputError("Give either files of recorded sessions or --seeds to simulate some.")
    grid = calibration.grid(axes, present.effective(rule))
    with TemporaryDirectory(prefix="calibrate-") as folder:
        if seeds is not None:
            source = _simulated(
                Path(folder), module.ANSWERS, seeds, difficulty, orders_per_second, each, quiet_each, jobs
            )
        else:
            files = (paths or [], format_, symbol, date_, labels, accounts, instruments)
            source = _recorded(Path(folder), *files, 1 if len(grid) >= jobs or module.TIER == 3 else jobs)
        points = _run(source, module, layers, grid, jobs)
    chosen = calibration.best(points, most_per_hour)
    why = calibration.reason(chosen, most_per_hour)
    events = sum(each.events for each in source.recordings)
    hours = sum(each.instrument_hours for each in source.recordings)
    text = calibration.proposal(rule, module.VERSION, source.origin, events, hours, points, chosen, why)
    try:
        out.write_text(text)
    except OSError as error:
        raise InputError(f"{out} can't be written: {error.strerror or error}.") from error
    if as_json:
        typer.echo(json.dumps(_plain(rule, module.VERSION, source.origin, events, hours, points, chosen, why)))
        return
    typer.echo("\n".join(calibration.table(points, chosen)))
    typer.echo(f"\n{source.origin}; {events:,} events, {hours:,.2f} instrument hours. {why}")
    typer.echo(f"* in force, > proposed in {out}.")


def _plain(
    rule: str,
    version: int,
    origin: str,
    events: int,
    hours: float,
    points: "Sequence[Measured]",
    chosen: "Measured",
    why: str,
) -> dict[str, Any]:
    return {
        "rule": rule,
        "rule_version": version,
        "origin": origin,
        "events": events,
        "instrument_hours": hours,
        "points": msgspec.to_builtins(points),
        "proposed": msgspec.to_builtins(chosen.values),
        "reason": why,
    }


def _run(
    source: Source, module: Any, layers: Sequence[Any], grid: list[dict[str, float]], jobs: int
) -> "list[Measured]":
    """Run the rule at every point over every recording, and judge what it found."""
    from surveillance.evaluation import Rule, calibration

    from cli import lane_runs

    tasks = [
        (place, number, task)
        for place, values in enumerate(grid)
        for number, recording in enumerate(source.recordings)
        for task in lane_runs.tasks_of(recording, [module], [*layers, {module.ID: values}])
    ]
    done = lane_runs.in_processes(lane_runs.perform, [task for *_, task in tasks], jobs, lane_runs.counting("runs"))
    found: dict[int, list[Alert]] = {place: [] for place in range(len(grid))}
    for (place, number, _), each in zip(tasks, done, strict=True):
        name = source.names[number]
        found[place] += [msgspec.structs.replace(alert, symbol=name + alert.symbol) for alert in each.alerts]
    missing = lane_runs.joined(done).not_applicable
    if module.ID in missing:
        raise InputError(f"{module.ID} has nothing to work on: {missing[module.ID]}.")
    hours = sum(each.instrument_hours for each in source.recordings)
    judged = module.ID, Rule(module.KIND, tuple(module.ANSWERS))
    return [
        calibration.measured(
            values,
            place == 0,
            lane_runs.parameters_of([*layers, {module.ID: values}]).hash(module.ID),
            found[place],
            source.labels,
            judged,
            hours,
        )
        for place, values in enumerate(grid)
    ]


def _recorded(
    folder: Path,
    paths: list[Path],
    format_: str,
    symbol: str | None,
    day: datetime | None,
    labels: Path | None,
    accounts: Path | None,
    instruments: Path | None,
    lanes: int,
) -> Source:
    from surveillance.feeds import FORMATS, Options, merge

    from cli import offline, recording, sources, tables
    from cli.evaluate import read_labels
    from cli.replay import progress

    feed = FORMATS.get(format_)
    if feed is None:
        raise InputError(f"{format_} is no format; there are {', '.join(FORMATS)}.")
    truth = read_labels(labels) if labels else None
    known = tables.read_instruments(instruments), tables.read_accounts(accounts)
    readings = sources.readings(paths, feed, Options(symbol, day.date() if day else None))
    reference = offline.reference_for(readings, *known)
    with progress() as watch:
        held = recording.record(merge(list(readings)), folder, lanes, reference, watch)
    names = ", ".join(path.name for path in paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
    return Source([held], truth, [""], f"recorded: {names}, {'with' if truth else 'without'} labels")


def _simulated(
    folder: Path,
    patterns: tuple[str, ...],
    seeds: str,
    difficulty: float,
    rate: float,
    each: int,
    quiet_each: int,
    jobs: int,
) -> Source:
    from surveillance.evaluation.trial import Grid, trials

    from cli import lane_runs
    from cli.scorecard import whole_numbers

    wanted = trials(Grid(whole_numbers(seeds), (difficulty,), (rate,), patterns, each, quiet_each))
    places = []
    for number, trial in enumerate(wanted):
        place = folder / str(number)
        place.mkdir()
        places.append((place, trial))
    played = lane_runs.in_processes(_play, places, jobs, lane_runs.counting("sessions simulated"))
    origin = (
        f"simulated, seeds {seeds}, difficulty {difficulty:g}, {rate:g} orders/s an instrument, {each} scenarios of "
        f"{', '.join(patterns)} a seed and {quiet_each} of each near miss and control"
    )
    truth = [label for _, labels, _ in played for label in labels]
    return Source([held for held, *_ in played], truth, [name for *_, name in played], origin)


def _play(task: "tuple[Path, Trial]") -> "tuple[Recording, list[Label], str]":
    from surveillance.evaluation.trial import CHUNK_EVENTS, name_of, simulated_trial
    from surveillance.reference import Reference, accounts_of, instruments_of
    from surveillance.wire import Decoded

    from cli import recording

    folder, trial = task
    simulated = simulated_trial(trial)
    table, name = simulated.events, name_of(trial)
    chunks = (Decoded(table.slice(start, CHUNK_EVENTS)) for start in range(0, table.num_rows, CHUNK_EVENTS))
    reference = Reference(instruments_of(simulated.instruments), accounts_of(simulated.accounts))
    held = recording.record(chunks, folder, 1, reference)
    labels = [
        msgspec.structs.replace(each, symbol=name + each.symbol, scenario_id=name + each.scenario_id)
        for each in simulated.labels
    ]
    return held, labels, name

"""`surveillance backtest`: the rules over days of the lake, in two ways, compared episode by episode."""

import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from surveillance.errors import InputError
from surveillance.lanes import DEFAULT_LANES

from cli.alerts import STATE_FOLDER, StateFolder

if TYPE_CHECKING:
    from surveillance.alerts import Alert
    from surveillance.evaluation.comparison import Comparison

    from cli.lane_runs import Done
    from cli.recording import Recording

DAY = {"formats": ["%Y-%m-%d"]}
SHOWN: int = 20


def backtest(
    lake: Annotated[str, typer.Option(help="A folder of events, s3://BUCKET/PREFIX, or `local`: the local stack's.")],
    first: Annotated[datetime | None, typer.Option("--from", **DAY, help="First day of arrival.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", **DAY, help="Last day of arrival.")] = None,
    parameters: Annotated[Path | None, typer.Option(help="TOML over the shipped parameters.")] = None,
    against: Annotated[Path | None, typer.Option(help="Other TOML to compare with; without, the shipped ones.")] = None,
    against_alerts: Annotated[
        Path | None, typer.Option(help="Alerts (NDJSON) of another version over the same events to compare with.")
    ] = None,
    rules: Annotated[str | None, typer.Option(help="Only these rules, by comma; without, those of the stream.")] = None,
    accounts: Annotated[Path | None, typer.Option(help="Accounts, CSV or Parquet.")] = None,
    instruments: Annotated[Path | None, typer.Option(help="Instruments, CSV or Parquet.")] = None,
    alerts: Annotated[Path | None, typer.Option(help="Where to write the alerts (NDJSON).")] = None,
    lanes: Annotated[int, typer.Option(min=1, max=256, help="Into how many parts to cut the work.")] = DEFAULT_LANES,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """Run rules over any days of the lake; compare two parameter sets, or two versions, by episode."""
    from surveillance.batch import BATCH_RULES
    from surveillance.evaluation.comparison import compared

    from cli import lakes, lane_runs, recording, tables
    from cli.evaluate import read_alerts
    from cli.replay import progress

    begun = perf_counter()
    if against is not None and against_alerts is not None:
        raise InputError("--against and --against-alerts exclude each other.")
    chosen = (
        lane_runs.STREAM_RULES if rules is None else lane_runs.known_rules([name.strip() for name in rules.split(",")])
    )
    if any(rule in BATCH_RULES for rule in chosen):
        lanes = 1
    shipped = tables.read_layer_file(tables.SHIPPED_PARAMETERS)
    after = [shipped, *([tables.read_layer_file(parameters)] if parameters else [])]
    before = [shipped, *([tables.read_layer_file(against)] if against else [])]
    for layers in (after, before):
        lane_runs.parameters_of(layers)
    held = read_alerts(against_alerts) if against_alerts else None
    known = tables.read_instruments(instruments), tables.read_accounts(accounts)
    chunks, reference = lakes.events(lake, state, first and first.date(), last and last.date(), *known)
    with TemporaryDirectory(prefix="backtest-") as folder:
        with progress() as watch:
            cut = recording.record(chunks, Path(folder), lanes, reference, watch)
        sides = [after] if held is not None or before == after else [after, before]
        done = _run(cut, chosen, sides, jobs)
    if held is None:
        held = done[-1].alerts
    names = {rule.ID for rule in chosen}
    comparison = compared([alert for alert in held if alert.rule in names], done[0].alerts)
    if alerts is not None:
        _write(done[0].alerts, alerts)
    report = _report(cut, done[0], comparison) | {"seconds": round(perf_counter() - begun, 3)}
    typer.echo(json.dumps(report) if as_json else "\n".join(_lines(report, comparison)))


def _run(cut: "Recording", rules: Sequence[Any], sides: Sequence[Any], jobs: int) -> "list[Done]":
    """Run every lane under every side's parameters."""
    from cli import lane_runs

    tasks = [task for layers in sides for task in lane_runs.tasks_of(cut, rules, layers)]
    done = lane_runs.in_processes(lane_runs.perform, tasks, jobs, lane_runs.counting("lanes"))
    return [lane_runs.joined(done[place : place + cut.lanes]) for place in range(0, len(done), cut.lanes)]


def _report(cut: "Recording", done: "Done", comparison: "Comparison") -> dict[str, Any]:
    from collections import Counter

    def told(alert: "Alert") -> dict[str, Any]:
        names = (
            "episode_key",
            "alert_id",
            "rule",
            "severity",
            "score",
            "symbol",
            "accounts",
            "start_ts",
            "detected_ts",
        )
        return {name: getattr(alert, name) for name in names}

    return {
        "events": cut.events,
        "instrument_hours": cut.instrument_hours,
        "rejected": done.rejected,
        "not_applicable": done.not_applicable,
        "alerts": dict(sorted(Counter(alert.rule for alert in done.alerts).items())),
        "rules": comparison.by_rule(),
        "severities": comparison.by_severity(),
        "gained": [told(alert) for alert in comparison.gained],
        "lost": [told(alert) for alert in comparison.lost],
        "changed": [told(each.after) | {"fields": each.fields} for each in comparison.changed],
        "kept": len(comparison.kept),
    }


def _lines(report: dict[str, Any], comparison: "Comparison") -> Iterator[str]:
    from cli.times import utc

    yield "| rule | gained | lost | changed | kept |"
    yield "|---|--:|--:|--:|--:|"
    for rule, counts in report["rules"].items():
        yield f"| {rule} | {counts['gained']} | {counts['lost']} | {counts['changed']} | {counts['kept']} |"
    yield ""
    for mark, alerts in (("+", comparison.gained), ("-", comparison.lost)):
        for alert in alerts[:SHOWN]:
            who = f", {'+'.join(alert.accounts)}" if alert.accounts else ""
            yield f"{mark} {utc(alert.detected_ts, 3)} {alert.rule} {alert.severity} {alert.symbol}{who}"
        if len(alerts) > SHOWN:
            yield f"{mark} and {len(alerts) - SHOWN} more (--json has them all)"
    for each in comparison.changed[:SHOWN]:
        fields = "; ".join(f"{name} {was} > {now}" for name, (was, now) in each.fields.items() if name != "accounts")
        yield f"~ {utc(each.after.detected_ts, 3)} {each.after.rule} {each.after.symbol}: {fields}"
    if len(comparison.changed) > SHOWN:
        yield f"~ and {len(comparison.changed) - SHOWN} more (--json has them all)"
    yield ""
    yield (
        f"{report['events']:,} events, {report['instrument_hours']:,.2f} instrument hours, "
        f"{sum(report['alerts'].values())} alerts, {report['seconds']:.1f} s."
    )


def _write(found: "list[Alert]", path: Path) -> None:
    from surveillance.alerts import encode

    try:
        path.write_bytes(b"".join(encode(alert) + b"\n" for alert in found))
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}.") from error

"""`surveillance batch`: the rules that look over hours at once, over files of events or the lake; alerts to a file."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from surveillance.errors import InputError

from cli.alerts import STATE_FOLDER, StateFolder

DAY = {"formats": ["%Y-%m-%d"]}


def batch(
    alerts: Annotated[Path, typer.Option(help="Where to write the alerts (NDJSON).")],
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH...]", help="Files of events, or folders.")
    ] = None,
    lake: Annotated[
        str | None, typer.Option(help="Instead of files: s3://BUCKET/PREFIX, a folder, or `local`: the local stack's.")
    ] = None,
    first: Annotated[datetime | None, typer.Option("--from", **DAY, help="First day of arrival in the lake.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", **DAY, help="Last day of arrival in the lake.")] = None,
    rules: Annotated[str | None, typer.Option(help="Only these batch rules, by comma.")] = None,
    accounts: Annotated[Path | None, typer.Option(help="Accounts, CSV or Parquet.")] = None,
    instruments: Annotated[Path | None, typer.Option(help="Instruments, CSV or Parquet.")] = None,
    parameters: Annotated[Path | None, typer.Option(help="TOML over the shipped parameters.")] = None,
    allow: Annotated[Path | None, typer.Option(help="Allow-list, TOML: its alerts are marked suppressed.")] = None,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """Run the batch rules over events (NDJSON or Parquet). Prints one JSON object."""
    import surveillance.engine  # noqa: F401 - the rules can't be imported before it
    from surveillance.alerts import SUPPRESSED, encode
    from surveillance.batch import BATCH_RULES
    from surveillance.batch.run import run
    from surveillance.feeds import FORMATS, Options, merge
    from surveillance.reference import Reference

    from cli import lakes, sources, tables

    begun = perf_counter()
    if bool(paths) == (lake is not None):
        raise InputError("Give either files of events or --lake.")
    known = {rule.ID: rule for rule in BATCH_RULES}
    names = list(known) if rules is None else [name.strip() for name in rules.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"{', '.join(unknown)} is no batch rule; there are {', '.join(known)}.")
    values = tables.read_parameters([parameters] if parameters else [], batch=True)
    people = tables.read_accounts(accounts)
    allowed = tables.read_allow_list(allow, people, values.declared_rules)
    reference = Reference(tables.read_instruments(instruments), people)
    if lake is not None:
        days = first and first.date(), last and last.date()
        chunks, reference = lakes.events(lake, state, *days, reference.instruments, people)
    else:
        chunks = merge(list(sources.readings(paths or [], FORMATS["events"], Options(None, None))))
    found = run((decoded.table for decoded in chunks), reference, values, [known[name] for name in names])
    if allowed is not None:
        found = [allowed.judged(alert) for alert in found]
    try:
        alerts.write_bytes(b"".join(encode(alert) + b"\n" for alert in found))
    except OSError as error:
        raise InputError(f"{alerts} can't be written: {error.strerror or error}.") from error
    counts = dict(sorted(Counter(alert.rule for alert in found).items()))
    suppressed = dict(sorted(Counter(alert.rule for alert in found if alert.status == SUPPRESSED).items()))
    told = {"alerts": counts} | ({"suppressed": suppressed} if allowed is not None else {})
    typer.echo(json.dumps({**told, "seconds": round(perf_counter() - begun, 3)}))

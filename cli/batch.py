"""`surveillance batch`: the rules that look over hours at once, over files of events; alerts to a file."""

import json
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from surveillance.errors import InputError


def batch(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files of events, or folders of them.")],
    alerts: Annotated[Path, typer.Option(help="Where to write the alerts (NDJSON).")],
    accounts: Annotated[Path | None, typer.Option(help="Accounts, CSV or Parquet.")] = None,
    instruments: Annotated[Path | None, typer.Option(help="Instruments, CSV or Parquet.")] = None,
    parameters: Annotated[Path | None, typer.Option(help="TOML with tables of batch rules.")] = None,
    allow: Annotated[Path | None, typer.Option(help="Allow-list, TOML: its alerts are marked suppressed.")] = None,
) -> None:
    """Run the batch rules over files of events (NDJSON or Parquet). Prints one JSON object."""
    import surveillance.engine  # noqa: F401 - the rules can't be imported before it
    from surveillance.alerts import encode
    from surveillance.allow_list import SUPPRESSED
    from surveillance.batch import BATCH_RULES
    from surveillance.batch.run import run
    from surveillance.feeds import FORMATS, Options, merge
    from surveillance.parameters import Parameters
    from surveillance.reference import Reference

    from cli import sources, tables

    begun = perf_counter()
    layers = [tables.read_layer_file(parameters)] if parameters else []
    values = Parameters({rule.ID: rule.PARAMETERS for rule in BATCH_RULES}, layers)
    reference = Reference(tables.read_instruments(instruments), tables.read_accounts(accounts))
    allowed = tables.read_allow_list(allow, reference.accounts)
    readings = sources.readings(paths, FORMATS["events"], Options(None, None))
    found = run((decoded.table for decoded in merge(list(readings))), reference, values)
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

"""`surveillance simulate`: a labelled market session to files."""

import json
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from surveillance.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


def simulate(
    out: Annotated[Path, typer.Option(help="Where to write the events, .ndjson or .parquet.")],
    labels: Annotated[Path | None, typer.Option(help="Where to write what is true of them (NDJSON).")] = None,
    accounts: Annotated[Path | None, typer.Option(help="Where to write the accounts, .csv or .parquet.")] = None,
    instruments: Annotated[Path | None, typer.Option(help="Where to write the instruments, .csv or .parquet.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same session.")] = 1,
    minutes: Annotated[float, typer.Option(help="Length of the session.")] = 60.0,
    symbols: Annotated[int, typer.Option(help="Number of instruments.")] = 10,
    orders_per_second: Annotated[float, typer.Option(help="New orders a second and instrument.")] = 25.0,
    scenarios: Annotated[
        str | None,
        typer.Option(metavar="PATTERN=N,...|none", help="What to play; without, three of each that fits."),
    ] = None,
    difficulty: Annotated[float, typer.Option(help="0 plain, 1 hardly visible.")] = 0.5,
) -> None:
    """Simulate a labelled market session."""
    begun = perf_counter()
    if out.suffix not in (".ndjson", ".parquet"):
        raise InputError(f"{out} must end in .ndjson or .parquet.")
    from surveillance import simulation

    from cli.tables import write_table

    session = simulation.Session(
        seed=seed,
        minutes=minutes,
        symbols=symbols,
        orders_per_second=orders_per_second,
        scenarios=_wanted(scenarios),
        difficulty=difficulty,
    )
    simulated = simulation.simulate(session)
    try:
        write_events(simulated.events, out)
        if labels is not None:
            labels.write_bytes(simulation.encode_labels(simulated.labels))
        for table, path in ((simulated.accounts, accounts), (simulated.instruments, instruments)):
            if path is not None:
                write_table(table, path)
    except OSError as error:
        raise InputError(f"{error.filename or out} can't be written: {error.strerror or error}.") from error
    played: dict[str, int] = {}
    for label in simulated.labels:
        played[label.pattern] = played.get(label.pattern, 0) + 1
    figures = {
        "events": simulated.events.num_rows,
        "scenarios": played,
        "seconds": round(perf_counter() - begun, 3),
    }
    typer.echo(json.dumps(figures))


def _wanted(text: str | None) -> dict[str, int] | None:
    if text is None:
        return None
    if text.strip() == "none":
        return {}
    wanted: dict[str, int] = {}
    for part in text.split(","):
        name, _, count = part.partition("=")
        if not name.strip() or not (count.strip() or "1").isdigit():
            raise InputError(f"--scenarios takes PATTERN=N,... or none, not {text}.")
        wanted[name.strip()] = int(count.strip() or 1)
    return wanted


def write_events(events: "pa.Table", path: Path) -> None:
    """Write events as NDJSON or Parquet by suffix."""
    from surveillance import wire

    if path.suffix == ".ndjson":
        with path.open("wb") as file:
            for start in range(0, events.num_rows, 1 << 16):
                file.write(wire.encode(events.slice(start, 1 << 16)))
        return
    import pyarrow.parquet as pq
    from surveillance.feeds.events import FEW_WORDS, PARQUET_ROWS

    few = [name for name in FEW_WORDS if name in events.column_names]
    pq.write_table(events, path, compression="lz4", use_dictionary=few, row_group_size=PARQUET_ROWS)

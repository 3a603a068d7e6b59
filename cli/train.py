"""`surveillance train`: grow the isolation forest over ordinary minutes and write its model file."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from surveillance.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SESSIONS: Final = 8
RATES: Final = (3.0, 10.0, 25.0, 50.0)
MINUTES: Final = 120.0
SYMBOLS: Final = 4


def train(
    out: Annotated[Path, typer.Option(help="Where to write the model (JSON).")],
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Files of events; without any, simulated sessions.")
    ] = None,
    instruments: Annotated[Path | None, typer.Option(help="Instruments of the files, CSV or Parquet.")] = None,
    sessions: Annotated[int, typer.Option(min=1, help="How many sessions to simulate.")] = SESSIONS,
    minutes: Annotated[float, typer.Option(min=1, help="Their length.")] = MINUTES,
    trees: Annotated[int, typer.Option(min=1, help="Trees of the forest.")] = 100,
    samples: Annotated[int, typer.Option(min=2, max=32_000, help="Minutes that a tree is grown on.")] = 256,
) -> None:
    """Train the isolation forest on recorded or simulated minutes without a plan. Prints one JSON object."""
    import numpy as np
    from surveillance.anomaly.forest import encode
    from surveillance.batch import isolation_training

    begun = perf_counter()
    parts = _recorded(paths, instruments) if paths else _simulated(sessions, minutes)
    provenance: dict[str, Any] = {"source": "simulated", "sessions": sessions, "session_minutes": minutes}
    if paths:
        provenance = {"source": "recorded", "files": [path.name for path in paths]}
    else:
        provenance |= {"seeds": [1, sessions], "orders_per_second": list(RATES[:sessions]), "symbols": SYMBOLS}
    forest = isolation_training.train(np.concatenate(list(parts)), trees, samples, provenance)
    try:
        out.write_bytes(encode(forest))
    except OSError as error:
        raise InputError(f"{out} can't be written: {error.strerror or error}.") from error
    told = {"digest": forest.digest, "trees": trees, "nodes": len(forest.nodes), **forest.provenance}
    typer.echo(json.dumps(told | {"seconds": round(perf_counter() - begun, 1)}))


def _simulated(sessions: int, minutes: float) -> "Iterator[NDArray[np.float32]]":
    from surveillance.batch.isolation_training import figures_of
    from surveillance.reference import Reference, accounts_of, instruments_of
    from surveillance.simulation import Session, simulate

    for number in range(sessions):
        rate = RATES[number % len(RATES)]
        session = Session(seed=number + 1, minutes=minutes, symbols=SYMBOLS, orders_per_second=rate, scenarios={})
        told = simulate(session)
        yield figures_of([told.events], Reference(instruments_of(told.instruments), accounts_of(told.accounts)))


def _recorded(paths: list[Path], instruments: Path | None) -> "Iterator[NDArray[np.float32]]":
    from surveillance.batch.isolation_training import figures_of
    from surveillance.feeds import FORMATS, Options, merge
    from surveillance.reference import Reference

    from cli import sources, tables

    readings = sources.readings(paths, FORMATS["events"], Options(None, None))
    reference = Reference(tables.read_instruments(instruments))
    yield figures_of((decoded.table for decoded in merge(list(readings))), reference)

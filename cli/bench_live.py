"""`surveillance local bench`: what the whole stack on this machine carries, and how late its alerts are."""

import io
import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from surveillance.errors import InputError

from cli.alerts import STATE_FOLDER, StateFolder

if TYPE_CHECKING:
    from local.load import Load

SYMBOLS: Final = 40
ORDERS_PER_SECOND: Final = 100.0
EVENTS_PER_ORDER: Final = 2.3
SEED: Final = 20260302
LOW_THRESHOLDS: Final = """
[spoofing]
size_multiple = 2
size_ratio = 1
max_filled_share = 0.5
after_s = 10

[layering]
min_levels = 2
min_depth_share = 0
size_ratio = 1
cancelled_share = 0.3
max_reentered_share = 10

[price_velocity]
window_s = 30
min_move = 0.0005
cool_down_s = 10
"""
"""Alerts from plain background, a few a second."""


def bench(
    rate: Annotated[float, typer.Option(min=100, help="Events a second that the venue sends.")] = 10_000,
    seconds: Annotated[float, typer.Option(min=5, help="For how long.")] = 60,
    many_alerts: Annotated[bool, typer.Option(help="Low thresholds, so that alerts abound.")] = True,
    detectors: Annotated[int, typer.Option(min=1, help="Detecting processes.")] = 2,
    shards: Annotated[int, typer.Option(min=1, help="Shards of the stream.")] = 2,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """Send simulated order flow through the whole stack; prints rates, latency, processor time and memory as JSON."""
    from local.deployment import DeploymentError
    from local.emulator import EmulatorError
    from local.load import measure
    from local.stack import StackError
    from local.synthesis import SynthesisError

    _say("Preparing the order flow")
    load = _load(rate, seconds, LOW_THRESHOLDS if many_alerts else "", detectors, shards)
    try:
        measured = measure(load, Path(state).resolve(), _say)
    except (StackError, EmulatorError, SynthesisError, DeploymentError) as error:
        raise InputError(str(error)) from error
    typer.echo(msgspec.json.format(msgspec.json.encode({"rate": rate, **_plain(measured)}), indent=2).decode())
    if not measured.law_3_holds:
        raise typer.Exit(1)


def _plain(measured: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(measured)
    return plain


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _load(rate: float, seconds: float, parameters: str, detectors: int, shards: int) -> "Load":
    """Give the session from the cache, or simulate it into there."""
    import pyarrow.parquet as pq
    from surveillance import simulation
    from surveillance.simulation import file_of

    from local.load import Load

    wanted = round(rate * seconds)
    minutes = wanted / (SYMBOLS * ORDERS_PER_SECOND * EVENTS_PER_ORDER) / 60
    session = simulation.Session(
        seed=SEED, minutes=minutes, symbols=SYMBOLS, orders_per_second=ORDERS_PER_SECOND, scenarios={}
    )
    digest = blake2b(msgspec.json.encode(session, order="deterministic"), digest_size=8)
    for file in sorted(Path(simulation.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "surveillance" / "bench"
    folder = cache / f"live-{digest.hexdigest()}"
    events = folder / "events.parquet"
    if not events.exists():
        folder.mkdir(parents=True, exist_ok=True)
        simulated = simulation.simulate(session)
        for name, table in {"instruments": simulated.instruments, "accounts": simulated.accounts}.items():
            (folder / f"{name}.csv").write_bytes(file_of(table, ".csv"))
        sink = io.BytesIO()
        pq.write_table(simulated.events.slice(0, wanted), sink)
        events.write_bytes(sink.getvalue())
    reference = {name: (folder / name).read_bytes() for name in ("instruments.csv", "accounts.csv")}
    return Load(events, reference | {"parameters.toml": parameters.encode()}, rate, shards, detectors)

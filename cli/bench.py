"""`surveillance bench`: how fast the engine is, as ratios to merely decoding the same events on the same core.

Times are processor time of this process with one thread, the best of five, so that a busy machine disturbs them little.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from surveillance.engine import Engine
    from surveillance.parameters import Parameters

    from cli.bench_session import Recorded
    from cli.offline import Replayed

REPEATS: Final = 5
DECODE_BLOCK_BYTES: Final = 1 << 20
BATCH_EVENTS: Final = 100
BATCHES: Final = 2000
ORACLE_EVENTS: Final = 20_000


def bench(
    cache: Annotated[Path | None, typer.Option(help="Where the simulated session is kept between runs.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Each figure is the best of so many.")] = REPEATS,
) -> None:
    """Measure the engine against merely decoding the same events; one core."""
    import pyarrow as pa

    from cli.bench_session import SESSION, SMALL, recorded
    from cli.tables import read_parameters

    pa.set_cpu_count(1)
    folder = cache or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "surveillance" / "bench"
    _say("preparing the session")
    session, small = recorded(SESSION, folder), recorded(SMALL, folder)
    parameters = read_parameters()
    typer.echo(json.dumps(measure(session, small, parameters, repeats), indent=2))


def measure(session: "Recorded", small: "Recorded | None", parameters: "Parameters", repeats: int) -> dict[str, Any]:
    """Take every figure; those of the small session are null without one."""
    engine = session.engine(parameters)
    ndjson, parquet = session.ndjson.read_bytes(), session.parquet.read_bytes()
    _say("compiling")
    replayed = replay_bytes("events.parquet", parquet, engine, parameters)
    events = replayed.events
    _say("decode, replay from Parquet, replay from NDJSON, by turns")
    decode, from_parquet, from_ndjson = best_of_each(
        [
            lambda: decode_only(ndjson, session),
            lambda: replay_bytes("events.parquet", parquet, engine, parameters),
            lambda: replay_bytes("events.ndjson", ndjson, engine, parameters),
        ],
        repeats,
    )
    _say("kernels")
    context, rules = kernel_seconds(parquet, engine, parameters, repeats)
    _say("live metrics")
    metrics = live_metrics(session, parquet, parameters, repeats)
    _say("microstructure")
    minutes = microstructure(small is not None, repeats)
    _say("batches, cold start, oracle")
    return {
        "events": events,
        "decode": {"events_per_second": round(events / decode)},
        "replay_parquet": {
            "events_per_second": round(events / from_parquet),
            "ratio_to_decode": round(decode / from_parquet, 2),
        },
        "replay_ndjson": {
            "events_per_second": round(events / from_ndjson),
            "time_ratio_to_decode": round(from_ndjson / decode, 2),
        },
        "oracle_ratio": oracle_ratio(small, parameters, repeats) if small else None,
        "batch_100_us": round(batch_microseconds(ndjson, engine, repeats), 1),
        "cold_first_alert_seconds": cold_seconds(small.ndjson, repeats) if small else None,
        "context_ns_per_event": round(context * 1e9 / events, 1),
        "rules": {rule: {"ns_per_event": round(seconds * 1e9 / events, 1)} for rule, seconds in rules.items()},
        "metrics": metrics,
        "microstructure": minutes,
    }


def live_metrics(session: "Recorded", parquet: bytes, parameters: "Parameters", repeats: int) -> dict[str, Any]:
    """Give what live metrics cost an event."""
    from cli import bench_metrics

    return bench_metrics.measure(session, parquet, parameters, repeats)


def microstructure(whole: bool, repeats: int) -> dict[str, Any]:
    """Give the figures of the one pass over trades and quotes, on a day of the contract's size or on a small one."""
    from cli import bench_microstructure

    return bench_microstructure.measure(bench_microstructure.TRADES if whole else 1000, repeats)


def _say(what: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"{what} ...", err=True)


def best_of_each(works: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Give the least processor time, in seconds, that each work took; they take turns, to meet the same machine."""
    least = [float("inf")] * len(works)
    for _ in range(repeats):
        for place, work in enumerate(works):
            begun = process_time()
            work()
            least[place] = min(least[place], process_time() - begun)
    return least


def best(work: Callable[[], object], repeats: int) -> float:
    """Give the least processor time, in seconds, that one work took."""
    return best_of_each([work], repeats)[0]


def decode_only(data: bytes, session: "Recorded") -> object:
    """Decode NDJSON with pyarrow into the columns the session has, and nothing else."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import json as arrow_json

    return arrow_json.read_json(
        pa.BufferReader(data),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=DECODE_BLOCK_BYTES),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=pq.read_schema(session.parquet).remove_metadata(), unexpected_field_behavior="ignore"
        ),
    )


def replay_bytes(name: str, data: bytes, engine: "Engine", parameters: "Parameters") -> "Replayed":
    """Replay a file that is in memory, as the command replay does."""
    from surveillance.feeds import FORMATS, FileSource, Options

    from cli.offline import replay

    return replay([FORMATS["events"].read(FileSource(name, io.BytesIO(data)), Options())], engine, parameters)


def kernel_seconds(
    parquet: bytes, engine: "Engine", parameters: "Parameters", repeats: int
) -> tuple[float, dict[str, float]]:
    """Give the seconds of the shared pass and of each rule's scan in a whole replay."""
    from surveillance.engine import observe

    names = [rule.module.ID for rule in engine._rules]
    spent: dict[str, float] = {}
    compiled: Any = observe.compiled
    show: Any = engine._show

    def observed(*arguments: Any) -> Any:
        begun = process_time()
        result = compiled(*arguments)
        spent[""] = spent.get("", 0.0) + process_time() - begun
        return result

    def shown(*arguments: Any) -> None:
        for place, name in enumerate(names):
            begun = process_time()
            show(*arguments[:-2], place, place)  # what calling costs
            called = process_time()
            show(*arguments[:-2], place, place + 1)
            spent[name] = spent.get(name, 0.0) + (process_time() - called) - (called - begun)

    least: dict[str, float] = {}
    try:
        observe.compiled = observed  # type: ignore[assignment]
        engine._show = shown  # type: ignore[assignment, method-assign]
        for _ in range(repeats):
            spent.clear()
            replay_bytes("events.parquet", parquet, engine, parameters)
            least = {name: min(seconds, least.get(name, seconds)) for name, seconds in spent.items()}
    finally:
        observe.compiled = compiled
        del engine._show
    return least.pop(""), {name: least.get(name, 0.0) for name in names}


def batch_microseconds(data: bytes, engine: "Engine", repeats: int) -> float:
    """Give what the engine takes for a hundred decoded events, on average over a stretch of the session."""
    from surveillance.engine import ndjson
    from surveillance.wire import Decoder

    lines = data[: len(data) // 2].splitlines(keepends=True)[: BATCH_EVENTS * BATCHES]
    decoder = Decoder(ndjson.Reader())
    batches = [
        decoder.decode(b"".join(lines[start : start + BATCH_EVENTS])) for start in range(0, len(lines), BATCH_EVENTS)
    ]

    def run() -> None:
        state = engine.new_state()
        for batch in batches:
            engine.feed(state, batch)

    return best(run, repeats) / len(batches) * 1e6


def cold_seconds(events: Path, repeats: int) -> float:
    """Give the time from starting a process to its first alert, with kernels compiled before."""
    least = float("inf")
    for _ in range(repeats + 1):
        begun = perf_counter()
        subprocess.run([sys.executable, "-m", "cli.cold", str(events)], check=True, stdout=subprocess.PIPE)  # noqa: S603
        least = min(least, perf_counter() - begun)
    return round(least, 3)


def oracle_ratio(session: "Recorded", parameters: "Parameters", repeats: int) -> float | None:
    """Give how much faster the engine is than the plain rules of the tests, which must find the same alerts.

    None, and a note on stderr, where the tests are not at hand or the alerts differ.
    """
    import pyarrow.parquet as pq
    from surveillance.wire import Decoded

    try:
        from tests.engine.runs import difference
        from tests.oracle.oracle import Oracle
    except ImportError:
        typer.echo("The plain rules of the tests are not here; oracle_ratio is null.", err=True)
        return None
    table = pq.read_table(session.parquet).slice(0, ORACLE_EVENTS).combine_chunks()
    rows = table.to_pylist()
    oracle = Oracle(parameters, session.reference())
    begun = process_time()
    oracle.feed(rows)
    plain = process_time() - begun
    engine = session.engine(parameters)
    found = engine.feed(engine.new_state(), Decoded(table)).alerts
    fast = best(lambda: engine.feed(engine.new_state(), Decoded(table)), repeats)

    if difference(found, oracle.alerts.values()):
        typer.echo("The plain rules of the tests found other alerts; oracle_ratio is null.", err=True)
        return None
    return round(plain / fast, 1)

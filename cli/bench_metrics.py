"""Part of `surveillance bench`: what live metrics add to an event, beside the shared pass over the same chunk.

Both are timed chunk by chunk in the same replay, so that a busy machine slows them alike; making rows a table counts.
"""

from time import process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surveillance.parameters import Parameters

    from cli.bench_session import Recorded


def measure(session: "Recorded", parquet: bytes, parameters: "Parameters", repeats: int) -> dict[str, Any]:
    """Take the figures, each the best of the repeats."""
    from surveillance.engine import Engine, observe
    from surveillance.metrics import Meter

    from cli.bench import replay_bytes

    spent = {"meter": 0.0, "context": 0.0}
    compiled: Any = observe.compiled

    def timed(name: str, work: Any) -> Any:
        def run(*arguments: Any) -> Any:
            begun = process_time()
            result = work(*arguments)
            spent[name] += process_time() - begun
            return result

        return run

    meter: Any = Meter()
    meter.measure, meter.table = timed("meter", meter.measure), timed("meter", meter.table)
    engine = Engine(parameters, session.reference(), rules=(), declared=(), meter=meter)
    replayed = replay_bytes("events.parquet", parquet, engine, parameters)  # compiled here
    best, ratio = float("inf"), float("inf")
    try:
        observe.compiled = timed("context", compiled)
        for _ in range(repeats):
            spent |= dict.fromkeys(spent, 0.0)
            replay_bytes("events.parquet", parquet, engine, parameters)
            best, ratio = min(best, spent["meter"]), min(ratio, spent["meter"] / spent["context"])
    finally:
        observe.compiled = compiled
    return {"ns_per_event": round(best * 1e9 / replayed.events, 1), "time_ratio_to_context": round(ratio, 3)}

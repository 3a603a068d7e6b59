"""`surveillance history bench`: the indicator step against bare TA-Lib calls on the same bars, side by side.

The step reads an Arrow table of daily bars and gives Arrow tables of indicators; the bare calls are TA-Lib's functions
as published, on the same arrays, their results dropped. Both on one thread, in turns, processor time, the best of so
many. Neither reads nor writes a file.
"""

import json
import resource
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.bench import best, best_of_each

if TYPE_CHECKING:
    from surveillance.indicators import Request, Series

    Bare = Callable[[Any], object]

REPEATS: Final = 3


def bench(
    symbols: Annotated[int, typer.Option(min=1, help="How many symbols to generate.")] = 2500,
    sessions: Annotated[int, typer.Option(min=1, help="How many daily bars of each.")] = 1000,
    repeats: Annotated[int, typer.Option(min=1, help="Each figure is the best of so many.")] = REPEATS,
) -> None:
    """Measure the indicator step against bare TA-Lib calls on generated bars. Prints one JSON object."""
    typer.echo(json.dumps(measure(symbols, sessions, repeats), indent=2))


def measure(symbols: int, sessions: int, repeats: int) -> dict[str, Any]:
    """Take every figure."""
    import pyarrow as pa
    from surveillance.indicators import INTERVALS, PATTERNS, STUDIES, gathered
    from surveillance.simulation.daily_bars import daily_bars

    pa.set_cpu_count(1)
    bars = daily_bars(symbols, sessions, faults=0.0).bars
    series = gathered(bars, "raw").series
    told: dict[str, Any] = {
        "symbols": symbols,
        "sessions": sessions,
        "bars": bars.num_rows,
        "read_seconds": round(best(lambda: gathered(bars, "raw"), repeats), 3),
    }
    for name, requests, intervals in (
        ("studies_daily", STUDIES, ("D",)),
        ("studies", STUDIES, tuple(INTERVALS)),
        ("studies_and_patterns", (*STUDIES, *PATTERNS), tuple(INTERVALS)),
    ):
        told[name] = _side_by_side(bars, series, requests, intervals, repeats)
    return told | {"peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


def _side_by_side(
    bars: Any, series: "Series", requests: "Sequence[Request]", intervals: Sequence[str], repeats: int
) -> dict[str, Any]:
    from surveillance.indicators import gathered, indicator_tables
    from surveillance.indicators.periods import in_interval

    calls = [bare_call(request) for request in requests]
    parts = [[bars for _, bars in in_interval(series, interval).each()] for interval in intervals]

    def step() -> None:
        for _ in indicator_tables(gathered(bars, "raw").series, requests, intervals):
            pass

    def bare() -> None:
        for part in parts:
            for each in part:
                for call in calls:
                    call(each)

    step_seconds, bare_seconds = best_of_each([step, bare], repeats)
    return {
        "outputs": sum(len(request.columns) for request in requests),
        "calls": len(calls) * sum(map(len, parts)),
        "step_seconds": round(step_seconds, 3),
        "bare_seconds": round(bare_seconds, 3),
        "ratio": round(step_seconds / bare_seconds, 2),
    }


def bare_call(request: "Request") -> "Bare":
    """Give the one published TA-Lib function that comes nearest to a request, to be called with a symbol's bars."""
    import talib

    name, values = request.indicator.name, request.values
    if name.startswith("cdl_"):
        pattern = getattr(talib, "CDL" + name.removeprefix("cdl_").upper())
        return lambda bars: pattern(bars.open, bars.high, bars.low, bars.close)
    function = getattr(talib, _TALIB_NAMES.get(name, name.upper()))
    if name == "bollinger":
        return lambda bars: function(bars.close, values[0], values[1], values[1])
    if name == "stochastic":
        return lambda bars: function(bars.high, bars.low, bars.close, values[0], values[1], 0, values[2], 0)
    if name == "obv":
        return lambda bars: function(bars.close, bars.volume)
    if name in ("mfi", "vwap"):
        return lambda bars: function(bars.high, bars.low, bars.close, bars.volume, *values)
    if name == "donchian":
        return lambda bars: function(bars.high, bars.low, *values)
    if name in _OF_RANGES:
        return lambda bars: function(bars.high, bars.low, bars.close, *values)
    return lambda bars: function(bars.close, *values)


_TALIB_NAMES: Final = {"bollinger": "BBANDS", "stochastic": "STOCH", "williams_r": "WILLR", "stdev": "STDDEV"}
_OF_RANGES: Final = ("atr", "cci", "adx", "plus_di", "minus_di", "williams_r")

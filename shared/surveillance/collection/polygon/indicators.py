"""Daily indicators of single symbols as the vendor computes them, prices adjusted for splits only."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from surveillance.collection.polygon.paging import SOURCE, following, results
from surveillance.collection.request import Request, segment
from surveillance.collection.work import (
    Dataset,
    Found,
    Job,
    Portion,
    Row,
    Unit,
    portions_of_symbols,
    required,
    safe,
    settles,
)
from surveillance.errors import InputError
from surveillance.feeds.polygon.values import Fields, UnusableError

SYMBOLS: Final = 50
"""Of a longer list, so many are asked for, evenly spread."""
KINDS: Final = (
    ("sma", "50", ("sma_50",)),
    ("ema", "20", ("ema_20",)),
    ("rsi", "14", ("rsi_14",)),
    ("macd", "", ("macd", "macd_signal", "macd_histogram")),
)
"""The path's name, the window, and our names of `value`, `signal`, `histogram`."""
_FIELDS: Final = ("value", "signal", "histogram")
_QUERY: Final = (("timespan", "day"), ("adjusted", "true"), ("series_type", "close"), ("order", "asc"))
_LIMIT: Final = "5000"
_ZONE: Final = ZoneInfo("America/New_York")


def spread(symbols: tuple[str, ...], most: int = SYMBOLS) -> tuple[str, ...]:
    """Choose symbols evenly from a list in order, the same ones each time."""
    ordered = sorted(set(symbols))
    if len(ordered) <= most:
        return tuple(ordered)
    return tuple(ordered[place * len(ordered) // most] for place in range(most))


def _plan(job: Job) -> Iterator[Portion]:
    if job.interval != "1d":
        raise InputError(f"Indicators are asked for by day, not for bars of {job.interval}.")
    for kind, window, _ in KINDS:

        def unit(symbol: str, kind: str = kind, window: str = window) -> Unit:
            asked = (*_QUERY, *((("window", window),) if window else ()), ("limit", _LIMIT))
            days = (("timestamp.gte", f"{job.first}"), ("timestamp.lte", f"{job.last}"))
            name = f"{kind}/{safe(symbol)}/{job.first}_{job.last}"
            path = f"/v1/indicators/{kind}/{segment(symbol)}"
            return Unit(name, Request(path, (*days, *asked)), settles(job.last), f"{kind} {symbol}")

        yield from portions_of_symbols(spread(job.symbols), unit, f"{kind}-{job.first}_{job.last}")


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    kind, _, symbol = unit.subject.partition(" ")
    names = next(names for each, _, names in KINDS if each == kind)

    def rows(item: Fields) -> Iterator[Row]:
        stamp = required(item.integer("timestamp"), "timestamp")
        try:
            day = datetime.fromtimestamp(stamp / 1000, UTC).astimezone(_ZONE).date()
        except (OverflowError, OSError, ValueError) as error:
            raise UnusableError("wrong_type:timestamp") from error
        for name, field in zip(names, _FIELDS, strict=False):
            value = required(item.number(field), field)
            yield {"symbol": symbol, "date": day, "indicator": name, "value": value, "source": SOURCE}

    held = results(answer)
    found.read("raw_vendor_indicators", held.get("values") if isinstance(held, dict) else held, rows)


DATASET = Dataset(SOURCE, "indicators", "indicators of single symbols", _plan, _decode, following, by_symbol=True)

"""One symbol's bars of 1m, 5m, 1h or 1d, prices as traded (not adjusted)."""

from collections.abc import Iterator
from typing import Any, Final

from surveillance.collection.polygon.bars import SPANS, add_bars
from surveillance.collection.polygon.paging import SOURCE, following
from surveillance.collection.request import Request, segment
from surveillance.collection.work import Dataset, Found, Job, Portion, Unit, portions_of_symbols, safe, settles, spans
from surveillance.errors import InputError

LIMIT: Final = "50000"
_QUERY: Final = (("adjusted", "false"), ("sort", "asc"), ("limit", LIMIT))


def _plan(job: Job) -> Iterator[Portion]:
    if job.interval not in SPANS:
        raise InputError(f"There are no bars of {job.interval}; there are {', '.join(SPANS)}.")
    for first, last in spans(job.first, job.last, "month" if job.interval in ("1m", "5m") else "year"):

        def unit(symbol: str, first: Any = first, last: Any = last) -> Unit:
            path = f"/v2/aggs/ticker/{segment(symbol)}/range/{SPANS[job.interval]}/{first}/{last}"
            name = f"{job.interval}/{safe(symbol)}/{first}_{last}"
            return Unit(name, Request(path, _QUERY), settles(last), symbol)

        yield from portions_of_symbols(job.symbols, unit, f"{job.interval}-{first}_{last}")


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    add_bars(found, answer, job.interval)


DATASET = Dataset(SOURCE, "aggregates", "bars of single symbols", _plan, _decode, following, by_symbol=True)

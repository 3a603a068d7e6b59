"""One ticker's details on a day: SIC code, market capitalisation, shares outstanding, listing date."""

from collections.abc import Iterator, Mapping
from typing import Any

from surveillance.collection.polygon.instruments import instrument_row
from surveillance.collection.polygon.paging import SOURCE, following, results
from surveillance.collection.request import Request, segment
from surveillance.collection.work import Dataset, Found, Job, Portion, Unit, portions_of_symbols, safe


def _plan(job: Job) -> Iterator[Portion]:
    def unit(symbol: str) -> Unit:
        request = Request(f"/v3/reference/tickers/{segment(symbol)}", (("date", f"{job.as_of}"),))
        return Unit(f"{job.as_of}/{safe(symbol)}", request, subject=symbol)

    yield from portions_of_symbols(job.symbols, unit, f"{job.as_of}-details")


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    held = results(answer)
    items = [held] if isinstance(held, Mapping) else held
    found.read("raw_instruments", items, lambda item: {**instrument_row(item, job), "source": f"{SOURCE} details"})


DATASET = Dataset(SOURCE, "ticker_details", "details of single tickers", _plan, _decode, following, by_symbol=True)

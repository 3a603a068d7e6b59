"""The tickers one company has had, with its identifiers."""

from collections.abc import Iterator, Mapping
from typing import Any

from surveillance.collection.polygon.paging import SOURCE, following, results
from surveillance.collection.request import Request, segment
from surveillance.collection.work import (
    Dataset,
    Found,
    Job,
    Portion,
    Row,
    Unit,
    day_in,
    portions_of_symbols,
    required,
    safe,
)
from surveillance.feeds.polygon.values import Fields, LeftOutError


def _plan(job: Job) -> Iterator[Portion]:
    def unit(symbol: str) -> Unit:
        request = Request(f"/vX/reference/tickers/{segment(symbol)}/events", (("types", "ticker_change"),))
        return Unit(f"{job.as_of}/{safe(symbol)}", request, subject=symbol)

    yield from portions_of_symbols(job.symbols, unit, f"{job.as_of}")


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    held = results(answer)
    company = Fields(held) if isinstance(held, Mapping) else Fields({})

    def row(event: Fields) -> Row:
        if event.text("type") != "ticker_change":
            raise LeftOutError(f"event {event.text('type')}")
        return {
            "symbol": unit.subject,
            "ticker": required(event.nested("ticker_change").ticker("ticker"), "ticker"),
            "date": required(day_in(event, "date"), "date"),
            "name": company.text("name"),
            "cik": company.text("cik"),
            "composite_figi": company.text("composite_figi"),
            "source": SOURCE,
        }

    found.read("raw_ticker_changes", company.items("events"), row)


DATASET = Dataset(SOURCE, "ticker_changes", "changes of tickers", _plan, _decode, following, by_symbol=True)

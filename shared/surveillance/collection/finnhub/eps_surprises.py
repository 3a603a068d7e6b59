"""One company's last quarters: earnings against estimates. The day of the report is not told, so it is null."""

from collections.abc import Iterator
from typing import Any

from surveillance.collection.finnhub.earnings_calendar import SOURCE
from surveillance.collection.request import Request
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
from surveillance.feeds.polygon.values import Fields


def _plan(job: Job) -> Iterator[Portion]:
    def unit(symbol: str) -> Unit:
        request = Request("/stock/earnings", (("symbol", symbol),))
        return Unit(f"{job.as_of}/{safe(symbol)}", request, subject=symbol)

    yield from portions_of_symbols(job.symbols, unit, f"{job.as_of}-surprises")


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    def row(item: Fields) -> Row:
        year, quarter, ends = item.integer("year"), item.integer("quarter"), day_in(item, "period")
        period = f"{year}Q{quarter}" if year and quarter else ends and f"{ends:%Y-%m}"
        return {
            "symbol": item.text("symbol") or unit.subject,
            "fiscal_period": required(period, "period"),
            "eps_estimate": item.number("estimate"),
            "eps_actual": item.number("actual"),
            "surprise_percent": item.number("surprisePercent"),
            "source": f"{SOURCE} surprises",
        }

    found.read("raw_earnings", answer, row)


DATASET = Dataset(
    SOURCE, "eps_surprises", "EPS surprises of single companies", _plan, _decode, lambda answer: None, by_symbol=True
)

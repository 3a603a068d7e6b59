"""Cash dividends of all stocks by ex-dividend day."""

from collections.abc import Iterator
from typing import Any

from surveillance.collection.polygon.paging import SOURCE, following, results
from surveillance.collection.request import Request
from surveillance.collection.work import Dataset, Found, Job, Portion, Row, Unit, day_in, required, settles, spans
from surveillance.feeds.polygon.values import Fields


def _plan(job: Job) -> Iterator[Portion]:
    for first, last in spans(job.first, job.last, "month"):
        query = (
            ("ex_dividend_date.gte", f"{first}"),
            ("ex_dividend_date.lte", f"{last}"),
            ("sort", "ex_dividend_date"),
            ("order", "asc"),
            ("limit", "1000"),
        )
        unit = Unit(f"{first}_{last}", Request("/v3/reference/dividends", query), settles(last))
        yield Portion(f"{first}_{last}", (unit,))


def _row(item: Fields) -> Row:
    return {
        "symbol": required(item.ticker("ticker"), "ticker"),
        "ex_dividend_date": required(day_in(item, "ex_dividend_date"), "ex_dividend_date"),
        "cash_amount": required(item.number("cash_amount"), "cash_amount"),
        "currency": item.text("currency") or "USD",
        "dividend_type": item.text("dividend_type"),
        "frequency": item.integer("frequency"),
        "declaration_date": day_in(item, "declaration_date"),
        "record_date": day_in(item, "record_date"),
        "pay_date": day_in(item, "pay_date"),
        "source": SOURCE,
    }


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    found.read("raw_dividends", results(answer), _row)


DATASET = Dataset(SOURCE, "dividends", "cash dividends by ex-dividend day", _plan, _decode, following)

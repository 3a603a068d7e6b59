"""Splits of all stocks by the day they are executed."""

from collections.abc import Iterator
from typing import Any

from surveillance.collection.polygon.paging import SOURCE, following, results
from surveillance.collection.request import Request
from surveillance.collection.work import Dataset, Found, Job, Portion, Row, Unit, day_in, required, settles, spans
from surveillance.feeds.polygon.values import Fields, UnusableError


def _plan(job: Job) -> Iterator[Portion]:
    for first, last in spans(job.first, job.last, "month"):
        query = (
            ("execution_date.gte", f"{first}"),
            ("execution_date.lte", f"{last}"),
            ("sort", "execution_date"),
            ("order", "asc"),
            ("limit", "1000"),
        )
        unit = Unit(f"{first}_{last}", Request("/v3/reference/splits", query), settles(last))
        yield Portion(f"{first}_{last}", (unit,))


def _row(item: Fields) -> Row:
    sides = {name: required(item.number(name), name) for name in ("split_from", "split_to")}
    if not all(0 < value < float("inf") for value in sides.values()):
        raise UnusableError("split_not_positive")
    return {
        "symbol": required(item.ticker("ticker"), "ticker"),
        "execution_date": required(day_in(item, "execution_date"), "execution_date"),
        **sides,
        "source": SOURCE,
    }


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    found.read("raw_splits", results(answer), _row)


DATASET = Dataset(SOURCE, "splits", "splits by day of execution", _plan, _decode, following)

"""Analysts' grades of one company: upgrades, downgrades and what was kept."""

from collections.abc import Iterator
from typing import Any, Final

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

SOURCE: Final = "fmp"


def _plan(job: Job) -> Iterator[Portion]:
    def unit(symbol: str) -> Unit:
        return Unit(f"{job.as_of}/{safe(symbol)}", Request("/grades", (("symbol", symbol),)), subject=symbol)

    yield from portions_of_symbols(job.symbols, unit, f"{job.as_of}")


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    def row(item: Fields) -> Row:
        return {
            "symbol": item.text("symbol") or unit.subject,
            "date": required(day_in(item, "date"), "date"),
            "firm": item.text("gradingCompany"),
            "previous_grade": item.text("previousGrade"),
            "new_grade": item.text("newGrade"),
            "action": item.text("action"),
            "source": SOURCE,
        }

    found.read("raw_grades", answer, row)


DATASET = Dataset(SOURCE, "grades", "analysts' grades", _plan, _decode, lambda answer: None, by_symbol=True)

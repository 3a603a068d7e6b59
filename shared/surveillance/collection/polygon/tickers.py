"""All tickers of stocks on a day: the active ones and the delisted."""

from collections.abc import Iterator
from typing import Any

from surveillance.collection.polygon.instruments import instrument_row
from surveillance.collection.polygon.paging import SOURCE, following, results
from surveillance.collection.request import Request
from surveillance.collection.work import Dataset, Found, Job, Portion, Unit

LISTS = {"active": "true", "delisted": "false"}


def _plan(job: Job) -> Iterator[Portion]:
    for name, active in LISTS.items():
        on_day = (("date", f"{job.as_of}"),) if name == "active" else ()
        query = (
            ("market", "stocks"),
            ("active", active),
            *on_day,
            ("sort", "ticker"),
            ("order", "asc"),
            ("limit", "1000"),
        )
        yield Portion(f"{job.as_of}-{name}", (Unit(f"{job.as_of}/{name}", Request("/v3/reference/tickers", query)),))


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    found.read("raw_instruments", results(answer), lambda item: instrument_row(item, job))


DATASET = Dataset(SOURCE, "tickers", "all tickers, active and delisted", _plan, _decode, following)

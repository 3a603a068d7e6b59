"""The exchanges and reporting facilities of US stocks."""

from collections.abc import Iterator
from typing import Any

from surveillance.collection.polygon.paging import SOURCE, following, results
from surveillance.collection.request import Request
from surveillance.collection.work import Dataset, Found, Job, Portion, Row, Unit, required
from surveillance.feeds.polygon.values import Fields


def _plan(job: Job) -> Iterator[Portion]:
    request = Request("/v3/reference/exchanges", (("asset_class", "stocks"), ("locale", "us")))
    yield Portion("all", (Unit(f"{job.as_of}", request),))


def _row(item: Fields) -> Row:
    return {
        "exchange_id": required(item.integer("id"), "id"),
        "name": item.text("name"),
        "mic": item.text("mic"),
        "operating_mic": item.text("operating_mic"),
        "participant_id": item.text("participant_id"),
        "exchange_type": item.text("type"),
        "asset_class": item.text("asset_class"),
        "source": SOURCE,
    }


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    found.read("raw_exchanges", results(answer), _row)


DATASET = Dataset(SOURCE, "exchanges", "exchanges", _plan, _decode, following)

"""The conditions of trades and quotes, with the SIPs' letters and what they update."""

from collections.abc import Iterator
from typing import Any

from surveillance.collection.polygon.paging import SOURCE, following, results
from surveillance.collection.request import Request
from surveillance.collection.work import Dataset, Found, Job, Portion, Row, Unit, required
from surveillance.feeds.polygon.values import Fields


def _plan(job: Job) -> Iterator[Portion]:
    request = Request("/v3/reference/conditions", (("asset_class", "stocks"), ("limit", "1000")))
    yield Portion("all", (Unit(f"{job.as_of}", request),))


def _rows(item: Fields) -> Iterator[Row]:
    """Give a row for each kind of data the condition is on."""
    letters, rules = item.nested("sip_mapping"), item.nested("update_rules").nested("consolidated")
    kinds: list[str | None] = [*item.codes("data_types")]
    for kind in kinds or [None]:
        yield {
            "condition_id": required(item.integer("id"), "id"),
            "condition_type": item.text("type"),
            "name": item.text("name"),
            "asset_class": item.text("asset_class"),
            "data_type": kind,
            "cta_code": letters.text("CTA"),
            "utp_code": letters.text("UTP"),
            "updates_high_low": rules.flag("updates_high_low"),
            "updates_open_close": rules.flag("updates_open_close"),
            "updates_volume": rules.flag("updates_volume"),
            "source": SOURCE,
        }


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    found.read("raw_conditions", results(answer), _rows)


DATASET = Dataset(SOURCE, "conditions", "conditions of trades and quotes", _plan, _decode, following)

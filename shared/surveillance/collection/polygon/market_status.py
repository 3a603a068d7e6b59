"""Whether the exchanges are open now, and the holidays and short days to come."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from surveillance.collection.polygon.paging import SOURCE, following
from surveillance.collection.request import Request
from surveillance.collection.work import Dataset, Found, Job, Portion, Row, Unit, day_in, required, settles
from surveillance.feeds.polygon.values import Fields, UnusableError


def _plan(job: Job) -> Iterator[Portion]:
    units = (
        Unit(f"{job.as_of}/{name}", Request(f"/v1/marketstatus/{name}"), settles(job.as_of))
        for name in ("now", "upcoming")
    )
    yield Portion(f"{job.as_of}", tuple(units))


def _moment(item: Fields, name: str) -> datetime | None:
    text = item.text(name)
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except ValueError as error:
        raise UnusableError(f"wrong_type:{name}") from error


def _holiday(item: Fields) -> Row:
    return {
        "exchange": required(item.text("exchange"), "exchange"),
        "date": required(day_in(item, "date"), "date"),
        "name": item.text("name"),
        "status": item.text("status"),
        "open": _moment(item, "open"),
        "close": _moment(item, "close"),
        "source": SOURCE,
    }


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    if not isinstance(answer, Mapping):
        found.read("raw_market_status", answer, _holiday)
        return

    def now(item: Fields) -> Iterator[Row]:
        for exchange, status in (answer.get("exchanges") or {}).items():
            yield {
                "exchange": exchange.upper(),
                "date": required(day_in(item, "serverTime"), "serverTime"),
                "status": str(status),
                "source": f"{SOURCE} now",
            }

    found.read("raw_market_status", [answer], now)


DATASET = Dataset(SOURCE, "market_status", "market status and holidays", _plan, _decode, following)

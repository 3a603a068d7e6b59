"""What a run of history has to do: its day, what to collect for it or for a span of days, and what to rebuild."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from surveillance.collection.datasets import dataset
from surveillance.collection.work import Dataset, spans
from surveillance.errors import InputError
from surveillance.history.sessions import EXCHANGES, is_session

ZONE: Final = ZoneInfo("America/New_York")
"""Days are those of the exchange."""
SYMBOLS_OBJECT: Final = "symbols.txt"
"""Datasets that are asked for by symbol take those listed here, in the lake."""
BY_DAY: Final = frozenset({"grouped_daily", "aggregates", "splits", "dividends", "news", "earnings_calendar"})
"""Datasets that are asked for by their days; of a span they are collected month by month, the others once."""
RESTATING: Final = frozenset({"splits", "dividends"})
"""Datasets whose rows change adjusted prices of all earlier days."""
EVERYTHING: Final = "1900-01"


class Collection(msgspec.Struct, frozen=True):
    """One call of a collector, and how often it was made."""

    event: Mapping[str, Any]
    calls: int = 0


class Day(msgspec.Struct, frozen=True):
    """A daily run: `reason` says in words why the day is a session, or not."""

    day: date
    is_session: bool
    reason: str
    collections: list[Collection]


def daily_run(datasets: Iterable[str], scheduled: str | None, day: str | None, with_events: bool) -> Day:
    """Plan a day: the one given, or the exchange's day before a scheduled time (ISO 8601, with its zone).

    Raises `InputError` if neither can be read, or for a dataset that is none.
    """
    chosen = read_day("day", day) if day else _day_before(scheduled)
    exchange = EXCHANGES[0]
    if not is_session(exchange, chosen):
        return Day(chosen, False, f"{exchange} had no session on {chosen:%A}, {chosen}.", [])
    wanted = [Collection(_event(each, chosen, chosen, with_events)) for each in map(named, datasets)]
    return Day(chosen, True, f"{exchange} traded on {chosen:%A}, {chosen}.", wanted)


def span_run(datasets: Iterable[str], first: date, last: date) -> Iterator[Collection]:
    """Cut a span into calls, datasets in the order given, months in theirs; raises `InputError`."""
    if first > last:
        raise InputError(f"The first day, {first}, lies after the last, {last}.")
    for each in map(named, datasets):
        months = spans(first, last, "month") if each.name in BY_DAY else [(first, last)]
        for start, end in months:
            yield Collection(_event(each, start, end, with_events=False))


def changed_month(day: date, reports: Iterable[Mapping[str, Any]]) -> str:
    """Name the first month whose marts change by a day's run, given the collectors' reports.

    A week may have begun in the month before; a split or dividend changes everything.
    """
    if any(report["dataset"] in RESTATING and report["written"] for report in reports):
        return EVERYTHING
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


def named(name: str) -> Dataset:
    """Give the dataset written as `polygon/splits`; raises `InputError` with what there is."""
    source, _, rest = name.partition("/")
    return dataset(source, rest)


def read_day(name: str, text: object) -> date:
    """Read a day as 2024-01-31; raises `InputError`."""
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise InputError(f"{name} is {text}, which is no day; write 2024-01-31.") from error


def _event(each: Dataset, first: date, last: date, with_events: bool) -> dict[str, Any]:
    event: dict[str, Any] = {"source": each.source, "dataset": each.name, "from": f"{first}", "to": f"{last}"}
    if each.by_symbol:
        event["symbols_object"] = SYMBOLS_OBJECT
    if each.has_events and with_events:
        event["events"] = True
    return event


def _day_before(scheduled: str | None) -> date:
    try:
        moment = datetime.fromisoformat(scheduled or "")
    except ValueError as error:
        raise InputError(f"scheduled is {scheduled}, which is no time; write 2024-01-31T08:15:00Z.") from error
    if moment.tzinfo is None:
        raise InputError(f"scheduled is {scheduled}, which lacks its zone.")
    return moment.astimezone(ZONE).date() - timedelta(days=1)

"""What is to be collected: a job cut into portions, each a file of rows, made of units, each a chain of pages."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any, Final

import msgspec

from surveillance.collection.request import Request
from surveillance.errors import InputError
from surveillance.feeds.polygon.values import Fields, LeftOutError, UnusableError

DECODER: Final = 1
"""Raised when decoding changes, so that kept answers are decoded anew."""
SYMBOLS_PER_PORTION: Final = 100
SETTLING: Final = timedelta(hours=6)
"""After the end of a UTC day a vendor may still correct it; an answer older than that is asked for again."""
Row = dict[str, Any]


class Job(msgspec.Struct, frozen=True):
    """Days (both included), symbols, an interval; `as_of` is the day of what has no day of its own."""

    first: date
    last: date
    as_of: date
    symbols: tuple[str, ...] = ()
    interval: str = "1d"


class Unit(msgspec.Struct, frozen=True):
    """One chain of pages. `name` is where its answers are kept; they are final if collected after `settles`."""

    name: str
    request: Request
    settles: datetime | None = None
    subject: str = ""


class Portion(msgspec.Struct, frozen=True):
    """Units whose rows share files named `stem`."""

    stem: str
    units: tuple[Unit, ...]


class Found(msgspec.Struct):
    """What answers held: rows by table, tables of bars, events for the stream, and what was rejected or left out."""

    rows: dict[str, list[Row]] = msgspec.field(default_factory=dict)
    tables: dict[str, list[Any]] = msgspec.field(default_factory=dict)
    events: list[Row] = msgspec.field(default_factory=list)
    rejected: Counter[str] = msgspec.field(default_factory=Counter)
    left_out: Counter[str] = msgspec.field(default_factory=Counter)

    def read(self, table: str, items: Any, row: Callable[[Fields], Row | Iterator[Row]]) -> None:
        """Turn each item of a list into rows of a table; those that can't be are counted by reason."""
        held = self.rows.setdefault(table, [])
        if items is None:
            return
        if not isinstance(items, list):
            self.rejected["results are no list"] += 1
            return
        for item in items:
            if not isinstance(item, Mapping):
                self.rejected["not_an_object"] += 1
                continue
            try:
                made = row(Fields(item))
                held += [made] if isinstance(made, dict) else list(made)
            except LeftOutError as left_out:
                self.left_out[str(left_out)] += 1
            except UnusableError as unusable:
                self.rejected[str(unusable)] += 1


class Dataset(msgspec.Struct, frozen=True):
    """One dataset of a source.

    `plan` cuts a job into portions; `decode` adds one page of a unit to what was found; `following` gives the request
    of the next page, or None. `by_symbol`: the job must name symbols (`pairs` of currencies for FX).
    """

    source: str
    name: str
    title: str
    plan: Callable[[Job], Iterator[Portion]]
    decode: Callable[[Unit, Any, Job, Found], None]
    following: Callable[[Any], Request | None]
    by_symbol: bool = False
    has_events: bool = False


def settles(last: date) -> datetime:
    """Give the UTC time from which what a vendor says of a day is final."""
    return datetime.combine(last, time()) + timedelta(days=1) + SETTLING


def days(first: date, last: date) -> Iterator[date]:
    """Give each day of a range."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def spans(first: date, last: date, unit: str) -> Iterator[tuple[date, date]]:
    """Cut a range at the ends of `month`s or `year`s."""
    start = first
    while start <= last:
        if unit == "year" or start.month == 12:
            following = date(start.year + 1, 1, 1)
        else:
            following = date(start.year, start.month + 1, 1)
        yield start, min(last, following - timedelta(days=1))
        start = following


def portions_of_symbols(symbols: tuple[str, ...], unit: Callable[[str], Unit], label: str) -> Iterator[Portion]:
    """Put units of symbols together, a hundred at a time; the name says which, so that it stands for these alone."""
    if not symbols:
        raise InputError("This dataset is asked for by symbol, and none is named.")
    ordered = sorted(set(symbols))
    for start in range(0, len(ordered), SYMBOLS_PER_PORTION):
        some = ordered[start : start + SYMBOLS_PER_PORTION]
        digest = blake2b("\n".join(some).encode(), digest_size=6).hexdigest()
        yield Portion(f"{label}-{digest}", tuple(unit(symbol) for symbol in some))


def required(value: Any, name: str) -> Any:
    """Give a value that must be there; raises `UnusableError` if it is not."""
    if value is None:
        raise UnusableError(f"missing:{name}")
    return value


def day_in(fields: Fields, name: str) -> date | None:
    """Give the day a field writes as `2024-01-31`, with or without a time after it."""
    text = fields.text(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise UnusableError(f"wrong_type:{name}") from error


def safe(symbol: str) -> str:
    """Write a symbol so that it can name a file."""
    return "".join(letter if letter.isalnum() or letter in ".-" else f"_{ord(letter):x}" for letter in symbol)

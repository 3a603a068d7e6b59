"""What every format offers: a file in, chunks of decoded events out, and what was left out on purpose.

A decoder opens nothing itself; whoever reads files hands in names and binary streams.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveillance.errors import FormatError
from surveillance.events import DAY, EVERYTHING
from surveillance.feeds.local_time import utc_to_wall
from surveillance.wire import Decoded, Rejected

EPOCH_DAY: Final = datetime.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class FileSource:
    """One file. `name` is its path with folders, which may tell symbol and date; `stream` must be seekable.

    `companion` is the second file of a format that needs a pair: `Feed.companion_name` names it.
    """

    name: str
    stream: BinaryIO
    companion: "FileSource | None" = None


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller knows better: each names the thing where the file does not, else keeps only what matches it."""

    symbol: str | None = None
    date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a file says about its instruments where no reference data does; None = it says nothing."""

    calendar: str | None = None
    asset_class: str | None = None
    timezone: str = "UTC"
    tick_size: float | None = None
    shown_levels: int | None = None


@dataclass(slots=True)
class Reading(Iterator[Decoded]):
    """The events of one file, chunk by chunk. `left_out` grows while it is read; `defaults` stand from the start."""

    name: str
    defaults: Defaults
    left_out: Counter[str]
    chunks: Iterator[Decoded]

    def __next__(self) -> Decoded:
        return next(self.chunks)


class Decode(Protocol):
    """Open a file: check its head now, decode its chunks later, count in `left_out` what is left out by design."""

    def __call__(
        self, source: FileSource, options: Options, left_out: Counter[str]
    ) -> tuple[Defaults, Iterator[Decoded]]: ...


def _no_companion(name: str) -> str | None:
    return None


def _is_no_companion(name: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Feed:
    """A format. `recognises` looks into a file, for folders: a damaged file with the right suffix counts as one."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    decode: Decode = field(repr=False)
    recognises: Callable[[FileSource], bool] = field(repr=False)
    companion_name: Callable[[str], str | None] = field(default=_no_companion, repr=False)
    """Give the name of the file that must be read beside this one, or None."""
    is_companion: Callable[[str], bool] = field(default=_is_no_companion, repr=False)
    """Tell whether a file is only ever read beside another."""

    def accepts(self, name: str) -> bool:
        """Tell by the suffix whether a file can be of this format at all."""
        return name.lower().endswith(self.suffixes)

    def read(self, source: FileSource, options: Options | None = None) -> Reading:
        """Open a file and give its events.

        Raises `FormatError`, now or while it is read, for a file that is truncated, of another format, or has no event.
        """
        chosen = options or Options()
        left_out: Counter[str] = Counter()
        defaults, chunks = self.decode(source, chosen, left_out)
        proven = _with_events(chunks, source.name, self.title, left_out)
        kept = proven if chosen == Options() else _matching(proven, chosen, ZoneInfo(defaults.timezone))
        return Reading(source.name, defaults, left_out, kept)


def _with_events(chunks: Iterator[Decoded], name: str, title: str, left_out: Counter[str]) -> Iterator[Decoded]:
    """Pass chunks on; raise at the end if there was no event."""
    rejected: Counter[str] = Counter()
    found = False
    for chunk in chunks:
        found = found or chunk.num_rows > 0
        if not found:
            rejected.update(reject.reason for reject in chunk.rejected)
        yield chunk
    if found:
        return
    parts = []
    if rejected:
        parts.append(f"{rejected.total()} lines rejected ({_counts(rejected)})")
    if left_out:
        parts.append(f"{left_out.total()} left out ({_counts(left_out)})")
    raise FormatError(f"{name} holds no event of {title}{': ' if parts else ''}{', '.join(parts)}.")


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counter.most_common(3))


def _matching(chunks: Iterator[Decoded], options: Options, zone: ZoneInfo) -> Iterator[Decoded]:
    """Keep the events of one symbol and date, those that concern every symbol, and the rejects that may be theirs."""
    for chunk in chunks:
        mask = np.ones(chunk.num_rows, bool)
        if options.symbol is not None:
            mask &= _is_symbol(chunk.table, options.symbol)
        if options.date is not None:
            mask &= _is_date(chunk.table, options.date, zone)
        before = np.concatenate([[0], np.cumsum(mask)])
        rejected = [
            Rejected(int(before[reject.position]), reject.reason, reject.line, reject.symbol)
            for reject in chunk.rejected
            if options.symbol is None or reject.symbol in (None, options.symbol, EVERYTHING)
        ]
        yield Decoded(chunk.table.filter(pa.array(mask)), rejected, chunk.unknown_keys)


def _is_symbol(table: pa.Table, symbol: str) -> np.ndarray:
    if "symbol" not in table.column_names:
        return np.zeros(table.num_rows, bool)
    same = pc.is_in(table.column("symbol"), value_set=pa.array([symbol, EVERYTHING]))
    return np.asarray(same.to_numpy(), bool)


def _is_date(table: pa.Table, day: datetime.date, zone: ZoneInfo) -> np.ndarray:
    if "ts" not in table.column_names:
        return np.zeros(table.num_rows, bool)
    ts = table.column("ts")
    wall = utc_to_wall(np.asarray(pc.fill_null(ts, 0).to_numpy(), np.int64), zone)
    known = np.asarray(pc.is_valid(ts).to_numpy(), bool)
    return np.asarray((wall // DAY == day.toordinal() - EPOCH_DAY) & known, bool)

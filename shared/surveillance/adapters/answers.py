"""Vendors' answers as they came, unit by unit, and what has been made of them.

`answers/<source>/<dataset>/<unit>/<page>.json.gz` holds a page unmodified but for its compression; `complete.json`
beside them says that they are all there. `answers/<source>/<dataset>/done/<stem>.json` says what a portion came to.
"""

import gzip
import zlib
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeVar

import msgspec

from surveillance.adapters.objects import Objects
from surveillance.collection.work import DECODER, Portion, Unit

ANSWERS: Final = "answers"
LEVEL: Final = 6
Kind = TypeVar("Kind")


class Complete(msgspec.Struct, frozen=True):
    """A unit's pages: when the first was asked for (UTC), and the digest of each; none if the vendor knew nothing."""

    asked_at: datetime
    digests: list[str]
    request: str


class Done(msgspec.Struct, frozen=True):
    """What a portion came to. Done for good if `settled` and nothing of it has changed since."""

    units: list[str]
    settled: bool
    decoder: int
    rows: dict[str, int] = {}
    rejected: dict[str, int] = {}
    left_out: dict[str, int] = {}
    missing: int = 0

    def holds(self, portion: Portion) -> bool:
        """Say whether the portion need not be looked at again."""
        names = [unit.name for unit in portion.units]
        return self.settled and self.decoder == DECODER and self.units == names


class Answers:
    """The kept answers of one dataset."""

    def __init__(self, objects: Objects, source: str, dataset: str) -> None:
        self._objects = objects
        self._place = f"{ANSWERS}/{source}/{dataset}"

    def kept(self, unit: Unit) -> list[bytes] | None:
        """Give a unit's pages if all are there, whole, and final."""
        complete = self._complete(unit)
        if complete is None or not is_settled(unit, complete.asked_at):
            return None
        pages = [self._page(unit, number, digest) for number, digest in enumerate(complete.digests)]
        return [page for page in pages if page is not None] if None not in pages else None

    def settled(self, unit: Unit) -> bool:
        """Say whether what is kept of a unit is final."""
        complete = self._complete(unit)
        return complete is not None and is_settled(unit, complete.asked_at)

    def keep(self, unit: Unit, asked_at: datetime, pages: list[bytes]) -> None:
        """Keep a unit's pages, and then that they are complete."""
        for number, page in enumerate(pages):
            self._objects.write(self._name(unit, number), gzip.compress(page, LEVEL, mtime=0))
        complete = Complete(asked_at, [sha256(page).hexdigest() for page in pages], unit.request.target())
        self._objects.write(f"{self._place}/{unit.name}/complete.json", msgspec.json.encode(complete) + b"\n")

    def done(self, portion: Portion) -> Done | None:
        """Give what a portion came to last time."""
        return _read(self._objects.read(f"{self._place}/done/{portion.stem}.json"), Done)

    def mark(self, portion: Portion, done: Done) -> None:
        """Note what a portion came to; unchanged, it is not written again."""
        name, content = f"{self._place}/done/{portion.stem}.json", msgspec.json.encode(done) + b"\n"
        if self._objects.read(name) != content:
            self._objects.write(name, content)

    def _complete(self, unit: Unit) -> Complete | None:
        return _read(self._objects.read(f"{self._place}/{unit.name}/complete.json"), Complete)

    def _page(self, unit: Unit, number: int, digest: str) -> bytes | None:
        packed = self._objects.read(self._name(unit, number))
        if packed is None:
            return None
        try:
            page = gzip.decompress(packed)
        except (OSError, EOFError, zlib.error):
            return None
        return page if sha256(page).hexdigest() == digest else None

    def _name(self, unit: Unit, number: int) -> str:
        return f"{self._place}/{unit.name}/{number:05d}.json.gz"


def is_settled(unit: Unit, asked_at: datetime) -> bool:
    """Say whether an answer asked for at a time (UTC) is final."""
    return unit.settles is None or asked_at >= unit.settles


def _read(content: bytes | None, kind: type[Kind]) -> Kind | None:
    if content is None:
        return None
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None

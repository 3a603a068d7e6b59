"""What an HTTP answer means: use it, ask again, there is nothing, or give up with one sentence. No I/O.

Sources: RFC 9110 (status codes, Retry-After), RFC 6585 (429).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any, Final

import msgspec

from surveillance.collection.source import Source
from surveillance.errors import SurveillanceError

OK: Final = 200
REFUSED_KEY: Final = 401
NOT_ALLOWED: Final = 403
MISSING: Final = frozenset({404, 410})
TOO_MANY: Final = 429
TRANSIENT: Final = frozenset({408, 425, 499, 500, 502, 503, 504, 520, 522, 524})
QUOTED_CHARACTERS: Final = 160
SHORTEST_SECRET: Final = 12
"""A shorter key, as `demo`, is no secret and may well stand in an answer by chance."""


class CollectionError(SurveillanceError):
    """A vendor did not give what was asked for; the message is one sentence without any key."""


class KeyRefusedError(CollectionError):
    """The key is wrong, or may not read this; no other request of the source will do better."""


class Use(msgspec.Struct, frozen=True):
    """An answer to use, parsed."""

    answer: Any


class Again(msgspec.Struct, frozen=True):
    """Ask again: after `wait_s` where the vendor says so. `everyone` must wait if it was asked too often."""

    reason: str
    wait_s: float | None = None
    everyone: bool = False


class Nothing(msgspec.Struct, frozen=True):
    """The vendor does not know what was asked for."""


Verdict = Use | Again | Nothing


def judge(
    source: Source, place: str, status: int, headers: Mapping[str, str], body: bytes, key: str | None, now: datetime
) -> Verdict:
    """Judge an answer; `place` is the path asked for. Raises `CollectionError` where asking again can't help."""
    if status in (REFUSED_KEY, NOT_ALLOWED):
        what = "refuses the key" if status == REFUSED_KEY else f"does not let the key read {place}"
        raise KeyRefusedError(f"{source.title} {what} (HTTP {status}).")
    if status == TOO_MANY or (status in TRANSIENT and "retry-after" in headers):
        return Again(f"HTTP {status}", retry_after(headers.get("retry-after"), now), everyone=status == TOO_MANY)
    if status in TRANSIENT:
        return Again(f"HTTP {status}")
    if status in MISSING:
        return Nothing()
    if status != OK:
        said = _quoted(body.decode("utf-8", "replace"), key)
        raise CollectionError(f"{source.title} refused {place} (HTTP {status}{said}).")
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Again("broken JSON")
    complaint = source.complaint(answer)
    if complaint is not None:
        kind, words = complaint
        if kind == "again":
            return Again("asked too often", everyone=True)
        raise CollectionError(f"{source.title} refused {place}{_quoted(words, key)}.")
    if key and len(key) >= SHORTEST_SECRET and key.encode() in body:
        raise CollectionError(f"{source.title} answered {place} with the key in it; the answer is not kept.")
    return Use(answer)


def retry_after(text: str | None, now: datetime) -> float | None:
    """Read a Retry-After: seconds or a date; None where there is none that can be read."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def delays(chance: Random, first_s: float = 1.0, factor: float = 2.0, longest_s: float = 60.0) -> Iterator[float]:
    """Give waiting times without end: exponential, each drawn between half and whole."""
    wait = first_s
    while True:
        yield wait * chance.uniform(0.5, 1.0)
        wait = min(wait * factor, longest_s)


def without_key(text: str, key: str | None) -> str:
    """Take a key out of a text."""
    return text.replace(key, "***") if key else text


def _quoted(text: str, key: str | None) -> str:
    words = " ".join(without_key(text, key).split())[:QUOTED_CHARACTERS].rstrip(".")
    return f": {words}" if words else ""

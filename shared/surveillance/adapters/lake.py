"""The lake of events: Parquet (or NDJSON) by hour of arrival, below a folder or a prefix of a bucket."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Protocol

from surveillance.errors import InputError
from surveillance.feeds import FORMATS, FileSource
from surveillance.feeds.arrival import in_order_of_arrival
from surveillance.wire import Decoded

EVENTS: Final = "events/"
_DAY: Final = re.compile(r"(?:^|/)year=(\d{4})/month=(\d{1,2})/day=(\d{1,2})/")


class Lake(Protocol):
    """Objects by name."""

    def names(self) -> Iterable[str]:
        """Give the names of all objects, partitions included."""

    def read(self, name: str) -> bytes:
        """Give an object's content."""


class FolderLake:
    """A lake on this machine's disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Give the files below the folder, as paths from it."""
        return [path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if path.is_file()]

    def read(self, name: str) -> bytes:
        """Read a file."""
        return (self._folder / name).read_bytes()


class BucketLake:
    """A lake in S3."""

    def __init__(self, client: Any, bucket: str, prefix: str = EVENTS) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    def names(self) -> list[str]:
        """List the objects below the prefix, without it."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        return [entry["Key"].removeprefix(self._prefix) for page in pages for entry in page.get("Contents", [])]

    def read(self, name: str) -> bytes:
        """Get an object."""
        content: bytes = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
        return content


def day_of(name: str) -> date | None:
    """Give the day of arrival that an object's name tells, or None where it tells none."""
    found = _DAY.search(name)
    return date(int(found[1]), int(found[2]), int(found[3])) if found else None


def is_partitioned(names: Iterable[str]) -> bool:
    """Say whether objects are kept by day of arrival."""
    return any(day_of(name) is not None for name in names)


def events_of(lake: Lake, first: date | None = None, last: date | None = None) -> Iterator[Decoded]:
    """Read the events of days of arrival, both included, in the order in which they arrived.

    Raises `InputError` where the lake holds none, `FormatError` for a damaged object.
    """
    feed = FORMATS["events"]
    wanted = sorted(
        name
        for name in lake.names()
        if feed.accepts(name)
        and (day := day_of(name)) is not None
        and (first is None or day >= first)
        and (last is None or day <= last)
    )
    if not wanted:
        raise InputError(f"The lake holds no events that arrived {_span(first, last)}.")
    return in_order_of_arrival(
        chunk for name in wanted for chunk in feed.read(FileSource(name, BytesIO(lake.read(name))))
    )


def _span(first: date | None, last: date | None) -> str:
    if first is None and last is None:
        return "on any day (events/year=.../month=.../day=...)"
    return f"from {first or 'the beginning'} to {last or 'the end'}"

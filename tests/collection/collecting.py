"""A collector of a folder against the vendor of the tests, on a clock that only moves when somebody sleeps."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

import pyarrow.parquet as pq
from surveillance.adapters.asking import ATTEMPTS, Asking
from surveillance.adapters.collector import Collector, Report
from surveillance.adapters.news_stream import NewsStream
from surveillance.adapters.objects import FolderObjects
from surveillance.adapters.rate_limiter import MemoryLimiter, RateLimiter
from surveillance.adapters.vendor_http import VendorHttp
from surveillance.collection.datasets import dataset
from surveillance.collection.rate import Rate
from surveillance.collection.source import SOURCES
from surveillance.collection.work import Job

from tests.collection.vendor_server import KEY, Vendor

START = datetime(2024, 3, 1, 12)


class Clock:
    """Nanoseconds since START; `sleep` moves it."""

    def __init__(self) -> None:
        self.ns = 0
        self.slept: list[float] = []
        self._lock = Lock()

    def __call__(self) -> int:
        return self.ns

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.ns += round(seconds * 1e9)

    def now(self) -> datetime:
        return START + timedelta(microseconds=self.ns // 1000)


class Collecting:
    """Collects into a folder; `clock`, `key` and `limiter` may be changed before."""

    def __init__(self, vendor: Vendor, folder: Path) -> None:
        self.vendor, self.folder = vendor, folder
        self.clock = Clock()
        self.key: str | None = KEY
        self.limiter: RateLimiter = MemoryLimiter(Rate(1000, 1), self.clock, self.clock.sleep)
        self.http = VendorHttp(lambda: 0.0, read_s=5)
        self.left_s = 3600.0
        self.attempts = ATTEMPTS

    def run(
        self, source: str, name: str, job: Job, news: NewsStream | None = None, parallel: int = 1, again: bool = False
    ) -> Report:
        asking = Asking(
            SOURCES[source],
            self.key,
            self.http,
            self.limiter,
            endpoint=self.vendor.url,
            sleep=self.clock.sleep,
            left_s=lambda: self.left_s,
            chance=Random(1),
            now=lambda: START.replace(tzinfo=UTC),
            attempts=self.attempts,
        )
        collector = Collector(FolderObjects(self.folder), asking, self.clock.now, news, parallel)
        try:
            return collector.collect(dataset(source, name), job, again=again)
        finally:
            self.http.close()

    def rows(self, table: str) -> list[dict[str, Any]]:
        return table_rows(self.folder, table)

    def files(self) -> dict[str, bytes]:
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in found}


def table_rows(folder: Path, table: str) -> list[dict[str, Any]]:
    files = sorted((folder / table).rglob("*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def days(first: str, last: str | None = None, **details: Any) -> Job:
    start = datetime.fromisoformat(first).date()
    end = datetime.fromisoformat(last or first).date()
    return Job(start, end, details.pop("as_of", end), tuple(details.pop("symbols", ())), **details)

"""A collector as a Lambda's environment describes it, and the job that an event asks for."""

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from surveillance.adapters.asking import Asking
from surveillance.adapters.clients import client
from surveillance.adapters.collector import Collector, Report
from surveillance.adapters.news_stream import NewsStream
from surveillance.adapters.objects import BucketObjects, Objects
from surveillance.adapters.rate_limiter import SharedLimiter
from surveillance.adapters.vendor_http import VendorHttp
from surveillance.adapters.vendor_keys import key_of_secret
from surveillance.collection.datasets import dataset
from surveillance.collection.rate import Rate
from surveillance.collection.source import SOURCES, Source
from surveillance.collection.work import Job
from surveillance.errors import InputError

HISTORY: Final = "history/"
READ_TIMEOUT_S: Final = 60.0
RESERVE_S: Final = 60.0
"""What a Lambda keeps back to write what it has before it is stopped."""
MOST_WAIT_S: Final = 840.0


class CollectionService:
    """Collects what events ask for.

    `names` are the variables: LAKE_BUCKET, LEASE_TABLE (the rate's items), VENDOR_SECRETS (JSON, source to secret),
    and optionally EVENT_STREAM with LANES (news), VENDOR_ENDPOINTS and VENDOR_RATES (JSON, source to URL, or to
    [requests, seconds]).
    """

    def __init__(
        self,
        names: Mapping[str, str],
        objects: Any,
        items: Any,
        secrets: Any,
        streams: Any,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._names = names
        self._lake: Objects = BucketObjects(objects, names["LAKE_BUCKET"], HISTORY)
        self._items, self._secrets, self._streams = items, secrets, streams
        self._sleep, self._clock_ns = sleep, clock_ns
        self._http = VendorHttp(time.monotonic)
        self._keys: dict[str, str] = {}

    def collect(self, event: Mapping[str, Any], left_s: Callable[[], float]) -> Report:
        """Collect a dataset; raises `InputError` for an event that asks for what there is not."""
        chosen = dataset(str(event.get("source")), str(event.get("dataset")))
        job = job_of(event, self._now().date(), self._lake)
        source = SOURCES[chosen.source]
        limiter = SharedLimiter(
            self._items, self._names["LEASE_TABLE"], source.name, self._rate(source), self._clock_ns, self._sleep
        )
        asking = Asking(
            source,
            self._key(source),
            self._http,
            limiter,
            endpoint=self._setting("VENDOR_ENDPOINTS").get(source.name),
            sleep=self._sleep,
            left_s=lambda: min(left_s() - RESERVE_S, MOST_WAIT_S),
            chance=random.Random(),  # noqa: S311 - jitter
        )
        news = None
        if event.get("events") and chosen.has_events:
            news = NewsStream(
                self._lake,
                self._streams,
                self._names["EVENT_STREAM"],
                int(self._names["LANES"]),
                source.name,
                self._clock_ns,
                self._sleep,
            )
        collector = Collector(self._lake, asking, self._now, news, int(event.get("parallel", 4)))
        return collector.collect(chosen, job, again=bool(event.get("again")))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock_ns() / 1e9, UTC).replace(tzinfo=None)

    def _key(self, source: Source) -> str:
        secret = self._setting("VENDOR_SECRETS").get(source.name)
        if not secret:
            raise InputError(f"No secret is named for {source.title}: it is missing in VENDOR_SECRETS.")
        if source.name not in self._keys:
            self._keys[source.name] = key_of_secret(self._secrets, secret)
        return self._keys[source.name]

    def _rate(self, source: Source) -> Rate:
        given = self._setting("VENDOR_RATES").get(source.name)
        return Rate(int(given[0]), float(given[1])) if given else source.rate

    def _setting(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._names.get(name) or "{}")
        return found


def job_of(event: Mapping[str, Any], today: date, lake: Objects) -> Job:
    """Read a job: `from` and `to`, or `day`, else the day before `scheduled`, else yesterday; `symbols`, or
    `symbols_object`, the name of a list in the lake. Raises `InputError` for what can't be read.
    """
    yesterday = _scheduled(event, today) - timedelta(days=1)
    day = _day(event, "day", yesterday)
    first, last = _day(event, "from", day), _day(event, "to", day)
    if first > last:
        raise InputError(f"The first day, {first}, lies after the last, {last}.")
    symbols = event.get("symbols") or []
    if place := event.get("symbols_object"):
        listed = lake.read(str(place))
        if listed is None:
            raise InputError(f"The lake has no list of symbols {place}.")
        symbols = listed.decode().split()
    return Job(first, last, _day(event, "as_of", last), tuple(symbols), str(event.get("interval") or "1d"))


def _scheduled(event: Mapping[str, Any], today: date) -> date:
    try:
        return datetime.fromisoformat(str(event.get("scheduled") or "")).astimezone(UTC).date()
    except ValueError:
        return today


def _day(event: Mapping[str, Any], name: str, otherwise: date) -> date:
    text = event.get(name)
    if not text:
        return otherwise
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError as error:
        raise InputError(f"{name} is {text}, which is no day; write 2024-01-31.") from error


def service_from_environment() -> CollectionService:
    """Make the service of this process from the variables that its function is given."""
    return CollectionService(
        dict(os.environ), client("s3", READ_TIMEOUT_S), client("dynamodb"), client("secretsmanager"), client("kinesis")
    )

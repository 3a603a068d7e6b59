"""News as events into Kinesis, each once: what is stamped is written down before it is sent.

Below `news_events/`, by day of publication, a file of stamped lines a batch, named by its first number, and beside it a
mark once Kinesis has it all. A run first sends what has no mark, with the numbers it had, which the engine drops if it
had come through; so there must be one writer at a time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final

import msgspec

from surveillance.adapters.objects import Objects
from surveillance.collection.verdict import CollectionError
from surveillance.lanes import explicit_hash_key, lane_of
from surveillance.wire import encode_row

PLACE: Final = "news_events"
EVENTS_PER_RECORD: Final = 400
BYTES_PER_RECORD: Final = 100_000
ATTEMPTS: Final = 8
SECOND_NS: Final = 1_000_000_000
FRESH_NS: Final = 48 * 3600 * SECOND_NS
"""Older news belong to history, not to what is watched now."""


class NewsStream:
    """Sends the news of one source. `clock_ns` is the wall clock; `sleep` waits seconds between attempts."""

    def __init__(
        self,
        objects: Objects,
        kinesis: Any,
        stream: str,
        lanes: int,
        source: str,
        clock_ns: Callable[[], int],
        sleep: Callable[[float], None],
    ) -> None:
        self._objects, self._kinesis, self._stream, self._lanes = objects, kinesis, stream, lanes
        self._producer = f"news/{source}"
        self._clock_ns, self._sleep = clock_ns, sleep
        self._lock = Lock()

    def send(self, events: Iterable[Mapping[str, Any]]) -> int:
        """Send the news not yet sent, oldest first; give how many. Raises `CollectionError` if Kinesis refuses."""
        with self._lock:
            self._send_waiting()
            now = self._clock_ns()
            fresh = sorted(
                (event for event in events if event["ts"] >= now - FRESH_NS),
                key=lambda each: (each["ts"], each["symbol"]),
            )
            by_day: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
            for event in fresh:
                by_day[_day(event["ts"])].append(event)
            sent = 0
            for day in sorted(by_day):
                stamped = self._stamped(day)
                new = _once_each(by_day[day], stamped)
                if new:
                    self._write(day, new, now)
                    sent += len(new)
            self._send_waiting()
            return sent

    def _stamped(self, day: str) -> set[tuple[str, str]]:
        """Give what of a day has a number already."""
        names = (name for name in self._objects.names(f"{PLACE}/{day}/") if name.endswith(".ndjson"))
        lines = (line for name in names for line in (self._objects.read(name) or b"").splitlines())
        rows = (msgspec.json.decode(line) for line in lines)
        return {(row["news_id"], row["symbol"]) for row in rows}

    def _write(self, day: str, events: list[Mapping[str, Any]], now: int) -> None:
        first = max(now, self._next_number())
        rows = (
            {**event, "received_ts": now, "producer": self._producer, "number": first + place}
            for place, event in enumerate(events)
        )
        self._objects.write(f"{PLACE}/{day}/{first:020d}.ndjson", b"".join(encode_row(row) + b"\n" for row in rows))

    def _next_number(self) -> int:
        """Give a number above all that were given."""
        files = [name for name in self._objects.names(f"{PLACE}/") if name.endswith(".ndjson")]
        last = max(files, key=_number, default=None)
        return _number(last) + len((self._objects.read(last) or b"").splitlines()) if last else 0

    def _send_waiting(self) -> None:
        names = set(self._objects.names(f"{PLACE}/"))
        files = sorted((name for name in names if name.endswith(".ndjson")), key=_number)
        for name in files:
            mark = f"{name.removesuffix('.ndjson')}.sent"
            if mark not in names:
                self._put((self._objects.read(name) or b"").splitlines(keepends=True))
                self._objects.write(mark, b"")

    def _put(self, lines: list[bytes]) -> None:
        """Put lines in order: one record a lane in each call, the next one of a lane only after the one before."""
        waiting: dict[int, list[bytes]] = defaultdict(list)
        for line in lines:
            waiting[lane_of(msgspec.json.decode(line)["symbol"], self._lanes)].append(line)
        attempts = 0
        while waiting:
            lanes = sorted(waiting)
            counts = [_room(waiting[lane]) for lane in lanes]
            records = [
                {
                    "Data": b"".join(waiting[lane][:count]),
                    "PartitionKey": str(lane),
                    "ExplicitHashKey": explicit_hash_key(lane, self._lanes),
                }
                for lane, count in zip(lanes, counts, strict=True)
            ]
            answer = self._kinesis.put_records(StreamName=self._stream, Records=records)
            for lane, count, result in zip(lanes, counts, answer["Records"], strict=True):
                if "ErrorCode" not in result:
                    waiting[lane] = waiting[lane][count:]
                    if not waiting[lane]:
                        del waiting[lane]
            attempts = attempts + 1 if answer["FailedRecordCount"] else 0
            if attempts == ATTEMPTS:
                raise CollectionError(f"Kinesis did not take news in {ATTEMPTS} attempts; they wait for the next run.")
            if attempts:
                self._sleep(0.1 * 2**attempts)


def _room(lines: list[bytes]) -> int:
    """Give how many lines fit the next record, at least one."""
    size = 0
    for count, line in enumerate(lines[:EVENTS_PER_RECORD]):
        size += len(line)
        if size > BYTES_PER_RECORD and count:
            return count
    return min(len(lines), EVENTS_PER_RECORD)


def _once_each(events: list[Mapping[str, Any]], stamped: set[tuple[str, str]]) -> list[Mapping[str, Any]]:
    new, seen = [], set(stamped)
    for event in events:
        name = (event["news_id"], event["symbol"])
        if name not in seen:
            seen.add(name)
            new.append(event)
    return new


def _number(name: str) -> int:
    return int(name.rpartition("/")[2].removesuffix(".ndjson"))


def _day(ts: int) -> str:
    return datetime.fromtimestamp(ts // SECOND_NS, UTC).date().isoformat()

"""What waits to be put: a lane's open record, its closed ones in order, then the spill. One a lane is in flight.

No I/O but the spill's; time is handed in. `ready` gives what to put next, `confirm` and `fail` say what came of it.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ingester.backoff import delays
from ingester.counts import Counts
from ingester.record import Builder, Chunk, Record
from ingester.spill import Spill

RECORDS_PER_PUT = 500
BYTES_PER_PUT = 4_500_000
"""Kinesis takes 5 MB a call, keys included."""


@dataclass
class _Lane:
    builder: Builder
    queue: deque[Record] = field(default_factory=deque)
    in_flight: Record | None = None
    head_on_disk: bool = False
    waits: Iterator[float] | None = None
    starts: dict[str, deque[int]] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        return self.in_flight is not None or bool(self.queue)


class Outbox:
    """The ordered, bounded way from stamped lines to confirmed records."""

    def __init__(
        self,
        lanes: int,
        spill: Spill,
        counts: Counts,
        queue_bytes: int,
        flush_seconds: float,
        backoff: Callable[[], Iterator[float]] | None = None,
    ) -> None:
        self._lanes = [_Lane(Builder(lane)) for lane in range(lanes)]
        self._spill = spill
        self._counts = counts
        self._limit = queue_bytes
        self._flush_seconds = flush_seconds
        chance = random.Random()  # noqa: S311 - jitter
        self._backoff = backoff or (lambda: delays(0.05, 2, 5, chance))
        self.bytes = 0
        self.held = False
        """While true nothing is given out: a raised base must be saved before its first event is put."""

    @property
    def room(self) -> bool:
        """Say whether more may be read from the feed."""
        if len(self._spill):
            return not self._spill.full
        return self.bytes < self._limit or not self._spill.full

    @property
    def empty(self) -> bool:
        """Say whether everything was confirmed."""
        return not len(self._spill) and all(
            not lane.builder and not lane.queue and lane.in_flight is None for lane in self._lanes
        )

    @property
    def waiting(self) -> int:
        """Records closed and not confirmed."""
        return len(self._spill) + sum(len(lane.queue) - lane.head_on_disk for lane in self._lanes)

    def add(self, lane: int, chunk: Chunk, now: float) -> None:
        """Append stamped lines to a lane."""
        for record in self._lanes[lane].builder.add(chunk, now):
            self._close(self._lanes[lane], record)

    def flush(self, now: float, everything: bool = False) -> None:
        """Close all open records as soon as one is old enough; a lane that has records waiting goes on filling.

        All together, because what comes together is worked on together: a call and a batch cost more than a record.
        """
        open_lanes = [lane for lane in self._lanes if lane.builder and (everything or not lane.busy)]
        if everything or any(now - lane.builder.opened >= self._flush_seconds for lane in open_lanes):
            for lane in open_lanes:
                self._close(lane, lane.builder.close())

    def ready(self, now: float) -> list[Record]:
        """Give at most one record a lane for one PutRecords call; they are in flight until confirmed or failed."""
        if self.held:
            return []
        chosen: list[Record] = []
        size = 0
        for number, lane in enumerate(self._lanes):
            if lane.in_flight is not None:
                continue
            record = self._head(number, lane)
            if record is None or record.not_before > now:
                continue
            if len(chosen) == RECORDS_PER_PUT or (chosen and size + len(record.data) > BYTES_PER_PUT):
                break
            lane.in_flight = record
            size += len(record.data) + 256
            chosen.append(record)
        return chosen

    def next_due(self, now: float) -> float | None:
        """Give the seconds until a failed record may be tried again, None if none waits for that."""
        times = [lane.queue[0].not_before - now for lane in self._lanes if lane.queue and lane.in_flight is None]
        late = [wait for wait in times if wait > 0]
        return min(late) if late else None

    def confirm(self, record: Record) -> None:
        """Take note that Kinesis has a record."""
        lane = self._lanes[record.lane]
        lane.in_flight, lane.waits = None, None
        if lane.head_on_disk:
            lane.head_on_disk = False
            self._spill.drop(record.lane)
        lane.queue.popleft()
        self.bytes -= len(record.data)
        if not record.recovered:
            for channel in record.starts:
                lane.starts[channel].popleft()
        self._counts.put(record)

    def fail(self, record: Record, now: float) -> None:
        """Take note that Kinesis may not have a record: the same bytes go again, after a while."""
        lane = self._lanes[record.lane]
        if lane.waits is None:
            lane.waits = self._backoff()
        record.attempts += 1
        record.not_before = now + next(lane.waits)
        lane.in_flight = None
        self._counts.retried += 1

    def pending_from(self, channel: str) -> int | None:
        """Give the lowest number of a channel that is not confirmed, None if all are."""
        lowest: list[int] = []
        for lane in self._lanes:
            if lane.starts.get(channel):
                lowest.append(lane.starts[channel][0])
            elif channel in lane.builder.starts:
                lowest.append(lane.builder.starts[channel])
        return min(lowest) if lowest else None

    def save(self) -> int:
        """Write everything unconfirmed to disk; give the number of records that are there now."""
        self.flush(0, everything=True)
        for lane in self._lanes:
            self._move_to_disk(lane)
        return len(self._spill)

    def _close(self, lane: _Lane, record: Record) -> None:
        for channel, seq in record.starts.items():
            lane.starts.setdefault(channel, deque()).append(seq)
        if self._spill.holds(record.lane):
            self._spill.append(record)
            self._counts.spill(record)
            return
        lane.queue.append(record)
        self.bytes += len(record.data)
        if self.bytes > self._limit and not self._spill.full:
            self._move_to_disk(lane)

    def _move_to_disk(self, lane: _Lane) -> None:
        """Write a lane's whole queue to disk, the head too.

        What a killed process leaves must begin at the first unconfirmed record: were an older one lost with the memory
        and read again later, its number would lie below those sent before it, and the engine would drop it.
        """
        if lane.head_on_disk:
            return
        for record in lane.queue:
            self._spill.append(record)
            self._counts.spill(record)
        keep = 1 if lane.in_flight is not None else 0
        lane.head_on_disk = bool(keep)
        while len(lane.queue) > keep:
            self.bytes -= len(lane.queue.pop().data)

    def _head(self, number: int, lane: _Lane) -> Record | None:
        if not lane.queue and self._spill.holds(number):
            record = self._spill.head(number)
            lane.queue.append(record)
            lane.head_on_disk = True
            self.bytes += len(record.data)
        return lane.queue[0] if lane.queue else None

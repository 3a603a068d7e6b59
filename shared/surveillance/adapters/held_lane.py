"""One lane as one process holds it: its state, where that state stands, and what is not yet durable.

The order of writes is the whole point (docs/decisions/0020): lane log, then checkpoint, then alerts. Nothing an attempt
computed is seen before its checkpoint took; what a checkpoint promised and its writer did not live to store is computed
again, from the log, by whoever takes the lane over.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from enum import IntEnum
from itertools import takewhile
from typing import Any, Final, Protocol

import msgspec
import pyarrow as pa

from surveillance.adapters.checkpoints import Checkpoint, CheckpointTable, Segment, Trial
from surveillance.adapters.kinesis_records import Record
from surveillance.adapters.lane_feed import EngineError, Fed, LaneFeed
from surveillance.adapters.lane_log import Chapter, LaneLog, Spread, after
from surveillance.adapters.quarantine import Quarantine, Refused
from surveillance.adapters.snapshots import Snapshot, SnapshotStore
from surveillance.alerts import Alert
from surveillance.errors import LaneConflictError, StateError, SurveillanceError

CHECKS_AFTER_CONFLICT: Final = 32
"""A lane that others hold too is looked up before so many batches: to learn it by a lost condition costs a reload."""


class AlertStore(Protocol):
    """Where alerts go; a revision the store has, or has a higher one of, changes nothing."""

    def write(self, alert: Alert) -> None: ...


class MetricSink(Protocol):
    """Where rows of live metrics go; a row that comes again changes nothing."""

    def write(self, tables: Sequence[pa.Table]) -> None: ...


class Settings(msgspec.Struct, frozen=True):
    """How often a log is bound and a state saved, how far back a rebuild reads, how often a record may kill."""

    segments_a_chapter: int = 32
    versions_a_snapshot: int = 256
    rebuild_days: int = 2
    trials: int = 3


class Stores(msgspec.Struct, frozen=True):
    """All that a lane's holder writes to."""

    checkpoints: CheckpointTable
    log: LaneLog
    snapshots: SnapshotStore
    quarantine: Quarantine
    alerts: AlertStore
    metrics: MetricSink
    evidence_uri: Callable[[int, str], str]
    spread: Spread = map


class UnfinishedRebuildError(SurveillanceError):
    """Time ran out while state was rebuilt; a snapshot of the part done is stored, the next attempt goes on from it."""


class Prepared(msgspec.Struct):
    """Records fed but not committed."""

    stream: str
    sequence_number: int
    date: str
    fed: Fed = msgspec.field(default_factory=Fed)

    @property
    def lines(self) -> bytes:
        """Give what the lane log must hold of it."""
        return b"".join(self.fed.lines)


class Pending(msgspec.Struct):
    """What the log up to `position` led to and is not stored yet."""

    position: int = 0
    date: str = ""
    alerts: dict[str, Alert] = {}
    metrics: list[pa.Table] = []
    refused: list[Refused] = []

    @property
    def is_stored(self) -> bool:
        """Say whether nothing is left to store."""
        return not (self.alerts or self.metrics or self.refused)


class Caution(IntEnum):
    """How a record is begun: a process that dies of one leaves no other trace than a mark set before."""

    NONE = 0
    MARK = 1
    ONE_BY_ONE = 2


class HeldLane:
    """A lane in this process. Any exception but `EngineError` from a method means: not done, try again."""

    def __init__(
        self, lane: int, feed: LaneFeed, stores: Stores, settings: Settings, attempt: Callable[[], str]
    ) -> None:
        self.checkpoint = Checkpoint(lane)
        self.prepared: Prepared | None = None
        self._engine = feed.engine
        self._feed = feed
        self._stores = stores
        self._settings = settings
        self._attempt = attempt
        self._state: Any = None
        self._pending = Pending()
        self._tail: dict[Segment, bytes] = {}
        self._token = ""
        self._unsure = True
        self._checks = 0
        self._caution = Caution.NONE
        self._isolate = False
        self._condemned: int | None = None
        self._snapshot_version = 0
        self._snapshot_wanted = False

    # Taking over.

    @property
    def needs_checkpoint(self) -> bool:
        """Say whether the checkpoint must be read before the lane is used; else a lost condition will tell."""
        return self._state is None or self._unsure or self._checks > 0

    @property
    def is_sure(self) -> bool:
        """Say whether the state is loaded and the checkpoint known."""
        return self._state is not None and not self._unsure

    def drop(self) -> None:
        """Forget the state; the next use loads it."""
        self._state = None
        self.prepared = None
        self._pending = Pending()

    def settle(self, found: Checkpoint | None, seconds_left: Callable[[], float]) -> None:
        """Bring the state to the checkpoint as read (None: memory is trusted) and store what that promised."""
        self.flush()
        if found is None:
            return
        self._checks = max(0, self._checks - 1)
        self._agree(found)
        if self._state is None:
            self._load(found, seconds_left)
        elif found.position > self.checkpoint.position:
            self._checks = CHECKS_AFTER_CONFLICT
            self._read_on(found, self.checkpoint.position, self.checkpoint.date, seconds_left)
        self.checkpoint = found
        self._snapshot_version = max(self._snapshot_version, found.snapshot_version)
        self._tail = {part: lines for part, lines in self._tail.items() if part in found.tail}
        self._unsure = False
        self.flush()

    def _agree(self, found: Checkpoint) -> None:
        """Keep what is in memory only where `found` continues it."""
        if self._state is None or found.version == self.checkpoint.version:
            return
        if self.prepared is None:
            if found.position < self.checkpoint.position:
                self.drop()
        elif found.version == self.checkpoint.version + 1 and found.writer == self._token:
            self._committed(found)
        else:
            self.drop()

    def _load(self, found: Checkpoint, seconds_left: Callable[[], float]) -> None:
        self._caution = Caution.ONE_BY_ONE if found.trial else Caution.MARK
        position, from_date = self._restore(found)
        self._read_on(found, position, from_date, seconds_left)

    def _restore(self, found: Checkpoint) -> tuple[int, str]:
        """Start from the snapshot, else from the first line of the days a state can still speak of."""
        snapshot = self._stores.snapshots.read(found.lane, self._engine.digest)
        if snapshot is not None and snapshot.position <= found.position:
            try:
                self._state = self._engine.load(snapshot.state)
            except StateError:
                pass
            else:
                return snapshot.position, snapshot.date
        self._snapshot_wanted = found.position > 0
        from_date = self._first_date(found)
        chapters = self._stores.log.chapters(found.lane, from_date) if found.chaptered else []
        self._state = self._engine.new_state(found.lane)
        return min((chapter.first for chapter in chapters), default=found.chaptered), from_date

    def _first_date(self, found: Checkpoint) -> str:
        if not found.date:
            return ""
        return (date.fromisoformat(found.date) - timedelta(days=self._settings.rebuild_days - 1)).isoformat()

    def _read_on(self, found: Checkpoint, position: int, from_date: str, seconds_left: Callable[[], float]) -> None:
        """Feed the log from `position` on. Alerts of lines that the checkpoint calls alerted are stored already."""
        try:
            for start, piece in self._stores.log.lines(found, position, from_date):
                lines = after(piece, min(max(found.alerted - start, 0), piece.count(b"\n")))
                self._feed_again(start, piece[: len(piece) - len(lines)])
                if not lines and seconds_left() < 0:
                    reached = start + piece.count(b"\n")
                    self._save(Snapshot(reached, from_date, self._engine.save(self._state)))
                    raise UnfinishedRebuildError(f"lane {found.lane} is rebuilt to {reached} of {found.position}")
                promised = self._feed_again(found.alerted, lines)
                self._pending.alerts |= promised.alerts
                self._pending.metrics += promised.metrics
                self._pending.refused += promised.refused
        except BaseException:
            self.drop()
            raise
        self._pending.position, self._pending.date = found.position, found.date

    def _feed_again(self, start: int, lines: bytes) -> Fed:
        if not lines:
            return Fed()
        if not self._isolate:
            return self._fed(lines)
        self._state, fed, poison = self._feed.feed_without_poison(self._state, lines)
        for number, refused in poison.items():
            self._stores.quarantine.poison(self.checkpoint.lane, "log", start, number, refused)
        return fed

    def _fed(self, lines: bytes) -> Fed:
        try:
            return self._feed.feed(self._state, lines)
        except EngineError:
            self._isolate = True
            self.drop()
            raise

    # One batch.

    def holds(self, record: Record) -> bool:
        """Say whether a record has been consumed, or is prepared."""
        prepared = self.prepared
        if prepared is not None and prepared.stream == record.stream:
            return record.sequence_number <= prepared.sequence_number
        return self.checkpoint.holds(record.stream, record.sequence_number)

    def prepare(self, records: Sequence[Record]) -> None:
        """Feed the first of `records`: those of one arrival date, or one alone where one may be poisonous.

        Raises `EngineError` if the engine raised; after that the lane must be settled again.
        """
        first = records[0]
        on = max(self.prepared.date if self.prepared else self.checkpoint.date, first.arrival_date)
        if self.prepared is not None and on != self.prepared.date:
            return
        if self._is_condemned(first):
            self._give_up(first, on)
        elif self._isolate:
            self._take_without_poison(first, on)
        elif self._caution is Caution.ONE_BY_ONE:
            self._mark(first)
            self._take(records[:1], on)
        else:
            if self._caution is Caution.MARK:
                self._mark(first)
                self._caution = Caution.NONE
            self._take(list(takewhile(lambda record: record.arrival_date <= on, records)), on)

    def rest(self) -> None:
        """End a batch: all its records are consumed."""
        self._caution = Caution.NONE
        self._isolate = False
        self._condemned = None

    def _is_condemned(self, record: Record) -> bool:
        trial = self.checkpoint.trial
        if (
            trial is not None
            and trial.sequence_number == record.sequence_number
            and trial.count >= self._settings.trials
        ):
            return True
        return self._condemned == record.sequence_number

    def _mark(self, record: Record) -> None:
        """Note in the checkpoint that a record is begun, so that its deaths are counted."""
        old = self.checkpoint
        again = old.trial is not None and old.trial.sequence_number == record.sequence_number
        trial = Trial(record.sequence_number, old.trial.count + 1 if again and old.trial else 1)
        self._advance(msgspec.structs.replace(old, version=old.version + 1, alerted=old.position, trial=trial))

    def _take(self, records: Sequence[Record], on: str) -> None:
        data = b"".join(one.data if one.data.endswith(b"\n") else one.data + b"\n" for one in records)
        self._add(records[-1], on, self._fed(data), len(records))

    def _take_without_poison(self, record: Record, on: str) -> None:
        try:
            state, fed, poison = self._feed.feed_without_poison(self._state, record.data)
        except EngineError:
            self._condemned = record.sequence_number
            self.drop()
            raise
        for number, refused in poison.items():
            self._stores.quarantine.poison(
                self.checkpoint.lane, record.arrival_date, record.sequence_number, number, refused
            )
        self._state = state
        self._add(record, on, fed, 1, len(poison))

    def _give_up(self, record: Record, on: str) -> None:
        self._stores.quarantine.record(
            self.checkpoint.lane, record.arrival_date, record.sequence_number, "record_failed", record.data
        )
        self._add(record, on, Fed(), 1, sum(1 for line in record.data.split(b"\n") if line.strip()))

    def _add(self, last: Record, on: str, fed: Fed, records: int, quarantined: int = 0) -> None:
        if self.prepared is None:
            self.prepared = Prepared(last.stream, last.sequence_number, on)
        self.prepared.stream, self.prepared.sequence_number = last.stream, last.sequence_number
        self.prepared.fed.add(fed)
        self.prepared.fed.counts.update({"records": records, "lines": quarantined, "quarantined": quarantined})

    def part(self) -> tuple[int, int, bytes] | None:
        """Give what the lane log must hold before `commit`: first and last position, and lines."""
        if self.prepared is None or not self.prepared.fed.line_count:
            return None
        first = self.checkpoint.position
        return first, first + self.prepared.fed.line_count, self.prepared.lines

    def commit(self, segment: Segment | None) -> Counter[str]:
        """Advance the checkpoint over what is prepared; raises `LaneConflictError` if another process did."""
        assert self.prepared is not None  # noqa: S101
        prepared, old = self.prepared, self.checkpoint
        on = prepared.date if segment else old.date
        tail, chaptered = old.tail, old.chaptered
        if tail and (len(tail) >= self._settings.segments_a_chapter or on != old.date):
            self._bind(old)
            tail, chaptered = (), old.position
        counts = Counter(old.counts)
        counts.update(prepared.fed.counts)
        if segment:
            self._tail[segment] = prepared.lines
        self._advance(
            Checkpoint(
                lane=old.lane,
                version=old.version + 1,
                position=segment.last if segment else old.position,
                alerted=old.position,
                chaptered=chaptered,
                tail=(*tail, segment) if segment else tail,
                stream=prepared.stream,
                sequence_number=prepared.sequence_number,
                date=on,
                digest=self._engine.digest,
                snapshot_version=self._snapshot_version,
                counts=dict(counts),
            )
        )
        return prepared.fed.counts

    def _bind(self, old: Checkpoint) -> None:
        missing = [part for part in old.tail if part not in self._tail]
        self._tail.update(zip(missing, self._stores.log.read(missing), strict=True))
        lines = b"".join(self._tail[part] for part in old.tail)
        self._stores.log.bind(Chapter(old.lane, old.date, old.chaptered, old.position), lines)

    def _advance(self, new: Checkpoint) -> None:
        self._token = self._attempt()
        self._unsure = True
        signed = msgspec.structs.replace(new, writer=self._token)
        try:
            self._stores.checkpoints.advance(self.checkpoint, signed)
        except LaneConflictError:
            self._checks = CHECKS_AFTER_CONFLICT
            raise
        self._committed(signed)
        self._unsure = False

    def _committed(self, new: Checkpoint) -> None:
        if self.prepared is not None and new.trial is None:
            fed = self.prepared.fed
            self._pending = Pending(new.position, new.date, fed.alerts, fed.metrics, fed.refused)
            self.prepared = None
        self.checkpoint = new
        self._tail = {part: lines for part, lines in self._tail.items() if part in new.tail}

    def flush(self) -> int:
        """Store the alerts, metrics and refused lines that the committed log led to; give the number of alerts."""
        pending = self._pending
        if pending.refused:
            self._stores.quarantine.rejected(self.checkpoint.lane, pending.date, pending.position, pending.refused)
            pending.refused = []
        uri = self._stores.evidence_uri(self.checkpoint.lane, pending.date)
        written = [msgspec.structs.replace(alert, evidence_uri=uri) for alert in pending.alerts.values()]
        list(self._stores.spread(self._stores.alerts.write, written))
        pending.alerts = {}
        if pending.metrics:
            self._stores.metrics.write(pending.metrics)
            pending.metrics = []
        return len(written)

    # Snapshots.

    def snapshot_is_due(self, behind: bool) -> bool:
        """Say whether it is time to save the state; a process that is behind puts it off, but not for ever."""
        if not self.is_sure or self.prepared is not None or not self._pending.is_stored:
            return False
        wait = self._settings.versions_a_snapshot * (4 if behind else 1)
        return self._snapshot_wanted or self.checkpoint.version - self._snapshot_version >= wait

    def take_snapshot(self) -> None:
        """Save the state; all that the log so far led to must be stored."""
        self._save(Snapshot(self.checkpoint.position, self.checkpoint.date, self._engine.save(self._state)))
        self._snapshot_version = self.checkpoint.version
        self._snapshot_wanted = False

    def _save(self, snapshot: Snapshot) -> None:
        self._stores.snapshots.write(self.checkpoint.lane, self._engine.digest, snapshot)

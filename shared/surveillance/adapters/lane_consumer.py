"""The exactly-once consumer: a batch of Kinesis records in, each lane of it brought forward by its records."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from surveillance.adapters.held_lane import HeldLane, Settings, Stores
from surveillance.adapters.kinesis_records import Record
from surveillance.adapters.lane_feed import EngineError, LaneFeed
from surveillance.adapters.lane_log import Spread
from surveillance.errors import LaneConflictError

BEHIND_MS: Final = 2_000
ROUNDS_WITHOUT_PROGRESS: Final = 12

T = TypeVar("T")


class Report(msgspec.Struct):
    """What a batch came to. `failed` is the sequence number to deliver again from, None if all is done."""

    failed: int | None = None
    errors: list[str] = []
    warnings: list[str] = []
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    alerts: int = 0
    redelivered: int = 0
    snapshots: int = 0

    @property
    def failed_records(self) -> list[int]:
        """Give the record to deliver again from, or none."""
        return [] if self.failed is None else [self.failed]

    def measures(self) -> dict[str, int]:
        """Give the counts worth a metric."""
        counted = {"".join(part.title() for part in name.split("_")): value for name, value in self.counts.items()}
        return counted | {"Alerts": self.alerts, "Redelivered": self.redelivered, "FailedLanes": len(self.errors)}

    def fail(self, sequence_number: int) -> None:
        """Ask for the batch again from this record on, or from an earlier one."""
        self.failed = sequence_number if self.failed is None else min(self.failed, sequence_number)


class _Batch(msgspec.Struct):
    report: Report
    waiting: dict[int, list[Record]]
    seconds_left: Callable[[], float]
    idle_rounds: int = 0


class LaneConsumer:
    """Holds the lanes of one process. `clock_ms` is the wall clock; `spread` may run the lanes' calls abreast."""

    def __init__(
        self,
        feed: LaneFeed,
        stores: Stores,
        lanes: int,
        attempt: Callable[[], str],
        clock_ms: Callable[[], float],
        settings: Settings | None = None,
        spread: Spread = map,
    ) -> None:
        self._stores = stores
        self._lanes = lanes
        self._clock_ms = clock_ms
        self._spread = spread
        self._held = {lane: HeldLane(lane, feed, stores, settings or Settings(), attempt) for lane in range(lanes)}

    def process(self, records: Sequence[Record], seconds_left: Callable[[], float] = lambda: 900.0) -> Report:
        """Consume a batch of one shard's records, in order. Storage failures are in the report, not raised."""
        batch = _Batch(Report(), {}, seconds_left)
        for record in records:
            lane = record.lane(self._lanes)
            if lane is None:
                self._turn_away(record, batch)
            else:
                batch.waiting.setdefault(lane, []).append(record)
        while batch.waiting:
            before = self._progress(batch)
            self._round(batch)
            batch.idle_rounds = batch.idle_rounds + 1 if self._progress(batch) == before else 0
            if batch.idle_rounds > ROUNDS_WITHOUT_PROGRESS:
                for lane in list(batch.waiting):
                    self._fail(batch, lane, LaneConflictError(f"lane {lane} is contended"))
        if records and batch.report.failed is None:
            consumed = batch.report.counts["records"] + batch.report.counts["foreign_records"]
            batch.report.redelivered = len(records) - consumed
            self._save_states(batch.report, records[-1])
        return batch.report

    def _progress(self, batch: "_Batch") -> Any:
        return [(lane, self._held[lane].checkpoint.sequence_number) for lane in batch.waiting]

    def _round(self, batch: "_Batch") -> None:
        """Bring each waiting lane one step forward; lanes that are done or failed stop waiting."""
        self._settle(batch)
        ready = [lane for lane in list(batch.waiting) if self._prepare(batch, lane)]
        segments = self._append(batch, ready)

        def finish(lane: int) -> tuple[Counter[str], int]:
            held = self._held[lane]
            return held.commit(segments.get(lane)), held.flush()

        for lane, result in self._each(finish, [lane for lane in ready if lane in batch.waiting]):
            if isinstance(result, LaneConflictError):
                continue
            if isinstance(result, Exception):
                self._fail(batch, lane, result)
                continue
            counts, alerts = result
            batch.report.counts.update(counts)
            batch.report.alerts += alerts
            if self._held[lane].holds(batch.waiting[lane][-1]):
                self._end(batch, lane)

    def _settle(self, batch: "_Batch") -> None:
        unknown = [lane for lane in batch.waiting if self._held[lane].needs_checkpoint]
        found = {}
        if unknown:
            try:
                found = self._stores.checkpoints.read(unknown)
            except Exception as error:
                for lane in unknown:
                    self._fail(batch, lane, error)

        def settle(lane: int) -> None:
            self._held[lane].settle(found.get(lane), batch.seconds_left)

        for lane, result in self._each(settle, list(batch.waiting)):
            if isinstance(result, EngineError):
                batch.report.warnings.append(f"lane {lane}: the log: {result}")
            elif isinstance(result, Exception):
                self._fail(batch, lane, result)

    def _prepare(self, batch: "_Batch", lane: int) -> bool:
        """Say whether the lane has something to commit."""
        held = self._held[lane]
        if not held.is_sure:
            return False
        todo = [record for record in batch.waiting[lane] if not held.holds(record)]
        if not todo and held.prepared is None:
            self._end(batch, lane)
            return False
        try:
            if todo:
                held.prepare(todo)
        except EngineError as failure:
            batch.report.warnings.append(f"lane {lane}: {failure}")
            return False
        except LaneConflictError:
            return False
        except Exception as error:
            self._fail(batch, lane, error)
            return False
        return held.prepared is not None

    def _end(self, batch: "_Batch", lane: int) -> None:
        self._held[lane].rest()
        del batch.waiting[lane]

    def _append(self, batch: "_Batch", ready: list[int]) -> dict[int, Any]:
        """Make what is prepared durable: one object for all lanes of an arrival date."""
        by_date: dict[str, dict[int, tuple[int, int, bytes]]] = {}
        for lane in ready:
            part, prepared = self._held[lane].part(), self._held[lane].prepared
            if part is not None and prepared is not None:
                by_date.setdefault(prepared.date, {})[lane] = part
        segments: dict[int, Any] = {}
        for on, parts in by_date.items():
            try:
                segments |= self._stores.log.append(on, parts)
            except Exception as error:
                for lane in parts:
                    self._fail(batch, lane, error)
        return segments

    def _turn_away(self, record: Record, batch: "_Batch") -> None:
        try:
            self._stores.quarantine.record(None, record.arrival_date, record.sequence_number, "not_a_lane", record.data)
        except Exception as error:
            batch.report.errors.append(f"{type(error).__name__}: {error}")
            batch.report.fail(record.sequence_number)
        else:
            batch.report.counts["foreign_records"] += 1

    def _fail(self, batch: "_Batch", lane: int, error: Exception) -> None:
        records = batch.waiting.pop(lane, None)
        if records is None:
            return
        checkpoint = self._held[lane].checkpoint
        lost = [one.sequence_number for one in records if not checkpoint.holds(one.stream, one.sequence_number)]
        batch.report.fail(min(lost, default=records[-1].sequence_number))
        batch.report.errors.append(f"lane {lane}: {type(error).__name__}: {error}")

    def _save_states(self, report: Report, newest: Record) -> None:
        """Save at most one state a batch, so that no batch waits for all of them."""
        behind = self._clock_ms() - newest.arrival_ms > BEHIND_MS
        due = [held for held in self._held.values() if held.snapshot_is_due(behind)]
        for held in due[:1]:
            try:
                held.take_snapshot()
                report.snapshots += 1
            except Exception as error:
                report.warnings.append(f"snapshot: {type(error).__name__}: {error}")

    def _each(self, call: Callable[[int], T], lanes: Iterable[int]) -> Iterable[tuple[int, T | Exception]]:
        """Run a call for every lane; what it raised stands in place of its result."""

        def attempt(lane: int) -> tuple[int, T | Exception]:
            try:
                return lane, call(lane)
            except Exception as error:
                return lane, error

        return list(self._spread(attempt, lanes))

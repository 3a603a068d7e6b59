"""The semantics of one event source mapping: batches in order per shard, retries, and where a hopeless batch goes.

Source: AWS Lambda Developer Guide, "Process Kinesis Data Streams records", "Configuring partial batch response".
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from local.kinesis_reads import ExpiredIteratorError, MissingShardError
from local.poller.sources import Record, Shard, Source
from local.poller.workers import MAXIMUM_PAYLOAD_BYTES, InvocationError
from local.positions import Positions

IDLE_POLL_S = 0.1
SHARD_LIST_S = 5.0
RETRY_FIRST_S = 0.1
RETRY_LONGEST_S = 5.0
ENVELOPE_BYTES = 600


class MappingSettings(msgspec.Struct, frozen=True):
    """An event source mapping as deployed. -1 means without limit, as in the API."""

    identifier: str
    function_name: str
    source_arn: str
    batch_size: int = 100
    window_seconds: float = 0.0
    starting_position: str = "TRIM_HORIZON"
    partial_failures: bool = False
    bisect: bool = False
    maximum_retries: int = -1
    maximum_age_seconds: float = -1
    failure_destination: str | None = None
    filters: tuple[str, ...] = ()
    parallelization_factor: int = 1


class Counts(msgspec.Struct):
    """What happened so far. `delivered` counts records handed over and accepted, once each."""

    read: int = 0
    delivered: int = 0
    filtered: int = 0
    batches: int = 0
    invocations: int = 0
    failed_invocations: int = 0
    retried_batches: int = 0
    discarded: int = 0
    lost: int = 0
    last_error: str = ""


class Discarded(msgspec.Struct, frozen=True):
    """A batch given up, on its way to the on-failure destination."""

    settings: MappingSettings
    shard_id: str
    records: list[Record]
    condition: str
    invocations: int
    error: InvocationError | None = None


Invoke = Callable[[dict[str, Any], str], Any]
"""(event, shard id) -> the handler's result; raises InvocationError."""


class BatchRunner:
    """Delivers one batch of one shard until it is accepted or given up; blocking meanwhile keeps the shard's order."""

    def __init__(
        self,
        settings: MappingSettings,
        invoke: Invoke,
        discard: Callable[[Discarded], None],
        counts: Counts,
        stopping: threading.Event,
        retry_first_s: float = RETRY_FIRST_S,
    ) -> None:
        self._settings = settings
        self._invoke = invoke
        self._discard = discard
        self._counts = counts
        self._stopping = stopping
        self._retry_first_s = retry_first_s

    def run(self, shard_id: str, records: list[Record]) -> bool:
        """Give True when the shard may go on behind these records, False when stopped before."""
        self._counts.batches += 1
        pending: list[tuple[list[Record], int]] = [(records, 0)]
        wait_s = self._retry_first_s
        invocations = 0
        while pending:
            batch, tries = pending.pop(0)
            batch = self._drop_too_old(shard_id, batch, invocations)
            if not batch:
                continue
            if self._stopping.is_set():
                return False
            error: InvocationError | None = None
            first_failed: int | None = 0
            self._counts.invocations += 1
            invocations += 1
            try:
                first_failed = self._first_failed(
                    batch, self._invoke({"Records": [record.event for record in batch]}, shard_id)
                )
            except InvocationError as failure:
                if self._stopping.is_set():
                    return False
                error = failure
                self._counts.last_error = str(failure)[:500]
            if first_failed is None:
                self._counts.delivered += len(batch)
                wait_s = self._retry_first_s
                continue
            self._counts.failed_invocations += 1
            self._counts.delivered += first_failed
            rest = batch[first_failed:]
            if first_failed:
                tries = 0
            halves = self._halves(rest, progressed=first_failed > 0)
            if halves is not None:
                pending[:0] = [(half, tries) for half in halves]
            elif 0 <= self._settings.maximum_retries <= tries:
                self._give_up(shard_id, rest, "RetryAttemptsExhausted", invocations, error)
                continue
            else:
                pending.insert(0, (rest, tries + 1))
            self._counts.retried_batches += 1
            self._stopping.wait(wait_s)
            wait_s = min(wait_s * 2, RETRY_LONGEST_S)
        return True

    def _halves(self, rest: list[Record], progressed: bool) -> list[list[Record]] | None:
        """Split a failed batch; a partial answer has cut the batch already at its lowest failed record."""
        if not self._settings.bisect or progressed or len(rest) < 2:
            return None
        middle = len(rest) // 2
        return [rest[:middle], rest[middle:]]

    def _first_failed(self, batch: Sequence[Record], result: Any) -> int | None:
        """Give the place of the lowest failed record, None if none failed; an unclear answer fails the whole batch."""
        if not self._settings.partial_failures or result is None:
            return None
        failures = result.get("batchItemFailures") if isinstance(result, dict) else [result]
        if not failures:
            return None
        places = {record.sequence_number: place for place, record in enumerate(batch)}
        try:
            return min(places[failure["itemIdentifier"]] for failure in failures)
        except (KeyError, TypeError):
            self._counts.last_error = f"not a partial batch response: {str(result)[:200]}"
            return 0

    def _drop_too_old(self, shard_id: str, batch: list[Record], invocations: int) -> list[Record]:
        limit = self._settings.maximum_age_seconds
        if limit < 0:
            return batch
        kept = [record for record in batch if time.time() - record.arrived_at <= limit]
        old = [record for record in batch if time.time() - record.arrived_at > limit]
        if old:
            self._give_up(shard_id, old, "RecordAgeExceeded", invocations, None)
        return kept

    def _give_up(
        self, shard_id: str, records: list[Record], condition: str, invocations: int, error: InvocationError | None
    ) -> None:
        self._counts.discarded += len(records)
        self._discard(Discarded(self._settings, shard_id, records, condition, invocations, error))


class ShardReader:
    """Reads one shard to its end and runs its batches, one at a time."""

    def __init__(
        self,
        source: Source,
        shard: Shard,
        settings: MappingSettings,
        runner: BatchRunner,
        counts: Counts,
        stopping: threading.Event,
        wanted: Callable[[Record], bool] = lambda record: True,
        positions: Positions | None = None,
    ) -> None:
        self._source = source
        self._shard = shard
        self._settings = settings
        self._runner = runner
        self._counts = counts
        self._stopping = stopping
        self._wanted = wanted
        self.caught_up_at = 0.0
        self.behind_seconds = 0.0
        self.ended = False
        self._running = False
        self._positions = positions
        self._after = positions.get(shard.shard_id) if positions is not None else None
        self._position = settings.starting_position
        self._held: list[Record] = []
        self._read_to: str | None = None
        self._iterator: str | None = None

    def run(self) -> None:
        """Read until the shard ends or the poller stops."""
        while not self._stopping.is_set() and (self._held or not self.ended):
            self.step()

    @property
    def finished(self) -> bool:
        """Say whether the shard was closed and everything in it has been delivered or given up."""
        return self.ended and not self._held and not self._running

    def step(self) -> None:
        """Gather one batch and run it, or wait a moment if there is nothing."""
        asked_at, began = time.time(), time.monotonic()
        self._running = True
        try:
            self._step(asked_at, began)
        finally:
            self._running = False

    def _step(self, asked_at: float, began: float) -> None:
        records = self._gather()
        if records:
            self.behind_seconds = time.time() - records[0].arrived_at
            usable = self._usable(records)
            if usable and not self._runner.run(self._shard.shard_id, usable):
                self._held = records + self._held
                return
            self._after = records[-1].sequence_number or self._after
            if self._positions is not None and self._after is not None:
                self._positions.advance({self._shard.shard_id: self._after})
        else:
            self.caught_up_at = asked_at
            self.behind_seconds = 0.0
            pause = IDLE_POLL_S - (time.monotonic() - began)  # a source may have waited itself
            if pause > 0 and not self.ended:
                self._stopping.wait(pause)

    def _usable(self, records: list[Record]) -> list[Record]:
        present = [record for record in records if not record.lost]
        wanted = [record for record in present if self._wanted(record)]
        self._counts.read += len(records)
        self._counts.lost += len(records) - len(present)
        self._counts.filtered += len(present) - len(wanted)
        return wanted

    def _gather(self) -> list[Record]:
        """Read up to the batch size, at least until something came or the window is over."""
        gathered, self._held = self._held, []
        deadline = time.monotonic() + self._settings.window_seconds
        while len(gathered) < self._settings.batch_size and _payload_bytes(gathered) < MAXIMUM_PAYLOAD_BYTES:
            if self.ended or (gathered and time.monotonic() >= deadline):
                break
            records = self._read(self._settings.batch_size - len(gathered))
            gathered += records
            if not records and (not gathered or self._stopping.wait(IDLE_POLL_S)):
                break
        gathered, self._held = _fitting(gathered)
        return gathered

    def _read(self, limit: int) -> list[Record]:
        try:
            if self._iterator is None:
                self._iterator = self._source.iterator(
                    self._shard.shard_id, self._position, self._read_to or self._after
                )
            records, self._iterator = self._source.read(self._shard.shard_id, self._iterator, limit)
        except ExpiredIteratorError:
            self._iterator = None
            return []
        except MissingShardError:
            self.ended = True
            return []
        if records:
            self._read_to = records[-1].sequence_number or self._read_to
        if self._iterator is None:
            self.ended = True
        return records


class Mapping:
    """All shards of one mapping: a reader each, children after their parents."""

    def __init__(
        self,
        source: Source,
        settings: MappingSettings,
        invoke: Invoke,
        discard: Callable[[Discarded], None],
        stopping: threading.Event,
        wanted: Callable[[Record], bool] = lambda record: True,
        retry_first_s: float = RETRY_FIRST_S,
        positions: Positions | None = None,
    ) -> None:
        self.settings = settings
        self._positions = positions
        self.counts = Counts()
        self.readers: dict[str, ShardReader] = {}
        self._source = source
        self._stopping = stopping
        self._wanted = wanted
        self._parts = (invoke, discard, retry_first_s)

    def open_new_shards(self) -> list[ShardReader]:
        """Give readers for the shards whose parents, where still known, have been read to the end."""
        listed = self._source.shards()
        known = {shard.shard_id for shard in listed}
        opened = []
        for shard in listed:
            if shard.shard_id in self.readers:
                continue
            waiting = [p for p in shard.parents if p in known and not (p in self.readers and self.readers[p].finished)]
            if not waiting:
                opened.append(self._open(shard))
        return opened

    def _open(self, shard: Shard) -> ShardReader:
        child = any(parent in self.readers for parent in shard.parents)
        settings = msgspec.structs.replace(self.settings, starting_position="TRIM_HORIZON") if child else self.settings
        invoke, discard, retry_first_s = self._parts
        runner = BatchRunner(settings, invoke, discard, self.counts, self._stopping, retry_first_s)
        reader = ShardReader(
            self._source, shard, settings, runner, self.counts, self._stopping, self._wanted, self._positions
        )
        self.readers[shard.shard_id] = reader
        return reader

    def run(self) -> None:
        """Read all shards, each in a thread, until the poller stops."""
        threads: list[threading.Thread] = []
        while not self._stopping.is_set():
            try:
                opened = self.open_new_shards()
            except Exception as error:
                self.counts.last_error = f"listing shards: {error}"[:500]
                opened = []
            for reader in opened:
                threads.append(threading.Thread(target=self._read, args=(reader,), daemon=True))
                threads[-1].start()
            self._stopping.wait(SHARD_LIST_S)
        for thread in threads:
            thread.join()

    def _read(self, reader: ShardReader) -> None:
        while not self._stopping.is_set() and not reader.finished:
            try:
                reader.run()
            except Exception as error:
                self.counts.last_error = f"reading: {type(error).__name__}: {error}"[:500]
                self._stopping.wait(1.0)

    @property
    def caught_up_at(self) -> float:
        """Give the time before which everything has been read and delivered; 0 if never."""
        return min((r.caught_up_at for r in list(self.readers.values()) if not r.finished), default=0.0)


def _record_bytes(record: Record) -> int:
    data = record.event.get("kinesis", {}).get("data")
    return len(data) + ENVELOPE_BYTES if data is not None else 4 * ENVELOPE_BYTES


def _payload_bytes(records: list[Record]) -> int:
    return sum(_record_bytes(record) for record in records)


def _fitting(records: list[Record]) -> tuple[list[Record], list[Record]]:
    """Cut a batch where it would exceed what one invocation can carry; a single record always goes."""
    size = 0
    for place, record in enumerate(records):
        size += _record_bytes(record)
        if place and size > MAXIMUM_PAYLOAD_BYTES:
            return records[:place], records[place:]
    return records, []

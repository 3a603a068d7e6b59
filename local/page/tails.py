"""What follows the running stack: its events, its alerts, its letters. Each runs in a thread of its own."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from surveillance.adapters.alert_review import AlertReview
from surveillance.adapters.alert_table import alert_of
from surveillance.wire import Decoder

from local.clients import client
from local.kinesis_reads import ExpiredIteratorError, KinesisReads, MissingShardError, Row
from local.outbox import Message
from local.page.alert_list import AlertList
from local.page.board import Board
from local.poller.sources import KinesisShards, Shard, TableSource

POLL_S: Final = 0.4
LOOK_BACK_S: Final = 60.0
READ_LIMIT: Final = 100
READS_AT_ONCE: Final = 20
MOST_LETTERS: Final = 5_000


def follow_events(state: Mapping[str, Any], board: Board, lock: threading.Lock, ended: threading.Event) -> None:
    """Read what is carried, from a minute ago on, into the board, and close its seconds."""
    kinesis = client("kinesis", state["endpoint"])
    name = state["names"]["EVENT_STREAM"]
    reads, decoder = KinesisReads(kinesis), Decoder()
    shards = [shard.shard_id for shard in KinesisShards(kinesis, f"stream/{name}").shards()]
    begun = datetime.fromtimestamp(time.time() - LOOK_BACK_S, UTC)
    iterators = {shard: _event_iterator(kinesis, name, shard, begun) for shard in shards}
    due = 0.0
    while not ended.is_set():
        behind = False
        for shard in shards:
            records, iterators[shard], more = _events(reads, iterators[shard])
            if iterators[shard] is None:
                iterators[shard] = _event_iterator(kinesis, name, shard, datetime.now(UTC))
            behind |= more
            if records:
                table = decoder.decode(b"".join(record.data for record in records)).table
                with lock:
                    board.take(table, _arrivals(records, table.num_rows))
        if not behind and time.monotonic() >= due:
            with lock:
                board.tick()
            due = (due if due > time.monotonic() - 1 else time.monotonic()) + 1
        if not behind:
            ended.wait(min(POLL_S, max(due - time.monotonic(), 0.01)))


def _event_iterator(kinesis: Any, name: str, shard: str, at: datetime) -> str | None:
    answer = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="AT_TIMESTAMP", Timestamp=at)
    iterator: str = answer["ShardIterator"]
    return iterator


def _arrivals(records: Sequence[Row[bytes]], rows: int) -> NDArray[np.int64] | None:
    """Give each row's arrival (ns); None where lines were rejected, so that rows and lines differ."""
    counts = [record.data.count(b"\n") for record in records]
    if sum(counts) != rows:
        return None
    return np.repeat([int(record.approximate_arrival_timestamp * 1e6) * 1_000 for record in records], counts)


def _events(reads: KinesisReads, iterator: str | None) -> tuple[list[Row[bytes]], str | None, bool]:
    """Read on: records, the next iterator (None: open anew), whether there may be more at once."""
    found: list[Row[bytes]] = []
    for _ in range(READS_AT_ONCE):
        if iterator is None:
            break
        try:
            answer = reads.payloads(iterator, READ_LIMIT)
        except (ExpiredIteratorError, MissingShardError):
            return found, None, False
        found += [row for row in answer.records if row.data]
        iterator = answer.next_shard_iterator
        if len(answer.records) < READ_LIMIT:
            return found, iterator, False
    return found, iterator, True


class AlertTail:
    """Follows the alert table: its stream from now on, then all that is in it."""

    def __init__(self, state: Mapping[str, Any], alerts: AlertList, board: Board, lock: threading.Lock) -> None:
        self._endpoint, self._table = state["endpoint"], state["names"]["ALERT_TABLE"]
        self._alerts, self._board, self._lock = alerts, board, lock
        self.delays_ns: list[int] = []
        """How long alerts took from the receipt of their last evidence until they stood here, the newest last."""

    def run(self, ended: threading.Event) -> None:
        """Follow until told to end."""
        dynamodb = client("dynamodb", self._endpoint)
        arn = dynamodb.describe_table(TableName=self._table)["Table"]["LatestStreamArn"]
        source = TableSource(client("dynamodbstreams", self._endpoint), arn)
        iterators = {shard.shard_id: self._open(source, shard) for shard in source.shards()}
        for alert in AlertReview(dynamodb, self._table).every():
            self._alerts.take(alert)
        while not ended.is_set():
            for shard in list(iterators):
                try:
                    records, following = source.read(shard, iterators[shard], READ_LIMIT)
                except ExpiredIteratorError:
                    iterators[shard] = source.iterator(shard, "TRIM_HORIZON")
                    continue
                for record in records:
                    self._take(record.event["dynamodb"].get("NewImage"))
                if following is None:
                    del iterators[shard]
                else:
                    iterators[shard] = following
            if not iterators:
                iterators = {shard.shard_id: self._open(source, shard) for shard in source.shards()}
                ended.wait(POLL_S)

    @staticmethod
    def _open(source: TableSource, shard: Shard) -> str:
        return source.iterator(shard.shard_id, "LATEST")

    def _take(self, image: Mapping[str, Any] | None) -> None:
        if not image:
            return
        alert = alert_of(image)
        new = self._alerts.take(alert)
        if not new:
            return
        with self._lock:
            received = self._board.received(alert.symbol, alert.detected_ts)
        if received is not None:
            self.delays_ns = [*self.delays_ns[-999:], time.time_ns() - received]


class Letter(msgspec.Struct, frozen=True):
    """A message of the outbox and its place in it."""

    number: int
    message: Message


class Letters:
    """The outbox's journal, read as it grows."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._offset = 0
        self._lock = threading.Lock()
        self._letters: list[Letter] = []
        self.count = 0

    def newest(self, limit: int = MOST_LETTERS) -> list[Letter]:
        """Give the newest messages, the newest first."""
        with self._lock:
            self._read()
            return self._letters[-limit:][::-1]

    def _read(self) -> None:
        try:
            with self._journal.open("rb") as journal:
                if journal.seek(0, 2) < self._offset:
                    self._offset, self._letters, self.count = 0, [], 0
                journal.seek(self._offset)
                lines = journal.read()
        except FileNotFoundError:
            return
        whole = lines[: lines.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            self.count += 1
            self._letters.append(Letter(self.count, msgspec.convert(json.loads(line), Message)))
        self._letters = self._letters[-MOST_LETTERS:]

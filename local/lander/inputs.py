"""Where a delivery stream's records come from: a Kinesis stream, or the spool of records put to it directly."""

import struct
from pathlib import Path
from typing import Protocol

import msgspec

from local.kinesis_reads import ExpiredIteratorError, KinesisReads, MissingShardError
from local.poller.sources import KinesisShards
from local.positions import Positions

READ_LIMIT = 50
HEADER = struct.Struct(">QI")
SPOOL_READ_BYTES = 8 << 20


class Arrival(msgspec.Struct, frozen=True):
    """One record: when it came (Unix seconds) and its bytes."""

    arrived_at: float
    data: bytes


class Input(Protocol):
    """Records not read yet, in order per shard."""

    lost: int

    def read(self) -> list[Arrival]:
        """Give what has come since the last call, a bounded amount; empty if nothing has."""

    def commit(self) -> None:
        """Remember that all that was read so far has been delivered."""


class StreamInput:
    """A Kinesis stream from its beginning, or from where the last committed reader stopped."""

    def __init__(self, source: KinesisShards, reads: KinesisReads, positions: Positions) -> None:
        self.lost = 0
        self._source = source
        self._reads = reads
        self._positions = positions
        self._iterators: dict[str, str | None] = {}
        self._read_to: dict[str, str] = {}

    def read(self) -> list[Arrival]:
        arrivals: list[Arrival] = []
        for shard in self._source.shards() if not self._iterators else []:
            self._iterators[shard.shard_id] = None
        for shard_id in list(self._iterators):
            arrivals += self._read_shard(shard_id)
        return arrivals

    def _read_shard(self, shard_id: str) -> list[Arrival]:
        iterator = self._iterators[shard_id]
        try:
            if iterator is None:
                after = self._read_to.get(shard_id) or self._positions.get(shard_id)
                iterator = self._source.iterator(shard_id, "TRIM_HORIZON", after)
            answer = self._reads.payloads(iterator, READ_LIMIT)
        except (ExpiredIteratorError, MissingShardError):
            self._iterators[shard_id] = None
            return []
        self._iterators[shard_id] = answer.next_shard_iterator
        kept = [row for row in answer.records if row.data]
        self.lost += len(answer.records) - len(kept)
        if kept:
            self._read_to[shard_id] = kept[-1].sequence_number
        return [Arrival(row.approximate_arrival_timestamp, row.data) for row in kept]

    def commit(self) -> None:
        if self._read_to:
            self._positions.advance(self._read_to)


class SpoolInput:
    """The file to which the emulator appends what is put to a delivery stream."""

    def __init__(self, path: Path, positions: Positions) -> None:
        self.lost = 0
        self._path = path
        self._positions = positions
        self._offset = int(positions.get("spool") or 0)

    def read(self) -> list[Arrival]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as spool:
            spool.seek(self._offset)
            block = spool.read(SPOOL_READ_BYTES)
        arrivals, place = [], 0
        while place + HEADER.size <= len(block):
            arrival_ms, size = HEADER.unpack_from(block, place)
            end = place + HEADER.size + size
            if end > len(block):
                break
            arrivals.append(Arrival(arrival_ms / 1000, block[place + HEADER.size : end]))
            place = end
        self._offset += place
        return arrivals

    def commit(self) -> None:
        self._positions.advance({"spool": str(self._offset)})

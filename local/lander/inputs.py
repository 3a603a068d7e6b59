"""Where a delivery stream's records come from: a Kinesis stream, or the spool of records put to it directly."""

import base64
import struct
from pathlib import Path
from typing import Protocol

import msgspec

from local.poller.sources import ExpiredIteratorError, MissingShardError, Source
from local.positions import Positions

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

    def __init__(self, source: Source, positions: Positions) -> None:
        self.lost = 0
        self._source = source
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
            records, following = self._source.read(shard_id, iterator, 100)
        except (ExpiredIteratorError, MissingShardError):
            self._iterators[shard_id] = None
            return []
        self._iterators[shard_id] = following
        self.lost += sum(record.lost for record in records)
        kept = [record for record in records if not record.lost]
        if kept:
            self._read_to[shard_id] = kept[-1].sequence_number
        return [Arrival(r.arrived_at, base64.b64decode(r.event["kinesis"]["data"])) for r in kept]

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

"""Records on disk while Kinesis is slow or away: one queue a lane, append-only segments, gone when confirmed.

A frame is its lengths, its checksum, its header as JSON and the record's bytes. What a killed process left is sent
first by the next one: numbers make sending it twice harmless. A frame that was cut short by the kill ends its lane.
"""

import os
import zlib
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct

import msgspec

from ingester.record import Record

SEGMENT_BYTES = 8_000_000
_LENGTHS = Struct(">III")


class _Header(msgspec.Struct):
    counts: dict[str, int]
    copies: int
    starts: dict[str, int]


@dataclass
class _Segment:
    path: Path
    size: int = 0
    unread: int = 0


@dataclass(frozen=True)
class _Place:
    segment: _Segment
    offset: int
    length: int
    events: int
    recovered: bool


@dataclass
class _Lane:
    places: deque[_Place] = field(default_factory=deque)
    open: _Segment | None = None
    next_index: int = 0


class Spill:
    """A bounded queue of records on disk for each lane."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._lanes: dict[int, _Lane] = {}
        self.bytes = 0
        folder.mkdir(parents=True, exist_ok=True)
        torn_lanes: set[int] = set()
        for path in sorted(folder.glob("*.spill")):
            lane = int(path.stem.partition("-")[0])
            if lane in torn_lanes:
                path.unlink()
            elif not self._recover(path):
                torn_lanes.add(lane)
        self.torn = len(torn_lanes)

    def __len__(self) -> int:
        return sum(len(lane.places) for lane in self._lanes.values())

    @property
    def full(self) -> bool:
        """Say whether the disk's share is used up."""
        return self.bytes >= self._limit

    def lanes(self) -> list[int]:
        """Give the lanes that have records here."""
        return [number for number, lane in self._lanes.items() if lane.places]

    def holds(self, lane: int) -> bool:
        """Say whether a lane has records here."""
        return lane in self._lanes and bool(self._lanes[lane].places)

    def append(self, record: Record) -> None:
        """Write a record behind its lane's others."""
        lane = self._lanes.setdefault(record.lane, _Lane())
        if lane.open is None or lane.open.size >= SEGMENT_BYTES:
            lane.open = _Segment(self._folder / f"{record.lane:05d}-{lane.next_index:010d}.spill")
            lane.next_index += 1
        header = msgspec.json.encode(_Header(record.counts, record.copies, record.starts))
        checksum = zlib.crc32(record.data, zlib.crc32(header))
        frame = _LENGTHS.pack(len(header), len(record.data), checksum) + header + record.data
        with lane.open.path.open("ab") as file:
            file.write(frame)
        events = sum(record.counts.values())
        lane.places.append(_Place(lane.open, lane.open.size, len(frame), events, record.recovered))
        lane.open.size += len(frame)
        lane.open.unread += 1
        self.bytes += len(frame)

    def head(self, lane: int) -> Record:
        """Read a lane's first record, which stays until it is dropped."""
        place = self._lanes[lane].places[0]
        with place.segment.path.open("rb") as file:
            file.seek(place.offset)
            frame = file.read(place.length)
        header_length, data_length, _ = _LENGTHS.unpack_from(frame)
        header = msgspec.json.decode(frame[_LENGTHS.size : _LENGTHS.size + header_length], type=_Header)
        data = frame[_LENGTHS.size + header_length : _LENGTHS.size + header_length + data_length]
        return Record(lane, data, header.counts, header.copies, header.starts, place.recovered)

    def drop(self, lane: int) -> None:
        """Forget a lane's first record, which was confirmed, and its segment when that is used up."""
        queue = self._lanes[lane]
        place = queue.places.popleft()
        place.segment.unread -= 1
        if place.segment.unread == 0 and (place.segment is not queue.open or not queue.places):
            place.segment.path.unlink(missing_ok=True)
            self.bytes -= place.segment.size
            if place.segment is queue.open:
                queue.open = None

    def _recover(self, path: Path) -> bool:
        """Take up a segment; False if it ends in a torn frame, behind which nothing may be sent."""
        number, _, index = path.stem.partition("-")
        lane = self._lanes.setdefault(int(number), _Lane())
        lane.next_index = max(lane.next_index, int(index) + 1)
        segment = _Segment(path, os.path.getsize(path))
        data = path.read_bytes()
        offset = 0
        while offset + _LENGTHS.size <= len(data):
            header_length, data_length, checksum = _LENGTHS.unpack_from(data, offset)
            begin, end = offset + _LENGTHS.size, offset + _LENGTHS.size + header_length + data_length
            if end > len(data) or zlib.crc32(data[begin:end]) != checksum:
                break
            header = msgspec.json.decode(data[begin : begin + header_length], type=_Header)
            events = sum(header.counts.values())
            lane.places.append(_Place(segment, offset, end - offset, events, True))
            segment.unread += 1
            offset = end
        if segment.unread:
            self.bytes += segment.size
        else:
            path.unlink()
        return offset == len(data)

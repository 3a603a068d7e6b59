"""A Kinesis record of one lane, and how lines become records."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate

EVENTS_PER_RECORD = 400
BYTES_PER_RECORD = 100_000
BYTES_PER_LINE = 900_000
"""A longer line fits no Kinesis record."""


@dataclass(eq=False)
class Record:
    """NDJSON of one lane.

    `counts` are lines by channel, `copies` are lines of `*` events whose first copy went to another lane; `starts` is
    the lowest number by channel, so that a position is confirmed only when all before it is.
    """

    lane: int
    data: bytes
    counts: dict[str, int]
    copies: int
    starts: dict[str, int]
    recovered: bool = False
    attempts: int = 0
    not_before: float = 0.0


@dataclass(frozen=True)
class Chunk:
    """Stamped lines of one lane, in order, with newlines; `channels` names that of all or of each, None is a copy."""

    lines: list[bytes]
    channels: str | list[str | None]
    starts: dict[str, int] = field(default_factory=dict)


class Builder:
    """Gathers one lane's lines until a record is full or old enough."""

    def __init__(self, lane: int) -> None:
        self.lane = lane
        self.opened = 0.0
        self.size = 0
        self.starts: dict[str, int] = {}
        self._lines: list[bytes] = []
        self._counts: Counter[str] = Counter()
        self._copies = 0

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, chunk: Chunk, now: float) -> list[Record]:
        """Add lines; give the records that became full."""
        size = sum(map(len, chunk.lines))
        if len(self._lines) + len(chunk.lines) < EVENTS_PER_RECORD and self.size + size < BYTES_PER_RECORD:
            self._append(chunk.lines, chunk.channels, size, chunk.starts, now)
            return []
        full: list[Record] = []
        begin = 0
        while begin < len(chunk.lines):
            end, size = self._room(chunk.lines, begin)
            channels = chunk.channels if isinstance(chunk.channels, str) else chunk.channels[begin:end]
            self._append(chunk.lines[begin:end], channels, size, chunk.starts, now)
            begin = end
            if begin < len(chunk.lines) or len(self._lines) >= EVENTS_PER_RECORD or self.size >= BYTES_PER_RECORD:
                full.append(self.close())
        return full

    def close(self) -> Record:
        """Make a record of what is there."""
        record = Record(self.lane, b"".join(self._lines), dict(self._counts), self._copies, self.starts)
        self._lines, self._counts, self._copies, self.size, self.starts = [], Counter(), 0, 0, {}
        return record

    def _room(self, lines: list[bytes], begin: int) -> tuple[int, int]:
        """Give where the open record must end, and the bytes until there; an empty one takes a line of any size."""
        most = begin + EVENTS_PER_RECORD - len(self._lines)
        end, total = begin, 0
        for size in accumulate(map(len, lines[begin:most])):
            if self.size + size > BYTES_PER_RECORD and (end > begin or self._lines):
                break
            end, total = end + 1, size
        return end, total

    def _append(
        self, lines: list[bytes], channels: str | list[str | None], size: int, starts: dict[str, int], now: float
    ) -> None:
        if not lines:
            return
        if not self._lines:
            self.opened = now
        self._lines += lines
        self.size += size
        if isinstance(channels, str):
            self._counts[channels] += len(lines)
        else:
            for channel in channels:
                if channel is None:
                    self._copies += 1
                else:
                    self._counts[channel] += 1
        for channel, seq in starts.items():
            self.starts.setdefault(channel, seq)

"""Lines and frames that are no events: kept with their reason and bytes, as NDJSON objects in S3."""

import base64
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

LINES_PER_OBJECT = 1_000
BYTES_PER_OBJECT = 1_000_000
MOST_BYTES = 16_000_000
"""More than this unwritten stops the reading."""


@dataclass(frozen=True)
class Quarantined:
    """One line or frame. `start` is the number its channel may not be confirmed beyond before this is written."""

    reason: str
    channel: str
    raw: bytes
    received_ts: int
    seq: int | None = None
    start: int | None = None


class Quarantine:
    """A queue of what must be written; `head` gives the next object, `confirm` takes it off."""

    def __init__(self, feed: str) -> None:
        self._feed = feed
        self._waiting: deque[Quarantined] = deque()
        self._head: tuple[str, bytes, int] | None = None
        self._objects = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def room(self) -> bool:
        """Say whether more may be read from the feed."""
        return self.bytes < MOST_BYTES

    def add(self, line: Quarantined) -> None:
        """Append one line."""
        self._waiting.append(line)
        self.bytes += len(line.raw)

    def head(self) -> tuple[str, bytes, int]:
        """Give key, body and number of lines of the next object; the same until confirmed, so a retry overwrites."""
        if self._head is not None:
            return self._head
        size = 0
        chosen: list[Quarantined] = []
        for line in self._waiting:
            if len(chosen) == LINES_PER_OBJECT or (chosen and size + len(line.raw) > BYTES_PER_OBJECT):
                break
            chosen.append(line)
            size += len(line.raw)
        body = b"".join(msgspec.json.encode(self._row(line)) + b"\n" for line in chosen)
        first = chosen[0]
        day = datetime.fromtimestamp(first.received_ts // 10**9, UTC)
        self._objects += 1
        key = f"quarantine/ingester/{self._feed}/{day:%Y/%m/%d}/{first.received_ts}-{self._objects:06d}.ndjson"
        self._head = key, body, len(chosen)
        return self._head

    def confirm(self, lines: int) -> None:
        """Take note that the first lines are written."""
        self._head = None
        for _ in range(lines):
            self.bytes -= len(self._waiting.popleft().raw)

    def pending_from(self, channel: str) -> int | None:
        """Give the lowest number of a channel that is not written, None if all are."""
        starts = [line.start for line in self._waiting if line.channel == channel and line.start is not None]
        return min(starts) if starts else None

    def _row(self, line: Quarantined) -> dict[str, str | int]:
        row: dict[str, str | int] = {
            "reason": line.reason,
            "feed": self._feed,
            "channel": line.channel,
            "received_ts": line.received_ts,
        }
        if line.seq is not None:
            row["seq"] = line.seq
        try:
            row["raw"] = line.raw.decode()
        except UnicodeDecodeError:
            row["raw_base64"] = base64.b64encode(line.raw).decode()
        return row

"""The terms of law 3, per channel: received = repeated + quarantined + put + pending, each a number of lines."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ingester.record import Record

OWN_CHANNEL = "status"


@dataclass
class Channel:
    """Lines of one channel.

    `repeated` were sent again by the venue and dropped here; `put` is distinct lines that Kinesis confirmed. `control`
    lines are no events (the venue's own word about a gap) and stand beside `received`.
    """

    received: int = 0
    repeated: int = 0
    control: int = 0
    missing: int = 0
    put: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)

    @property
    def pending(self) -> int:
        """Lines on their way: in memory or on disk."""
        return self.received - self.repeated - sum(self.quarantined.values()) - self.put


class Counts:
    """What one feed's ingester did since it took the lease."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.frames = 0
        self.bytes_received = 0
        self.records_put = 0
        self.bytes_put = 0
        self.copies_put = 0
        self.recovered = 0
        self.retried = 0
        self.spilled = 0
        self.connections = 0
        self.cuts = 0
        self.left_out: Counter[str] = Counter()

    def of(self, channel: str) -> Channel:
        """Give the counters of a channel."""
        return self.channels.setdefault(channel, Channel())

    def put(self, record: Record) -> None:
        """Count a confirmed record; what a process before this one had read counts as recovered."""
        self.records_put += 1
        self.bytes_put += len(record.data)
        self.copies_put += record.copies
        if record.recovered:
            self.recovered += sum(record.counts.values())
            return
        for channel, lines in record.counts.items():
            self.of(channel).put += lines

    def spill(self, record: Record) -> None:
        """Count a record that went to disk."""
        self.spilled += sum(record.counts.values())

    def pending(self) -> dict[str, int]:
        """Count the lines on their way, by channel."""
        return {name: channel.pending for name, channel in self.channels.items()}

    def report(self) -> dict[str, Any]:
        """Give everything as plain JSON values."""
        return {
            "channels": {
                name: {
                    "received": channel.received,
                    "repeated": channel.repeated,
                    "quarantined": dict(channel.quarantined),
                    "put": channel.put,
                    "pending": channel.pending,
                    "control": channel.control,
                    "missing": channel.missing,
                }
                for name, channel in self.channels.items()
            },
            "left_out": dict(self.left_out),
            "frames": self.frames,
            "bytes_received": self.bytes_received,
            "records_put": self.records_put,
            "bytes_put": self.bytes_put,
            "copies_put": self.copies_put,
            "recovered": self.recovered,
            "retried": self.retried,
            "spilled": self.spilled,
            "connections": self.connections,
            "cuts": self.cuts,
        }

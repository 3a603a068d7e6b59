"""The records of a Kinesis event as Lambda hands them over, and the lane each belongs to."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec


class Record(msgspec.Struct, frozen=True):
    """One Kinesis record: newline-delimited events of one lane.

    Sequence numbers rise within a lane of a stream, resharded or not.
    """

    partition_key: str
    stream: str
    sequence_number: int
    arrival_ms: int
    data: bytes

    @property
    def arrival_date(self) -> str:
        """Give the UTC date on which Kinesis took the record."""
        return datetime.fromtimestamp(self.arrival_ms / 1000, UTC).date().isoformat()

    def lane(self, lanes: int) -> int | None:
        """Read the lane from the partition key; None if some other writer chose the key."""
        key = self.partition_key
        return int(key) if key.isascii() and key.isdecimal() and int(key) < lanes else None


def records_of(event: Mapping[str, Any]) -> list[Record]:
    """Read the records in delivery order."""
    return [
        Record(
            partition_key=entry["kinesis"]["partitionKey"],
            stream=entry["eventSourceARN"],
            sequence_number=int(entry["kinesis"]["sequenceNumber"]),
            arrival_ms=round(entry["kinesis"]["approximateArrivalTimestamp"] * 1000),
            data=b64decode(entry["kinesis"]["data"]),
        )
        for entry in event["Records"]
    ]

"""Streams as shards to read: Kinesis, DynamoDB streams, and a model in memory that can be split and merged.

A reader goes from shard to shard: a child is read only after its parents have been read to their end, as Lambda does.
"""

import base64
import time
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from local.kinesis_reads import KinesisReads, Row

WAIT_MS = 100
"""How long the emulator may keep an answer back for something to come."""


class Record(msgspec.Struct):
    """One stream record: where it stands, when it arrived (Unix seconds), and its shape in a Lambda event."""

    sequence_number: str
    arrived_at: float
    event: dict[str, Any]
    lost: bool = False


class Shard(msgspec.Struct, frozen=True):
    shard_id: str
    parents: tuple[str, ...] = ()


class Source(Protocol):
    """A stream of shards."""

    arn: str

    def shards(self) -> list[Shard]:
        """List the shards that can still be read."""

    def iterator(self, shard_id: str, position: str, after: str | None = None) -> str:
        """Open a shard at TRIM_HORIZON or LATEST, or after a sequence number if one is given."""

    def read(self, shard_id: str, iterator: str, limit: int) -> tuple[list[Record], str | None]:
        """Read on. The next iterator is None at the end of a closed shard. Raises `ExpiredIteratorError`."""


class KinesisShards:
    """The shards of a Kinesis data stream, and iterators into them."""

    def __init__(self, client: Any, arn: str) -> None:
        self.arn = arn
        self._client = client
        self._name = arn.rpartition("/")[2]

    def shards(self) -> list[Shard]:
        listed = self._client.list_shards(StreamName=self._name)["Shards"]
        return [Shard(shard["ShardId"], _parents(shard)) for shard in listed]

    def iterator(self, shard_id: str, position: str, after: str | None = None) -> str:
        place = _place(position, after, "StartingSequenceNumber")
        answer = self._client.get_shard_iterator(StreamName=self._name, ShardId=shard_id, **place)
        iterator: str = answer["ShardIterator"]
        return iterator


class KinesisSource(KinesisShards):
    """A Kinesis data stream as Lambda events."""

    def __init__(self, client: Any, reads: KinesisReads, arn: str) -> None:
        super().__init__(client, arn)
        self._reads = reads
        self._region = arn.split(":")[3]

    def read(self, shard_id: str, iterator: str, limit: int) -> tuple[list[Record], str | None]:
        answer = self._reads.texts(iterator, limit, WAIT_MS)
        return [self._record(shard_id, row) for row in answer.records], answer.next_shard_iterator

    def _record(self, shard_id: str, row: Row[str]) -> Record:
        kinesis = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": row.partition_key,
            "sequenceNumber": row.sequence_number,
            "data": row.data,
            "approximateArrivalTimestamp": row.approximate_arrival_timestamp,
        }
        event = {
            "kinesis": kinesis,
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard_id}:{row.sequence_number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/local",
            "awsRegion": self._region,
            "eventSourceARN": self.arn,
        }
        return Record(row.sequence_number, row.approximate_arrival_timestamp, event, lost=not row.data)


class TableSource:
    """The stream of a DynamoDB table."""

    def __init__(self, client: Any, arn: str) -> None:
        self.arn = arn
        self._client = client
        self._reads = KinesisReads(client)
        self._region = arn.split(":")[3]

    def shards(self) -> list[Shard]:
        listed = self._client.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]
        return [Shard(shard["ShardId"], _parents(shard)) for shard in listed]

    def iterator(self, shard_id: str, position: str, after: str | None = None) -> str:
        place = _place(position, after, "SequenceNumber")
        answer = self._client.get_shard_iterator(StreamArn=self.arn, ShardId=shard_id, **place)
        iterator: str = answer["ShardIterator"]
        return iterator

    def read(self, shard_id: str, iterator: str, limit: int) -> tuple[list[Record], str | None]:
        answer = self._reads.changes(iterator, limit, WAIT_MS)
        return [self._record(record) for record in answer["Records"]], answer.get("NextShardIterator")

    def _record(self, record: Mapping[str, Any]) -> Record:
        change = record["dynamodb"]
        arrived_at = float(change.get("ApproximateCreationDateTime", time.time()))
        event = {
            "eventID": record["eventID"],
            "eventName": record["eventName"],
            "eventVersion": record.get("eventVersion", "1.1"),
            "eventSource": "aws:dynamodb",
            "awsRegion": self._region,
            "dynamodb": change | {"ApproximateCreationDateTime": arrived_at},
            "eventSourceARN": self.arn,
        }
        if "userIdentity" in record:
            event["userIdentity"] = record["userIdentity"]
        return Record(change["SequenceNumber"], arrived_at, event)


class MemorySource:
    """A stream in memory; a shard split or merged is closed, keeps its records, and has children that begin empty."""

    def __init__(self, arn: str = "arn:aws:kinesis:us-east-1:000000000000:stream/memory", shard_count: int = 1) -> None:
        self.arn = arn
        self._next_sequence_number = 1
        self._records: dict[str, list[Record]] = {}
        self._parents: dict[str, tuple[str, ...]] = {}
        self._closed: set[str] = set()
        self._ranges: dict[str, tuple[int, int]] = {}
        for place in range(shard_count):
            self._open((place * 2**128 // shard_count, (place + 1) * 2**128 // shard_count), ())

    def _open(self, hash_range: tuple[int, int], parents: tuple[str, ...]) -> str:
        shard_id = f"shardId-{len(self._records):012d}"
        self._records[shard_id] = []
        self._parents[shard_id] = parents
        self._ranges[shard_id] = hash_range
        return shard_id

    def open_shards(self) -> list[str]:
        return [shard_id for shard_id in self._records if shard_id not in self._closed]

    def records(self, shard_id: str) -> list[Record]:
        return self._records[shard_id]

    def put(self, hash_key: int, data: bytes, partition_key: str = "0") -> tuple[str, str]:
        """Append to the open shard of a hash key; give its id and the sequence number."""
        shard_id = next(
            name for name in self.open_shards() if self._ranges[name][0] <= hash_key < self._ranges[name][1]
        )
        sequence_number = f"49{self._next_sequence_number:054d}"
        self._next_sequence_number += 1
        kinesis = {
            "partitionKey": partition_key,
            "sequenceNumber": sequence_number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": time.time(),
            "kinesisSchemaVersion": "1.0",
        }
        event = {
            "kinesis": kinesis,
            "eventSource": "aws:kinesis",
            "eventID": f"{shard_id}:{sequence_number}",
            "eventSourceARN": self.arn,
            "awsRegion": "us-east-1",
        }
        self._records[shard_id].append(Record(sequence_number, time.time(), event))
        return shard_id, sequence_number

    def split(self, shard_id: str) -> tuple[str, str]:
        """Close a shard and open two children that share its hash range."""
        low, high = self._ranges[shard_id]
        middle = (low + high) // 2
        self._closed.add(shard_id)
        return self._open((low, middle), (shard_id,)), self._open((middle, high), (shard_id,))

    def merge(self, left: str, right: str) -> str:
        """Close two neighbours and open their one child."""
        if self._ranges[left][1] != self._ranges[right][0]:
            raise ValueError(f"{left} and {right} are not neighbours")
        self._closed |= {left, right}
        return self._open((self._ranges[left][0], self._ranges[right][1]), (left, right))

    def shards(self) -> list[Shard]:
        return [Shard(shard_id, self._parents[shard_id]) for shard_id in list(self._records)]

    def iterator(self, shard_id: str, position: str, after: str | None = None) -> str:
        records = self._records[shard_id]
        if after is not None:
            start = sum(1 for record in records if record.sequence_number <= after)
        else:
            start = len(records) if position == "LATEST" else 0
        return str(start)

    def read(self, shard_id: str, iterator: str, limit: int) -> tuple[list[Record], str | None]:
        start = int(iterator)
        closed = shard_id in self._closed
        records = self._records[shard_id][start : start + limit]
        end = start + len(records)
        return records, None if closed and end == len(self._records[shard_id]) else str(end)


def open_source(arn: str, clients: Mapping[str, Any]) -> Source:
    """Give the source of an ARN; `clients` holds `kinesis` and `dynamodbstreams`."""
    service = arn.split(":")[2]
    if service == "kinesis":
        return KinesisSource(clients["kinesis"], KinesisReads(clients["kinesis"]), arn)
    if service == "dynamodb":
        return TableSource(clients["dynamodbstreams"], arn)
    raise ValueError(f"an event source of {service} is not supported: {arn}")


def _place(position: str, after: str | None, name: str) -> dict[str, str]:
    if after is None:
        return {"ShardIteratorType": position}
    return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", name: after}


def _parents(shard: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(shard[key] for key in ("ParentShardId", "AdjacentParentShardId") if shard.get(key))

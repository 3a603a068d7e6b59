"""Where each lane stands: one DynamoDB item a lane, advanced only from the version its writer saw.

An item stays near 1 KB (a write costs by size): the lane log's tail is listed, what is older stands in chapters.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import msgspec

from surveillance.adapters.attributes import item, values
from surveillance.adapters.signed_calls import SignedCalls
from surveillance.errors import LaneConflictError

COUNTS: Final = (
    "records",
    "lines",
    "events",
    "late",
    "duplicates",
    "stale_producer",
    "untracked",
    "restated",
    "clamped",
    "rejected",
    "quarantined",
)
"""Sums over the lane's life, exact: a record enters them in the write that consumes it.
lines = events + duplicates + stale_producer + rejected + quarantined; events = processed + late."""

READ_LIMIT: Final = 100


class Segment(msgspec.Struct, frozen=True):
    """The lines [first, last) of a lane, as `length` bytes at `offset` of a lane-log object."""

    key: str
    offset: int
    length: int
    first: int
    last: int


class Trial(msgspec.Struct, frozen=True):
    """A record that was begun after a cold start: how often, should the process die of it."""

    sequence_number: int
    count: int


class Checkpoint(msgspec.Struct, frozen=True):
    """What is durable of a lane.

    `position` counts the lines in the lane log, `alerted` those whose alerts are known to be stored, `chaptered` those
    in chapters; `tail` holds the rest, all of arrival date `date`. `writer` names the attempt that wrote the item.
    """

    lane: int
    version: int = 0
    position: int = 0
    alerted: int = 0
    chaptered: int = 0
    tail: tuple[Segment, ...] = ()
    stream: str = ""
    sequence_number: int = -1
    date: str = ""
    digest: str = ""
    snapshot_version: int = 0
    writer: str = ""
    trial: Trial | None = None
    counts: dict[str, int] = {}

    def holds(self, stream: str, sequence_number: int) -> bool:
        """Say whether a record has been consumed."""
        return stream == self.stream and sequence_number <= self.sequence_number


def _stored(checkpoint: Checkpoint) -> dict[str, Any]:
    fields = msgspec.structs.asdict(checkpoint)
    fields["sequence_number"] = str(checkpoint.sequence_number)  # 56 digits are beyond a DynamoDB number
    fields["tail"] = [f"{part.first} {part.last} {part.offset} {part.length} {part.key}" for part in checkpoint.tail]
    fields["trial"] = checkpoint.trial and f"{checkpoint.trial.sequence_number} {checkpoint.trial.count}"
    return item(fields)


def _read(stored: dict[str, Any]) -> Checkpoint:
    fields = values(stored)
    fields["sequence_number"] = int(fields["sequence_number"])
    fields["tail"] = tuple(_segment(text) for text in fields["tail"])
    if trial := fields.get("trial"):
        sequence_number, count = trial.split()
        fields["trial"] = Trial(int(sequence_number), int(count))
    return Checkpoint(**fields)


def _segment(text: str) -> Segment:
    first, last, offset, length, key = text.split(" ", 4)
    return Segment(key, int(offset), int(length), int(first), int(last))


class CheckpointTable:
    """The DynamoDB table of checkpoints; key `lane` (N). With `calls`, advancing first tries these."""

    def __init__(self, client: Any, table: str, calls: SignedCalls | None = None) -> None:
        self._client = client
        self._table = table
        self._calls = calls

    def read(self, lanes: Iterable[int]) -> dict[int, Checkpoint]:
        """Read lanes as they stand now (consistent); a lane never written is a new checkpoint."""
        asked = sorted(set(lanes))
        found = {lane: Checkpoint(lane) for lane in asked}
        for start in range(0, len(asked), READ_LIMIT):
            keys = [{"lane": {"N": str(lane)}} for lane in asked[start : start + READ_LIMIT]]
            while keys:
                answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
                for stored in answer["Responses"].get(self._table, []):
                    checkpoint = _read(stored)
                    found[checkpoint.lane] = checkpoint
                keys = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        return found

    def advance(self, old: Checkpoint, new: Checkpoint) -> None:
        """Replace `old` by `new`; raises `LaneConflictError` if the lane is not at `old`'s version."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(lane)"}
        if old.version:
            condition = {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":version": {"N": str(old.version)}},
            }
        request = {"TableName": self._table, "Item": _stored(new), **condition}
        if self._calls is not None:
            with suppress(OSError):
                answer = self._calls.call("PutItem", msgspec.json.encode(request))
                if answer.status == 200:
                    return
        try:
            self._client.put_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException as lost:
            raise LaneConflictError(f"lane {old.lane} is no longer at version {old.version}") from lost

"""One live ingester per feed: a DynamoDB item, taken and renewed by condition, with the feed's positions in it.

Whoever cannot renew in time stops by its own clock before another may take over. `expires_at` and `heartbeat` are ns:
as a time-to-live attribute they lie far in the future, so that DynamoDB never deletes the positions.
"""

import logging
from dataclasses import dataclass
from time import monotonic, time_ns
from typing import Any

from botocore.exceptions import ClientError
from surveillance.events import SECOND

from ingester.watch import Position, position_of

logger = logging.getLogger(__name__)
SAFETY = 0.75
"""The share of the lease after which its holder, unable to renew, no longer trusts it."""


class LeaseLostError(Exception):
    """Another process holds the lease, or may hold it by now."""


@dataclass
class Lease:
    """A lease that was taken. `started_ns` lies above every number a former holder gave out."""

    number: int
    started_ns: int
    positions: dict[str, Position]
    clean: bool
    trusted_until: float

    @property
    def valid(self) -> bool:
        """Say whether no other process can hold the lease yet."""
        return monotonic() < self.trusted_until


class LeaseTable:
    """The table of leases, seen by one process. Calls block."""

    def __init__(self, client: Any, table: str, owner: str, seconds: float) -> None:
        self._client = client
        self._table = table
        self._owner = owner
        self._seconds = seconds

    def acquire(self, feed: str) -> Lease | None:
        """Take the lease if it is free, expired or already this process's; None if another holds it."""
        item = self._client.get_item(TableName=self._table, Key={"feed": {"S": feed}}, ConsistentRead=True).get("Item")
        now = time_ns()
        if item and item["owner"]["S"] != self._owner and int(item["expires_at"]["N"]) > now:
            return None
        began = monotonic()
        number = int(item["lease_number"]["N"]) + 1 if item else 1
        started = max(now, int(item["heartbeat"]["N"]) + SECOND, int(item["started_ns"]["N"]) + SECOND) if item else now
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(feed)"}
        if item:
            condition = {"ConditionExpression": "lease_number = :old"}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"feed": {"S": feed}},
                UpdateExpression="SET #owner = :owner, lease_number = :number, started_ns = :started, "
                "heartbeat = :now, expires_at = :expires, released = :no",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":owner": {"S": self._owner},
                    ":number": _n(number),
                    ":started": _n(started),
                    ":now": _n(now),
                    ":expires": _n(now + int(self._seconds * SECOND)),
                    ":no": {"BOOL": False},
                    **({":old": item["lease_number"]} if item else {}),
                },
                **condition,
            )
        except ClientError as error:
            if _refused(error):
                return None
            raise
        positions = {
            name: position_of({key: value["N"] for key, value in fields["M"].items()})
            for name, fields in (item or {}).get("positions", {}).get("M", {}).items()
        }
        clean = bool(item and item.get("released", {}).get("BOOL"))
        return Lease(number, started, positions, clean, began + self._seconds * SAFETY)

    def renew(self, feed: str, lease: Lease, positions: dict[str, Position], release: bool = False) -> None:
        """Prolong the lease and save where the channels stand; `release` lets another take over at once.

        Raises:
            LeaseLostError: another process took it.
        """
        began = monotonic()
        now = time_ns()
        expires = now - 1 if release else now + int(self._seconds * SECOND)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"feed": {"S": feed}},
                UpdateExpression="SET heartbeat = :now, expires_at = :expires, released = :released, "
                "positions = :positions",
                ConditionExpression="#owner = :owner AND lease_number = :number",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":owner": {"S": self._owner},
                    ":number": _n(lease.number),
                    ":now": _n(now),
                    ":expires": _n(expires),
                    ":released": {"BOOL": release},
                    ":positions": {"M": {name: {"M": _fields(position)} for name, position in positions.items()}},
                },
            )
        except ClientError as error:
            if _refused(error):
                lease.trusted_until = 0
                raise LeaseLostError(f"Feed {feed}: another process took the lease.") from None
            raise
        lease.trusted_until = 0 if release else began + self._seconds * SAFETY


def _fields(position: Position) -> dict[str, Any]:
    values = {name: getattr(position, name) for name in position.__struct_fields__}
    return {name: _n(value) for name, value in values.items() if value is not None}


def _n(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _refused(error: ClientError) -> bool:
    return bool(error.response["Error"]["Code"] == "ConditionalCheckFailedException")

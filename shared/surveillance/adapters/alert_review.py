"""The analysts' side of the alert table: what there is, one in full, its status with who set it, when and why."""

from collections.abc import Iterator
from typing import Any

import msgspec

from surveillance.adapters.alert_table import alert_of
from surveillance.adapters.attributes import attribute, values
from surveillance.alerts import STATUSES, Alert
from surveillance.errors import InputError


class StatusChange(msgspec.Struct, frozen=True):
    """One decision of an analyst; `at_ns` is wall-clock time."""

    status: str
    reason: str
    by: str
    at_ns: int


class Reviewed(msgspec.Struct, frozen=True):
    """An alert and every decision about it, oldest first."""

    alert: Alert
    changes: tuple[StatusChange, ...] = ()


class AlertReview:
    """Reads and judges the alerts of a table; the engine's attributes are never touched."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def every(self) -> Iterator[Alert]:
        """Give all alerts, in no order."""
        for page in self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
            for image in page["Items"]:
                yield alert_of(image)

    def one(self, alert_id: str) -> Reviewed:
        """Give one alert; raises `InputError` for an unknown id."""
        answer = self._client.get_item(TableName=self._table, Key={"alert_id": {"S": alert_id}}, ConsistentRead=True)
        if "Item" not in answer:
            raise InputError(f"There is no alert {alert_id}.")
        history = values(answer["Item"]).get("status_history", [])
        return Reviewed(alert_of(answer["Item"]), tuple(msgspec.convert(entry, StatusChange) for entry in history))

    def set_status(self, alert_id: str, change: StatusChange) -> None:
        """Record a decision; raises `InputError` for an unknown id or status."""
        if change.status not in STATUSES:
            raise InputError(f"{change.status} is no status; there are {', '.join(STATUSES)}.")
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"alert_id": {"S": alert_id}},
                UpdateExpression=(
                    "SET #status = :status, status_reason = :reason, "
                    "status_history = list_append(if_not_exists(status_history, :none), :change)"
                ),
                ConditionExpression="attribute_exists(alert_id)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":status": attribute(change.status),
                    ":reason": attribute(change.reason),
                    ":none": attribute([]),
                    ":change": attribute([msgspec.to_builtins(change)]),
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise InputError(f"There is no alert {alert_id}.") from error

"""S3, DynamoDB and alert storage in memory, behind the calls the adapters make, with faults around each effect."""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
from surveillance.alerts import Alert

Fault = Callable[[str], Callable[[], None] | None]
"""Called before each effect; may raise; may give a function to call after the effect, which may raise too."""


def no_fault(_: str) -> None:
    return None


class Cloud:
    """What is durable. `fault` is asked at every call."""

    def __init__(self) -> None:
        self.fault: Fault = no_fault
        self.calls = 0
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.items: dict[str, dict[str, Any]] = {}
        self.alerts: dict[str, Alert] = {}
        self.alert_history: list[Alert] = []
        self.metrics: list[dict[str, Any]] = []

    def effect(self, name: str, act: Callable[[], Any]) -> Any:
        self.calls += 1
        afterwards = self.fault(name)
        result = act()
        if afterwards is not None:
            afterwards()
        return result


class NoSuchKeyError(Exception):
    pass


class ConditionalCheckFailedError(Exception):
    pass


class _Exceptions:
    NoSuchKey = NoSuchKeyError
    ConditionalCheckFailedException = ConditionalCheckFailedError


class Objects:
    """An S3 client."""

    exceptions = _Exceptions

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, Metadata: dict[str, str] | None = None) -> None:  # noqa: N803
        del Bucket
        self._cloud.effect(
            f"put {Key.split('/')[0]}", lambda: self._cloud.objects.__setitem__(Key, (Body, dict(Metadata or {})))
        )

    def get_object(self, *, Bucket: str, Key: str, Range: str | None = None) -> dict[str, Any]:  # noqa: N803
        del Bucket

        def get() -> dict[str, Any]:
            if Key not in self._cloud.objects:
                raise NoSuchKeyError(Key)
            body, metadata = self._cloud.objects[Key]
            if Range:
                first, last = (int(text) for text in Range.removeprefix("bytes=").split("-"))
                body = body[first : last + 1]
            return {"Body": BytesIO(body), "Metadata": metadata}

        result: dict[str, Any] = self._cloud.effect(f"get {Key.split('/')[0]}", get)
        return result

    def get_paginator(self, operation: str) -> "Objects":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        del Bucket
        keys = self._cloud.effect(
            "list", lambda: sorted(key for key in self._cloud.objects if key.startswith(Prefix) and key > StartAfter)
        )
        for start in range(0, len(keys), 5):
            yield {"Contents": [{"Key": key} for key in keys[start : start + 5]]}


class Items:
    """A DynamoDB client with the checkpoint table."""

    exceptions = _Exceptions

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        ((table, request),) = RequestItems.items()
        assert request["ConsistentRead"]
        lanes = [key["lane"]["N"] for key in request["Keys"]]
        found = self._cloud.effect(
            "get checkpoint", lambda: [self._cloud.items[lane] for lane in lanes if lane in self._cloud.items]
        )
        return {"Responses": {table: found}}

    def put_item(self, *, TableName: str, Item: dict[str, Any], **condition: Any) -> None:  # noqa: N803
        del TableName

        def put() -> None:
            lane = Item["lane"]["N"]
            held = self._cloud.items.get(lane)
            if condition["ConditionExpression"] == "attribute_not_exists(lane)":
                taken = held is None
            else:
                assert condition["ConditionExpression"] == "#version = :version"
                taken = held is not None and held["version"] == condition["ExpressionAttributeValues"][":version"]
            if not taken:
                raise ConditionalCheckFailedError(lane)
            self._cloud.items[lane] = Item

        self._cloud.effect("put checkpoint", put)


class Alerts:
    """An alert store that takes a new alert or a higher revision."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def write(self, alert: Alert) -> None:
        def put() -> None:
            held = self._cloud.alerts.get(alert.alert_id)
            if held is None or held.revision < alert.revision:
                self._cloud.alerts[alert.alert_id] = alert
                self._cloud.alert_history.append(alert)

        self._cloud.effect("put alert", put)


class Metrics:
    """A store of metrics that keeps every row it is given."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def write(self, tables: Sequence[pa.Table]) -> None:
        rows = [row for table in tables for row in table.to_pylist()]
        self._cloud.effect("put metrics", lambda: self._cloud.metrics.extend(rows))

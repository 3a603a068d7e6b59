"""The alert table, written by three parties who never touch each other's attributes.

- The engine's content: taken only if the alert is new or its revision is higher.
- The analysts' `status`, `status_reason`, `assignee`, `notes`: the engine sets a status once, with the first write. It
  opens what it stored as suppressed where a later revision is no longer allow-listed and no analyst has decided
  (`status_history`).
- The announcer's `announced_revision`, `announced_rank`; and between engine and announcer the mark `announcement`,
  present while the alert lacks one. It is the key of the sparse index `by_announcement`. The engine sets it with a
  first write or a severity above the announced one; the announcer removes it only while the severity is the one
  it told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any, Final

import msgspec

from surveillance.adapters.attributes import item, values
from surveillance.adapters.signed_calls import SignedCalls
from surveillance.alerts import SUPPRESSED, Alert, severity_rank

INDEX: Final = "by_announcement"
WANTED: Final = "wanted"
READ_LIMIT: Final = 100

_FIELDS: Final = frozenset(field.name for field in msgspec.structs.fields(Alert))
_ONCE: Final = ("status", "status_reason")

_LOWER_REVISION: Final = "revision < :revision"
_ANNOUNCE: Final = (
    "attribute_not_exists(alert_id) OR "
    f"({_LOWER_REVISION} AND (attribute_not_exists(announced_rank) OR announced_rank < :severity_rank))"
)
_CONTINUE: Final = f"{_LOWER_REVISION} AND (attribute_exists(announcement) OR announced_rank >= :severity_rank)"
_SUPPRESSED: Final = f"attribute_not_exists(alert_id) OR {_LOWER_REVISION}"
_SETTLED: Final = "(attribute_not_exists(#status) OR #status <> :suppressed OR attribute_exists(status_history))"
_UNSETTLED: Final = f"#status = :suppressed AND attribute_not_exists(status_history) AND {_LOWER_REVISION}"


class Stored(msgspec.Struct, frozen=True):
    """An alert as the table holds it, and what of it is announced."""

    alert: Alert
    wanted: bool
    announced_revision: int | None = None


def alert_of(image: Mapping[str, Any]) -> Alert:
    """Read the alert from a table item or a stream image."""
    fields = {key: content for key, content in values(image).items() if key in _FIELDS}
    return msgspec.convert({"venue": None} | fields, Alert)


def stored_of(image: Mapping[str, Any]) -> Stored:
    """Read the alert and its announcement."""
    announced = image.get("announced_revision")
    return Stored(alert_of(image), "announcement" in image, int(announced["N"]) if announced else None)


class AlertTable:
    """The DynamoDB table of alerts.

    Key `alert_id` (S); index `by_announcement` on `announcement` (S) and `detected_ts` (N). With `calls`, writing first
    tries these.
    """

    def __init__(self, client: Any, table: str, calls: SignedCalls | None = None) -> None:
        self._client = client
        self._table = table
        self._calls = calls

    def write(self, alert: Alert) -> None:
        """Store a revision unless the table has it or a higher one."""
        if alert.status == SUPPRESSED:
            self._update(alert, _SUPPRESSED, announce=False)
            return
        ways = ((_ANNOUNCE, True), (_CONTINUE, False))
        for condition, announce in cycle(ways if alert.revision == 1 else ways[::-1]):
            held = self._update(alert, f"({condition}) AND {_SETTLED}", announce=announce)
            if held and held["status"]["S"] == SUPPRESSED and "status_history" not in held:
                held = self._update(alert, _UNSETTLED, announce=True, opening=True)
            if held is None:
                return

    def _update(
        self, alert: Alert, condition: str, *, announce: bool, opening: bool = False
    ) -> Mapping[str, Any] | None:
        """Give None where the table now holds this revision or a higher one, else the item as it is.

        `opening` sets the status anew.
        """
        fields = msgspec.to_builtins(alert) | {"severity_rank": severity_rank(alert.severity)}
        if announce:
            fields["announcement"] = WANTED
        once = {} if opening else {key: fields.pop(key) for key in _ONCE}
        del fields["alert_id"]
        kept, gone = item(fields), [key for key, content in fields.items() if content is None]
        assignments = [f"#{key} = :{key}" for key in kept]
        first = item(once)
        assignments += [f"#{key} = if_not_exists(#{key}, :{key})" for key in first]
        expression = "SET " + ", ".join(assignments)
        if gone:
            expression += " REMOVE " + ", ".join(f"#{key}" for key in gone)
        request = {
            "TableName": self._table,
            "Key": {"alert_id": {"S": alert.alert_id}},
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{key}": key for key in [*kept, *first, *gone]},
            "ExpressionAttributeValues": {f":{key}": content for key, content in (kept | first).items()}
            | ({":suppressed": {"S": SUPPRESSED}} if ":suppressed" in condition else {}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self._calls is not None:
            with suppress(OSError):
                answer = self._calls.call("UpdateItem", msgspec.json.encode(request))
                if answer.status == 200:
                    return None
        try:
            self._client.update_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            held: Mapping[str, Any] = refused.response.get("Item") or {}
            return None if held and int(held["revision"]["N"]) >= alert.revision else held
        return None

    def read(self, alert_ids: Iterable[str]) -> list[Stored]:
        """Read alerts as they stand now (consistent), in the order asked; unknown ones are left out."""
        asked = list(dict.fromkeys(alert_ids))
        found: dict[str, Stored] = {}
        for start in range(0, len(asked), READ_LIMIT):
            keys: Sequence[Any] = [{"alert_id": {"S": one}} for one in asked[start : start + READ_LIMIT]]
            while keys:
                answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
                for image in answer["Responses"].get(self._table, []):
                    stored = stored_of(image)
                    found[stored.alert.alert_id] = stored
                keys = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        return [found[one] for one in asked if one in found]

    def unannounced(self, limit: int) -> list[str]:
        """Give the ids of at most `limit` alerts that want an announcement, the oldest first."""
        return list(self._unannounced(limit))

    def _unannounced(self, limit: int) -> Iterator[str]:
        start: dict[str, Any] = {}
        while limit > 0:
            answer = self._client.query(
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression="announcement = :wanted",
                ExpressionAttributeValues={":wanted": {"S": WANTED}},
                Limit=limit,
                **start,
            )
            for image in answer["Items"]:
                yield image["alert_id"]["S"]
            limit -= len(answer["Items"])
            if not (last := answer.get("LastEvaluatedKey")):
                return
            start = {"ExclusiveStartKey": last}

    def announced(self, alert: Alert) -> None:
        """Record that this revision was announced; the mark stays if the engine has since raised the severity.

        An alert deleted meanwhile stays deleted.
        """
        told = {":revision": {"N": str(alert.revision)}, ":rank": {"N": str(severity_rank(alert.severity))}}
        record = "SET announced_revision = :revision, announced_rank = :rank"
        risen = "attribute_exists(revision) AND (attribute_not_exists(announced_rank) OR announced_rank <= :rank)"
        whole = (f"{record} REMOVE announcement", f"severity_rank <= :rank AND {risen}")
        any(self._mark(alert.alert_id, update, condition, told) for update, condition in (whole, (record, risen)))

    def _mark(self, alert_id: str, update: str, condition: str, told: Mapping[str, Any]) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"alert_id": {"S": alert_id}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=told,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

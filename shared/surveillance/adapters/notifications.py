"""Announcing: what the alert table wants announced goes to the topic, some one by one and the rest in a digest.

At least once: an alert is marked after it was published. Idempotent by (alert_id, revision), which every message names.
What is read is the table as it stands, not the stream's image, so a batch delivered twice finds nothing left to tell.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from surveillance.adapters.alert_table import AlertTable
from surveillance.adapters.announcement_text import Announcement, digests, one_alert
from surveillance.adapters.publish_slots import PublishSlots
from surveillance.alerts import Alert, severity_rank

ONE_BY_ONE: Final = 4
"""So many alerts of a batch get a message of their own, the most severe first; the others share a digest."""

SWEEP_LIMIT: Final = 5_000


class Topic:
    """An SNS topic that is published to in turns."""

    def __init__(self, client: Any, arn: str, slots: PublishSlots) -> None:
        self._client = client
        self._arn = arn
        self._slots = slots

    def publish(self, announcement: Announcement) -> None:
        """Wait for a turn and publish."""
        self._slots.wait()
        self._client.publish(
            TopicArn=self._arn,
            Subject=announcement.subject,
            Message=announcement.message,
            MessageStructure="json",
            MessageAttributes={name: _attribute(values) for name, values in announcement.attributes.items()},
        )


def _attribute(values: Sequence[str]) -> dict[str, str]:
    if len(values) == 1:
        return {"DataType": "String", "StringValue": values[0]}
    return {"DataType": "String.Array", "StringValue": msgspec.json.encode(values).decode()}


class Announcer:
    """Announces alerts. `spread` may mark several abreast; `link` may hold `{alert_id}`."""

    def __init__(
        self, table: AlertTable, topic: Topic, link: str, spread: Callable[[Any, Iterable[Any]], Iterable[Any]] = map
    ) -> None:
        self._table = table
        self._topic = topic
        self._link = link
        self._spread = spread

    def sweep(self) -> list[Announcement]:
        """Announce whatever lacks it."""
        return self.announce(self._table.unannounced(SWEEP_LIMIT))

    def backlog(self) -> int:
        """Count the alerts that want an announcement, up to the sweep's limit."""
        return len(self._table.unannounced(SWEEP_LIMIT))

    def announce(self, alert_ids: Iterable[str]) -> list[Announcement]:
        """Announce those of the alerts that want it; gives what was published."""
        wanted = [stored.alert for stored in self._table.read(alert_ids) if stored.wanted]
        wanted.sort(key=lambda alert: (-severity_rank(alert.severity), alert.detected_ts, alert.alert_id))
        published = []
        for announcement in self._messages(wanted):
            self._topic.publish(announcement)
            list(self._spread(self._table.announced, announcement.alerts))
            published.append(announcement)
        return published

    def _messages(self, alerts: Sequence[Alert]) -> list[Announcement]:
        alone = len(alerts) if len(alerts) <= ONE_BY_ONE + 1 else ONE_BY_ONE
        return [one_alert(alert, self._link) for alert in alerts[:alone]] + digests(alerts[alone:], self._link)

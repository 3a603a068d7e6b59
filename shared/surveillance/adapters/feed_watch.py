"""Watching the watchers: a feed whose ingester gives no sign of life is told once, and once when it is back."""

from collections.abc import Sequence
from typing import Any

from surveillance.adapters.announcement_text import feed_change
from surveillance.adapters.notifications import Topic


class FeedWatch:
    """Reads heartbeats from the lease table; what was told stands beside them, under the key `watch/<feed>`."""

    def __init__(self, client: Any, table: str, topic: Topic, limit_s: float) -> None:
        self._client = client
        self._table = table
        self._topic = topic
        self._limit_ns = int(limit_s * 1e9)

    def check(self, feeds: Sequence[str], now_ns: int) -> dict[str, float]:
        """Give the age of each feed's heartbeat in seconds, and announce changes: publish first, then remember."""
        ages = {}
        for feed in feeds:
            seen = self._number(feed, "heartbeat") or 0
            ages[feed] = (now_ns - seen) / 1e9
            down = now_ns - seen > self._limit_ns
            told = self._number(f"watch/{feed}", "down_since_ns") is not None
            if down and not told:
                self._topic.publish(feed_change(feed, seen, now_ns))
                self._client.put_item(
                    TableName=self._table,
                    Item={"feed": {"S": f"watch/{feed}"}, "down_since_ns": {"N": str(seen)}},
                )
            elif told and not down:
                self._topic.publish(feed_change(feed, None, now_ns))
                self._client.delete_item(TableName=self._table, Key={"feed": {"S": f"watch/{feed}"}})
        return ages

    def _number(self, key: str, attribute: str) -> int | None:
        found = self._client.get_item(TableName=self._table, Key={"feed": {"S": key}}, ConsistentRead=True).get("Item")
        return int(found[attribute]["N"]) if found and attribute in found else None

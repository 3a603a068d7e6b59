"""Turns for publishing to a topic, one every `SPACING_NS`, however many processes ask.

Above ten messages a second SNS disables e-mail subscriptions; turns a quarter of a second apart keep any second at
five or fewer even where calls take unequal time. One item of the lease table a topic says when the next turn is.
"""

from collections.abc import Callable
from typing import Any, Final

SPACING_NS: Final = 250_000_000


class PublishSlots:
    """The turns of one topic. `clock_ns` is the wall clock, `sleep` waits seconds."""

    def __init__(
        self, client: Any, table: str, topic: str, clock_ns: Callable[[], int], sleep: Callable[[float], None]
    ) -> None:
        self._client = client
        self._table = table
        self._key = {"feed": {"S": f"topic/{topic}"}}
        self._clock_ns = clock_ns
        self._sleep = sleep
        self._next_ns: int | None = None

    def wait(self) -> None:
        """Take the next turn and wait for it."""
        now = self._clock_ns()
        turn = max(now, self._next_ns or 0)
        while (taken := self._take(turn)) is not None:
            turn = max(now, taken)
        self._sleep(max(0, turn - self._clock_ns()) / 1e9)

    def _take(self, turn: int) -> int | None:
        """Take a turn; give the first free one instead if this is not."""
        free = turn + SPACING_NS
        try:
            self._client.update_item(
                TableName=self._table,
                Key=self._key,
                UpdateExpression="SET next_ns = :free",
                ConditionExpression="attribute_not_exists(next_ns) OR next_ns <= :turn",
                ExpressionAttributeValues={":free": {"N": str(free)}, ":turn": {"N": str(turn)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as taken:
            return int(taken.response["Item"]["next_ns"]["N"])
        self._next_ns = free
        return None

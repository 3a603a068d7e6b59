"""One rate for many collectors: threads of a process share it through memory, Lambdas through a DynamoDB item.

Both keep the one number of `collection.rate`; who takes a turn has it for good, so nobody is starved and none go at
once. `hold` stops all of them, for when a vendor says that it was asked too often.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

from surveillance.collection.rate import SECOND_NS, Rate, hold, take
from surveillance.collection.verdict import CollectionError


class OutOfTimeError(CollectionError):
    """The next turn comes later than the collector can wait; what is missing is left for the next run."""


class RateLimiter(Protocol):
    """Turns of one source."""

    def take(self, patience_s: float) -> None:
        """Wait for the next turn; raises `OutOfTimeError`, and takes none, if it comes after so many seconds."""

    def hold(self, wait_s: float) -> None:
        """Give no turn to anyone for so many seconds."""


class MemoryLimiter:
    """Turns within one process. `clock_ns` and `sleep` (seconds) are the wall clock's."""

    def __init__(self, rate: Rate, clock_ns: Callable[[], int], sleep: Callable[[float], None]) -> None:
        self._rate, self._clock_ns, self._sleep = rate, clock_ns, sleep
        self._full_ns = 0
        self._lock = Lock()

    def take(self, patience_s: float) -> None:
        """Take the next turn and wait for it."""
        with self._lock:
            now = self._clock_ns()
            turn = take(self._rate, self._full_ns, now)
            _check(turn.at_ns - now, patience_s)
            self._full_ns = turn.full_ns
        _wait(turn.at_ns - now, self._sleep)

    def hold(self, wait_s: float) -> None:
        """Move every turn not yet taken behind the wait."""
        with self._lock:
            self._full_ns = hold(self._rate, self._full_ns, self._clock_ns() + round(wait_s * SECOND_NS))


class SharedLimiter:
    """Turns among processes: one item of a DynamoDB table with key `feed` (S), changed from the state last seen."""

    def __init__(
        self,
        client: Any,
        table: str,
        source: str,
        rate: Rate,
        clock_ns: Callable[[], int],
        sleep: Callable[[float], None],
    ) -> None:
        self._client, self._table = client, table
        self._key = {"feed": {"S": f"collector/{source}"}}
        self._rate, self._clock_ns, self._sleep = rate, clock_ns, sleep
        self._known: int | None = None
        self._lock = Lock()

    def take(self, patience_s: float) -> None:
        """Take the next turn and wait for it."""
        with self._lock:
            while True:
                now = self._clock_ns()
                turn = take(self._rate, self._known or 0, now)
                if self._known is not None:
                    _check(turn.at_ns - now, patience_s)
                if self._change(turn.full_ns):
                    break
        _wait(turn.at_ns - now, self._sleep)

    def hold(self, wait_s: float) -> None:
        """Move every turn not yet taken behind the wait."""
        with self._lock:
            until = self._clock_ns() + round(wait_s * SECOND_NS)
            while not self._change(hold(self._rate, self._known or 0, until)):
                pass

    def _change(self, full_ns: int) -> bool:
        """Write a state made from the one known; learn the present one instead if that is another."""
        values = {":new": {"N": str(full_ns)}}
        condition = "attribute_not_exists(full_ns)"
        if self._known is not None:
            condition = "full_ns = :old"
            values[":old"] = {"N": str(self._known)}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=self._key,
                UpdateExpression="SET full_ns = :new",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as changed:
            item = changed.response.get("Item") or {}
            self._known = int(item["full_ns"]["N"]) if "full_ns" in item else None
            return False
        self._known = full_ns
        return True


def _check(wait_ns: int, patience_s: float) -> None:
    if wait_ns > patience_s * SECOND_NS:
        raise OutOfTimeError(f"The next turn is in {wait_ns / SECOND_NS:.0f} s, later than can be waited for.")


def _wait(wait_ns: int, sleep: Callable[[float], None]) -> None:
    if wait_ns > 0:
        sleep(wait_ns / SECOND_NS)

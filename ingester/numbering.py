"""The number beside an event's producer: it rises within (producer, lane), and an event read again has its old one.

Source: the event contract, `producer` and `number`.
"""

from typing import Final

EPOCH: Final = 1 << 40
"""A channel that restarts its numbering moves to the next multiple of this.

So far up that events sent after the last saved position cannot reach it.
"""


def raised(base: int, last_seq: int) -> int:
    """Give the base of a channel that began to count anew after `last_seq`."""
    return ((base + last_seq) // EPOCH + 1) * EPOCH


class Counter:
    """Numbers for what cannot be read again: from the ns clock of the lease, one up an event."""

    def __init__(self, started_ns: int) -> None:
        self._next = started_ns

    def take(self, count: int = 1) -> int:
        """Give the first of `count` new numbers."""
        first = self._next
        self._next += count
        return first

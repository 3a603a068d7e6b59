"""How often one may ask: a token bucket as virtual scheduling, so that one number is all of its state.

The number is the time from which the bucket counts as full again. A taker moves it on by one spacing and learns from
it when it may go; so takers get turns in order, each of its own, whoever keeps the number.
Source: ITU-T I.371, generic cell rate algorithm (virtual scheduling), which is a token bucket of `burst` tokens.
"""

from typing import Final

import msgspec

SECOND_NS: Final = 1_000_000_000


class Rate(msgspec.Struct, frozen=True):
    """`requests` in `period_s`, evenly; up to `burst` at once after a rest.

    In any window of `period_s` at most `requests + burst − 1` go, so burst 1 keeps a limit that slides.
    """

    requests: int
    period_s: float
    burst: int = 1

    @property
    def spacing_ns(self) -> int:
        """Give the time a token takes to come back."""
        return round(self.period_s * SECOND_NS / self.requests)


class Turn(msgspec.Struct, frozen=True):
    """When the taker may go, and the state after it."""

    at_ns: int
    full_ns: int


def take(rate: Rate, full_ns: int, now_ns: int) -> Turn:
    """Take the next turn at or after now."""
    at = max(now_ns, full_ns - (rate.burst - 1) * rate.spacing_ns)
    return Turn(at, max(at, full_ns) + rate.spacing_ns)


def hold(rate: Rate, full_ns: int, until_ns: int) -> int:
    """Give the state in which no turn comes before a time."""
    return max(full_ns, until_ns + (rate.burst - 1) * rate.spacing_ns)

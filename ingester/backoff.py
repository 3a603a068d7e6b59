"""How long to wait before trying again, and whether to try at all."""

import random
from collections.abc import Iterator

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
)

from ingester.protocols import ProtocolError, VenueBusyError

TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


def delays(
    first: float = 0.1, factor: float = 2, longest: float = 30, source: random.Random | None = None
) -> Iterator[float]:
    """Give waiting times in seconds without end: exponential, each drawn between half and whole."""
    chance = source or random.Random()  # noqa: S311 - jitter
    wait = first
    while True:
        yield wait * chance.uniform(0.5, 1)
        wait = min(wait * factor, longest)


def is_fatal(error: BaseException) -> bool:
    """Say whether connecting again with the same configuration cannot help."""
    if isinstance(error, (VenueBusyError, ConnectionClosed, OSError, TimeoutError, EOFError, InvalidMessage)):
        return False
    if isinstance(error, InvalidStatus):
        return error.response.status_code not in TRANSIENT_STATUS
    return isinstance(error, (ProtocolError, InvalidURI, InvalidHandshake))

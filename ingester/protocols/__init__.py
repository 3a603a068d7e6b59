"""Venue protocols without I/O: what to send, and what the frames that come back mean."""

from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
from surveillance.wire import Rejected


class ProtocolError(Exception):
    """The venue refused in a way that trying again will not change; the message is for an operator."""


class VenueBusyError(Exception):
    """The venue refused for now, such as a connection limit that another process still uses up."""


@dataclass
class Read:
    """Frames made sense of: `lines[i]` are the bytes of row i.

    `rejected` stands between the rows as in `wire.Decoded`; `left_out` counts messages that are no events by name;
    `replies` is what to send back.
    """

    table: pa.Table
    lines: list[bytes]
    rejected: list[Rejected] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    replies: list[bytes] = field(default_factory=list)


class FeedProtocol(Protocol):
    """One connection's conversation; a new one for every connection."""

    def headers(self) -> dict[str, str]:
        """Give the handshake's extra headers."""

    def opening(self, resume: dict[str, int | None]) -> list[bytes]:
        """Give what to send when the connection is open; `resume` is the next seq wanted of each channel."""

    def read(self, frames: list[bytes]) -> Read:
        """Make sense of frames that arrived together.

        Raises:
            ProtocolError: the venue refused for good.
            VenueBusyError: the venue refused for now.
        """

"""Event times as a person reads them."""

from datetime import UTC, datetime
from typing import Final

SECOND: Final = 1_000_000_000


def utc(ts: int, digits: int = 3) -> str:
    """Write nanoseconds since the epoch as date and time, UTC, cut after so many decimals."""
    whole, rest = divmod(ts, SECOND)
    text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{rest:09d}"[: len(text) + 1 + digits]

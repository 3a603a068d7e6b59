"""Moments as the reader chose to see them: in the exchange's own time, or all in one zone."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from starlette.requests import Request

SECOND: Final = 1_000_000_000
EXCHANGE: Final = "exchange"
ZONES: Final = (
    (EXCHANGE, "Exchange time"),
    ("UTC", "UTC"),
    ("America/New_York", "New York"),
    ("America/Chicago", "Chicago"),
    ("Europe/London", "London"),
    ("Europe/Berlin", "Frankfurt"),
    ("Asia/Hong_Kong", "Hong Kong"),
    ("Asia/Singapore", "Singapore"),
    ("Asia/Tokyo", "Tokyo"),
    ("Australia/Sydney", "Sydney"),
)
"""What can be chosen, and how it is called; the browser adds its own zone."""


def chosen_zone(request: Request) -> str:
    """Give `exchange` or the IANA name in the cookie `zone`; what is no zone counts as `exchange`."""
    zone = unquote(request.cookies.get("zone", EXCHANGE))
    return zone if zone == EXCHANGE or zone in _known() else EXCHANGE


def zone_for(choice: str, exchange: tzinfo | None = None) -> tzinfo:
    """Give the zone to write times in: the chosen one, or the exchange's, UTC where that is not known."""
    if choice == EXCHANGE:
        return exchange or UTC
    return ZoneInfo(choice)


def written(ts: int, zone: tzinfo, digits: int = 3) -> str:
    """Write date and time of day of nanoseconds since the epoch, cut after so many decimals."""
    whole, rest = divmod(ts, SECOND)
    text = datetime.fromtimestamp(whole, zone).strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{rest:09d}"[: len(text) + 1 + digits] if digits else text


def clock(ts: int, zone: tzinfo, digits: int = 3) -> str:
    """Write the time of day alone."""
    return written(ts, zone, digits)[11:]


def zone_name(ts: int, zone: tzinfo) -> str:
    """Name a zone as it is called at a moment: EST, EDT, UTC."""
    return datetime.fromtimestamp(ts // SECOND, zone).tzname() or str(zone)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())

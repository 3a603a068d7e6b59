"""Wall-clock times of a place to UTC and back, for whole columns, in integer nanoseconds."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from surveillance.events import DAY, SECOND

HOUR: Final = 3600 * SECOND
NEW_YORK: Final = ZoneInfo("America/New_York")
_EPOCH: Final = datetime(1970, 1, 1)
EARLIEST_DAY: Final = (datetime(1900, 1, 1) - _EPOCH).days
LATEST_DAY: Final = (datetime(2200, 1, 1) - _EPOCH).days


def wall_to_utc(wall_ns: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Turn wall-clock nanoseconds (as if UTC) into UTC; a time that occurs twice means its first occurrence.

    Offsets are looked up once an hour, so the zone must change its offset on full hours. Days 1900 to 2199.
    """
    hours, place = np.unique(wall_ns // HOUR, return_inverse=True)
    offsets = np.array([_offset_ns((_EPOCH + timedelta(hours=int(hour))).replace(tzinfo=zone)) for hour in hours])
    return wall_ns - offsets.astype(np.int64)[place]


def utc_to_wall(utc_ns: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Turn UTC nanoseconds into wall-clock nanoseconds of a zone; times beyond 1900 to 2199 stay as they are."""
    hours, place = np.unique(utc_ns // HOUR, return_inverse=True)
    offsets = np.array([_offset_at(int(hour), zone) for hour in hours])
    return utc_ns + offsets.astype(np.int64)[place]


def day_number(year: int, month: int, day: int) -> int | None:
    """Count days since 1970-01-01, or give None for what is no day between 1900 and 2199."""
    try:
        days = (datetime(year, month, day) - _EPOCH).days
    except ValueError:
        return None
    return days if EARLIEST_DAY <= days < LATEST_DAY else None


def _offset_at(hour: int, zone: ZoneInfo) -> int:
    if not EARLIEST_DAY * DAY <= hour * HOUR < LATEST_DAY * DAY:
        return 0
    return _offset_ns((_EPOCH.replace(tzinfo=UTC) + timedelta(hours=hour)).astimezone(zone))


def _offset_ns(moment: datetime) -> int:
    offset = moment.utcoffset() or timedelta(0)
    return (offset.days * 86_400 + offset.seconds) * SECOND

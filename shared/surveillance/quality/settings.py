"""What a run of the checks assumes about its source, and the thresholds of the checks."""

from typing import Final, Literal

import msgspec

Basis = Literal["raw", "split_adjusted"]

FIXED: Final = "fixed"
FLAGGED: Final = "flagged"
QUARANTINED: Final = "quarantined"
NOTED: Final = "noted"
"""Counted in the report, harmless: neither the row nor its flags change."""


class Settings(msgspec.Struct, frozen=True):
    """`basis` says whether prices before a split are as traded (`raw`) or already divided by it (`split_adjusted`)."""

    basis: Basis = "raw"
    calendar: str | None = None
    """Calendar of the exchange (exchange_calendars); None leaves sessions unchecked."""
    first_date: str = "1900-01-01"
    last_date: str = "2100-01-01"

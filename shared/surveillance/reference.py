"""Reference data: instruments and accounts, as tables handed in by whoever read them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import pyarrow as pa

from surveillance.alerts import identifier
from surveillance.calendar import Schedule
from surveillance.errors import InputError

ASSET_CLASSES: Final = ("equity", "etf", "future", "fx", "crypto", "bond")
ENTITY_TYPES: Final = ("client", "proprietary", "market_maker")


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a symbol; absent is null."""

    symbol: str
    tick_size: float | None = None
    lot_size: float | None = None
    currency: str | None = None
    venue: str | None = None
    asset_class: str | None = None
    timezone: str | None = None
    calendar: str | None = None
    session_open: str | int | None = None
    session_close: str | int | None = None
    previous_close: float | None = None
    average_daily_volume: float | None = None
    market_cap: float | None = None
    sic_code: str | None = None
    shown_levels: int | None = None
    """Price levels a side that its feed shows, 0 = all; None = what holds for the whole feed."""

    def schedule(self) -> Schedule | None:
        """Give the symbol's own schedule, or None where reference data has none."""
        if self.session_open is not None and self.session_close is not None:
            return Schedule(self.calendar, self.timezone, self.session_open, self.session_close)
        return Schedule(self.calendar) if self.calendar else None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands behind an account."""

    account: str
    beneficial_owner: str | None = None
    entity_type: str | None = None


class Reference(msgspec.Struct, frozen=True):
    """Instruments and accounts, and what a feed's format says of symbols that reference data does not know."""

    instruments: tuple[Instrument, ...] = ()
    accounts: tuple[Account, ...] = ()
    unknown: Instrument = Instrument(symbol="")
    shown_levels: int = 0

    def digest(self) -> str:
        """Hash everything, so that state made under other reference data is recognised."""
        return identifier(msgspec.json.encode(self, order="deterministic").decode())[:12]


def instruments_of(table: pa.Table) -> tuple[Instrument, ...]:
    """Read an instruments table; raises InputError with the row and column at fault."""
    return tuple(_rows(table, Instrument, "symbol", _instrument))


def accounts_of(table: pa.Table) -> tuple[Account, ...]:
    """Read an accounts table; raises InputError with the row and column at fault."""
    return tuple(_rows(table, Account, "account", _account))


def _rows(table: pa.Table, kind: Any, key: str, make: Any) -> Sequence[Any]:
    if key not in table.column_names:
        raise InputError(f"The {kind.__name__.lower()}s table has no column {key}.")
    known = [name for name in kind.__struct_fields__ if name in table.column_names]
    rows = []
    for number, row in enumerate(table.select(known).to_pylist(), start=1):
        values = {name: value for name, value in row.items() if value is not None and value != ""}
        if key not in values:
            raise InputError(f"Row {number} of the {kind.__name__.lower()}s table has no {key}.")
        try:
            rows.append(make(values))
        except (msgspec.ValidationError, ValueError) as error:
            raise InputError(f"Row {number} of the {kind.__name__.lower()}s table: {error}.") from error
    return rows


_NUMBERS: Final = ("tick_size", "lot_size", "previous_close", "average_daily_volume", "market_cap")


def _instrument(values: Mapping[str, Any]) -> Instrument:
    fields: dict[str, Any] = {name: str(value) for name, value in values.items()}
    for name in _NUMBERS:
        if name in fields:
            fields[name] = float(fields[name])
    for name in ("session_open", "session_close"):
        if name in fields and fields[name].lstrip("-").isdigit():
            fields[name] = int(fields[name])
    if "shown_levels" in fields:
        fields["shown_levels"] = int(float(fields["shown_levels"]))
    if fields.get("asset_class", ASSET_CLASSES[0]) not in ASSET_CLASSES:
        raise ValueError(f"asset_class {fields['asset_class']} is none of {', '.join(ASSET_CLASSES)}")
    if "timezone" in fields and fields["timezone"] not in available_timezones():
        raise ValueError(f"timezone {fields['timezone']} is no IANA zone")
    return msgspec.convert(fields, Instrument)


def _account(values: Mapping[str, Any]) -> Account:
    fields = {name: str(value) for name, value in values.items()}
    if fields.get("entity_type", ENTITY_TYPES[0]) not in ENTITY_TYPES:
        raise ValueError(f"entity_type {fields['entity_type']} is none of {', '.join(ENTITY_TYPES)}")
    return msgspec.convert(fields, Account)


def zone_of(instrument: Instrument | None) -> ZoneInfo | None:
    """Give the venue-local zone of an instrument, or None where it is not known."""
    return ZoneInfo(instrument.timezone) if instrument and instrument.timezone else None

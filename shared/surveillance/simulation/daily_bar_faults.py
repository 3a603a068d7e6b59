"""What a source gets wrong in daily bars: rows spoilt, lost, repeated or misdated, with the truth about each."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]

_DAY_MS: Final = 86_400_000


def dates(days: Places) -> pa.Array:
    """Give days since the epoch as dates."""
    return pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32())


class Told:
    """Collects the truth about faults."""

    def __init__(self, names: npt.NDArray[np.str_], days: Places) -> None:
        self._names = names
        self.days = days
        self._rows: list[tuple[str, int, str]] = []

    def say(self, fault: str, places: Places, sessions: Places, ahead: Places | int = 0) -> None:
        """Note a fault of symbols (by place in the block), so many days after sessions."""
        days = self.days[sessions] + ahead
        self._rows += [(str(self._names[p]), int(day), fault) for p, day in zip(places, days, strict=True)]

    def table(self) -> pa.Table:
        """Give the faults ordered by symbol, date and name."""
        rows = sorted(self._rows)
        return pa.table(
            {
                "symbol": pa.array([row[0] for row in rows], pa.string()),
                "date": dates(np.array([row[1] for row in rows], np.int64)),
                "fault": pa.array([row[2] for row in rows], pa.string()),
            }
        )


def _times(factor: float) -> Callable[[Columns, Places], None]:
    def spoil(columns: Columns, rows: Places) -> None:
        for name in ("open", "high", "low", "close", "vwap", "adjusted_close"):
            columns[name][rows] *= factor

    return spoil


def _set(value: float, *names: str) -> Callable[[Columns, Places], None]:
    def spoil(columns: Columns, rows: Places) -> None:
        for name in names:
            columns[name][rows] = value

    return spoil


def _swap_high_and_low(columns: Columns, rows: Places) -> None:
    columns["high"][rows], columns["low"][rows] = columns["low"][rows] - 0.01, columns["high"][rows]


def _close_above_high(columns: Columns, rows: Places) -> None:
    columns["close"][rows] = np.round(columns["high"][rows] * 1.05, 2)


def _negate_low(columns: Columns, rows: Places) -> None:
    columns["low"][rows] *= -1.0


SPOILT: Final[Mapping[str, Callable[[Columns, Places], None]]] = {
    "price_100_times": _times(100.0),
    "price_hundredth": _times(0.01),
    "high_below_low": _swap_high_and_low,
    "close_above_high": _close_above_high,
    "negative_low": _negate_low,
    "zero_open": _set(0.0, "open"),
    "missing_close": _set(np.nan, "close", "adjusted_close"),
    "zero_volume": _set(0.0, "volume"),
    "missing_volume": _set(np.nan, "volume"),
}
"""Faults within a row."""
MOVED: Final = ("missing_session", "repeated_row", "non_trading_day")
"""Faults of whole rows; a row repeats, or comes again under the next Saturday's date."""


def with_faults(columns: Columns, chosen: Floats, kinds: Floats, share: float, told: Told) -> Columns:
    """Spoil the rows whose `chosen` is below the share, by the fault that `kinds` picks; both uniform, one a row."""
    rows = np.nonzero(chosen < share)[0]
    names = (*SPOILT, *MOVED)
    kind = (kinds[rows] * len(names)).astype(np.int64)
    sessions = len(told.days)
    picked = {name: rows[kind == number] for number, name in enumerate(names)}
    for name, where in picked.items():
        ahead = _to_saturday(columns["date"][where]) if name == "non_trading_day" else 0
        told.say(name, where // sessions, where % sessions, ahead)
    for name, spoil in SPOILT.items():
        spoil(columns, picked[name])
    return _moved(columns, *(picked[name] for name in MOVED))


def _moved(columns: Columns, missing: Places, repeated: Places, misdated: Places) -> Columns:
    count = len(columns["ts"])
    order = np.sort(np.concatenate([np.setdiff1d(np.arange(count), missing), repeated, misdated]))
    moved = {name: column[order] for name, column in columns.items()}
    copies = np.searchsorted(order, misdated) + 1
    ahead = _to_saturday(moved["date"][copies])
    moved["date"][copies] += ahead
    moved["ts"][copies] += ahead * _DAY_MS
    ordered = np.lexsort((moved["ts"], moved["place"]))
    return {name: column[ordered] for name, column in moved.items()}


def _to_saturday(days: Places) -> Places:
    return (5 - (days + 3) % 7) % 7  # day 0 of the epoch was a Thursday

"""What checks found, collected column by column."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from surveillance.quality.bars import NO_DAY, Bars, Floats, Integers
from surveillance.quality.columns import FINDINGS

NO_ROW = -1


class Findings:
    """Grows by whole arrays; a check adds what it found in one call."""

    def __init__(self, names: pa.Array) -> None:
        self._names = names
        self._parts: list[
            tuple[npt.NDArray[np.int32], Integers, Integers, str, str, str, Floats, Floats, Integers]
        ] = []

    def add(
        self,
        bars: Bars,
        places: Integers,
        check: str,
        column: str,
        outcome: str,
        repaired: Floats | float = np.nan,
        cause_day: Integers | int = NO_DAY,
    ) -> None:
        """Add one finding for each place in `bars`; `column` empty means the row as a whole."""
        if not len(places):
            return
        original = getattr(bars, _COLUMN_OF.get(column, column))[places] if column else np.full(len(places), np.nan)
        self._parts.append(
            (
                bars.symbol[places],
                bars.day[places],
                bars.row[places],
                check,
                column,
                outcome,
                np.asarray(original, dtype=np.float64),
                np.broadcast_to(np.asarray(repaired, dtype=np.float64), len(places)),
                np.broadcast_to(np.asarray(cause_day, dtype=np.int64), len(places)),
            )
        )

    def add_missing_rows(self, symbols: npt.NDArray[np.int32], days: Integers, check: str, outcome: str) -> None:
        """Add findings about rows that should be there."""
        if not len(days):
            return
        none = np.full(len(days), np.nan)
        self._parts.append(
            (symbols, days, np.full(len(days), NO_ROW), check, "", outcome, none, none, np.full(len(days), NO_DAY))
        )

    def count(self, check: str) -> int:
        """Give how often a check found something."""
        return sum(len(part[0]) for part in self._parts if part[3] == check)

    def table(self) -> pa.Table:
        """Give all findings (schema `FINDINGS`), by symbol, date, check and column."""
        if not self._parts:
            return FINDINGS.empty_table()
        tables = []
        for symbol, day, row, check, column, outcome, original, repaired, cause in self._parts:
            size = len(symbol)
            tables.append(
                pa.table(
                    [
                        self._names.take(pa.array(symbol)),
                        _dates(day),
                        pa.array(row, mask=row == NO_ROW),
                        pa.repeat(check, size),
                        pa.repeat(column, size),
                        pa.repeat(outcome, size),
                        pa.array(original, mask=np.isnan(original)),
                        pa.array(repaired, mask=np.isnan(repaired)),
                        _dates(cause),
                    ],
                    schema=FINDINGS,
                )
            )
        by = [(name, "ascending") for name in ("symbol", "date", "row", "check", "column")]
        return pa.concat_tables(tables).sort_by(by).combine_chunks()


_COLUMN_OF = {"adjusted_close": "adjusted", "ts": "time", "date": "day"}


def _dates(days: Integers) -> pa.Array:
    return pa.array(days.astype(np.int32), mask=days == NO_DAY).cast(pa.date32())

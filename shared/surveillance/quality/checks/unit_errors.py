"""Unit errors: prices 100 times too large or too small, because the vendor mixed a currency with its hundredth part.

A step between closes counts as a change of unit if it is 1/100 or 100 within what the symbol's own noise allows; so a
reverse split of 1:20 or a crash never does. Summed up, steps give each row's unit. Right is the unit of the symbol's
last block of at least `STEADY_ROWS` rows, as vendors repair forward; but where units alternate, the most frequent
one. Each price of a row is judged against its close.
"""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars, Floats, Integers
from surveillance.quality.findings import Findings
from surveillance.quality.noise import log_returns
from surveillance.quality.settings import FIXED, Settings

HUNDRED: Final = float(np.log(100.0))
STEADY_ROWS: Final = 3
ALTERNATIONS: Final = 3
STEP_TOLERANCE: Final = 0.35
NOISE_TOLERANCE: Final = 8.0
LARGEST_TOLERANCE: Final = 1.2
EX_DATE_TOLERANCE: Final = 0.8
ROW_TOLERANCE: Final = 0.7
"""How far, in log price, a price may lie from the close of its row, its unit apart."""


def check_unit_errors(bars: Bars, settings: Settings, findings: Findings) -> Bars:
    """Divide prices of another unit by 100 or multiply them."""
    if len(bars) < 2:
        return bars
    expected = np.log(bars.split) if settings.basis == "raw" else np.zeros(len(bars))
    of_close = _units(bars, bars.close, expected)
    units = {"close": of_close, "adjusted": _units(bars, bars.adjusted, np.zeros(len(bars)))}
    for name in ("open", "high", "low"):
        apart = np.log(getattr(bars, name) / bars.close)
        whole = np.round(apart / HUNDRED)
        near = np.abs(apart - whole * HUNDRED) <= ROW_TOLERANCE
        units[name] = of_close + np.where(near, whole, 0.0).astype(np.int64)
    repaired: dict[str, Floats] = {}
    for name, unit in units.items():
        places = np.flatnonzero(unit)
        if len(places):
            values = getattr(bars, name).copy()
            values[places] /= 100.0 ** unit[places]
            repaired[name] = values
            column = "adjusted_close" if name == "adjusted" else name
            findings.add(bars, places, "unit_100x", column, FIXED, values[places])
    return bars.with_columns(**repaired) if repaired else bars


def _units(bars: Bars, values: Floats, expected: Floats) -> Integers:
    """Give each row's power of 100 relative to what is taken to be right."""
    steps = log_returns(values, bars.starts()) + expected
    whole = np.round(steps / HUNDRED)
    tolerance = np.clip(NOISE_TOLERANCE * bars.noise[bars.symbol], STEP_TOLERANCE, LARGEST_TOLERANCE)
    tolerance = np.where(bars.dividend > 0, np.maximum(tolerance, EX_DATE_TOLERANCE), tolerance)
    jump = np.where(np.abs(steps - whole * HUNDRED) <= tolerance, whole, 0.0).astype(np.int64)
    units = np.zeros(len(bars), dtype=np.int64)
    for code in np.unique(bars.symbol[jump != 0]).tolist():
        first, end = np.searchsorted(bars.symbol, (code, code + 1))
        level = np.cumsum(jump[first:end])
        units[first:end] = level - _trusted(level)
    return units


def _trusted(level: Integers) -> int:
    """Give the most frequent level where units alternate, else that of the last run of at least `STEADY_ROWS` rows."""
    bounds = np.flatnonzero(np.diff(level)) + 1
    if len(bounds) >= ALTERNATIONS:
        values, counts = np.unique(level, return_counts=True)
        return int(values[np.argmax(counts)])
    begins = np.concatenate([[0], bounds])
    sizes = np.diff(np.concatenate([begins, [len(level)]]))
    steady = np.flatnonzero(sizes >= STEADY_ROWS)
    return int(level[begins[steady[-1]]] if len(steady) else level[-1])

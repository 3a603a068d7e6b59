"""Split errors: prices that a vendor adjusted twice, not at all, or only in part.

Where a split of ratio s is listed, log prices around it (three weeks either way, as vendors are late or early) may step
by nothing but noise once the split is taken out. A step of ± log s is a change of the adjustment: rows before it are
off by that power of s, relative to the rows after. Two opposite steps enclose rows that were missed. In `raw` prices
the split itself must show; one that does not is a wrong record, not a wrong price.
"""

from typing import Final

import numpy as np

from surveillance.quality.bars import Bars, Floats, Integers
from surveillance.quality.findings import Findings
from surveillance.quality.likelihood import fit
from surveillance.quality.noise import log_returns
from surveillance.quality.settings import FIXED, FLAGGED, Settings

WINDOW_DAYS: Final = 21
SMALLEST: Final = 0.12
"""Splits of less than 12 % (stock dividends) drown in noise."""
ENOUGH: Final = 5.0
"""Nats by which ± log s must explain a step better than no change of the adjustment."""
SMALLEST_NOISE: Final = 0.01


def check_splits(bars: Bars, settings: Settings, findings: Findings) -> Bars:
    """Bring rows of another adjustment to the last row's, prices and volume; mend split records that prices deny."""
    places = np.flatnonzero((bars.split != 1.0) & (np.abs(np.log(bars.split)) >= SMALLEST) & ~bars.starts())
    if not len(places):
        return bars
    steps = _steps(bars, settings)
    raw = settings.basis == "raw"
    power = np.zeros(len(bars))
    """Log of what each row's prices must be multiplied by."""
    split = bars.split.copy()
    cause = np.full(len(bars), -1, dtype=np.int64)
    for place in places.tolist():
        size = float(np.log(bars.split[place]))
        low, high = _window(bars, place)
        signs = _changes(steps[low:high], size, max(float(bars.noise[bars.symbol[place]]), SMALLEST_NOISE))
        if not signs.any():
            continue
        if raw and signs[place - low] == 1:
            _mend_record(bars, place, low, signs, split, findings)
            continue
        first = int(np.searchsorted(bars.symbol, bars.symbol[place]))
        after = np.zeros(high - first)
        after[low - first : high - first] = signs
        later = np.cumsum(after[::-1])[::-1]
        wrong = np.concatenate([later[1:], [0.0]])
        rows = np.flatnonzero(wrong) + first
        power[rows] += wrong[rows - first] * size
        cause[rows] = bars.day[place]
    return _repaired(bars.with_columns(split=split), power, cause, findings)


def _steps(bars: Bars, settings: Settings) -> Floats:
    """Give log returns with dividends paid back, and in raw prices with listed splits taken out."""
    starts = bars.starts()
    steps = log_returns(bars.close, starts)
    if settings.basis == "raw":
        return steps + np.where(starts, 0.0, np.log(bars.split))
    return np.where(np.isfinite(bars.adjusted), log_returns(bars.adjusted, starts), steps)


def _window(bars: Bars, place: int) -> tuple[int, int]:
    first, end = np.searchsorted(bars.symbol, (bars.symbol[place], bars.symbol[place] + 1))
    days = bars.day[first:end]
    low = min(first + np.searchsorted(days, bars.day[place] - WINDOW_DAYS), place - 2)
    high = max(first + np.searchsorted(days, bars.day[place] + WINDOW_DAYS, "right"), place + 3)
    return int(max(low, first + 1)), int(min(high, end))


def _changes(steps: Floats, size: float, noise: float) -> Floats:
    """Give for each step whether the adjustment changed by the split (1), against it (−1), or not."""
    scale = np.full(len(steps), noise)
    error = steps - np.sign(steps) * abs(size)
    better = _gain(steps, error, scale)
    changed = (better >= ENOUGH) & (np.abs(error) < 0.5 * abs(size))
    return np.where(changed, np.sign(steps) * np.sign(size), 0.0)


def _gain(steps: Floats, error: Floats, scale: Floats) -> Floats:
    """Compare without the bound of `fit`, which would make two huge errors equal."""
    wild = np.log1p(np.square(steps / scale) / 3.0) - np.log1p(np.square(error / scale) / 3.0)
    return np.maximum(2.0 * wild, fit(error, scale) - fit(steps, scale))


def _mend_record(bars: Bars, place: int, low: int, signs: Floats, split: Floats, findings: Findings) -> None:
    """Move a raw split to the day on which prices show it, or leave it out where they show none."""
    found = np.flatnonzero(signs == -1)
    where = np.array([place])
    ratio = bars.split[place]
    split[place] /= ratio
    if len(found) == 1:
        moved = low + int(found[0])
        split[moved] *= ratio
        findings.add(bars, where, "split_date", "split", FIXED, ratio, int(bars.day[moved]))
    else:
        findings.add(bars, where, "split_without_step", "split", FLAGGED, 1.0)


def _repaired(bars: Bars, power: Floats, cause: Integers, findings: Findings) -> Bars:
    rows = np.flatnonzero(np.abs(power) > 1e-9)
    if not len(rows):
        return bars
    factor = np.exp(power[rows])
    columns: dict[str, Floats] = {}
    for name in ("open", "high", "low", "close", "adjusted"):
        values = getattr(bars, name).copy()
        values[rows] *= factor
        columns[name] = values
        column = "adjusted_close" if name == "adjusted" else name
        told = rows[np.isfinite(values[rows])]
        findings.add(bars, told, "split_adjustment", column, FIXED, values[told], cause[told])
    volume = bars.volume.copy()
    volume[rows] /= factor
    traded = rows[volume[rows] > 0]
    findings.add(bars, traded, "split_adjustment", "volume", FIXED, volume[traded], cause[traded])
    return bars.with_columns(volume=volume, **columns)

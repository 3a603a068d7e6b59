"""Invented histories to spoil: a seeded walk of prices as the vendor's split-adjusted csv would have it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from surveillance.quality import Inspection, Settings, inspect
from surveillance.quality.bars import Floats

FIRST_DAY = 19_000
SPLIT_ADJUSTED = Settings(basis="split_adjusted")


@dataclass
class Series:
    """One symbol's columns, to be changed in place before `inspected`."""

    day: np.ndarray[Any, np.dtype[np.int64]]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    dividend: Floats
    split: Floats
    adjusted: Floats = field(default_factory=lambda: np.empty(0))

    def pay(self, share: float, *rows: int) -> "Series":
        """Pay a share of the price at rows: prices from there on fall by it, the adjusted close follows."""
        for row in rows:
            self.dividend[row] = share * self.close[row - 1]
            for prices in self.prices():
                prices[row:] *= 1 - share
        self.adjust()
        return self

    def adjust(self) -> None:
        """Adjust by the dividends as they stand."""
        self.adjusted = self.close * adjustment(self.close, self.dividend)

    def prices(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.open, self.high, self.low, self.close

    def scale(self, rows: slice | list[int], factor: float) -> None:
        """Multiply all prices of rows, the adjusted close too."""
        for prices in (*self.prices(), self.adjusted):
            prices[rows] *= factor

    def trade(self, rows: slice, factor: float) -> None:
        """Multiply prices of rows as they were traded; the vendor's adjusted close knows of the split and stays."""
        for prices in self.prices():
            prices[rows] *= factor

    def table(self, symbol: str = "A") -> pa.Table:
        return pa.table(
            {
                "symbol": pa.repeat(symbol, len(self.day)),
                "date": pa.array(self.day.astype(np.int32)).cast(pa.date32()),
                "open": self.open,
                "high": self.high,
                "low": self.low,
                "close": self.close,
                "volume": self.volume,
                "adjusted_close": self.adjusted,
                "dividend": self.dividend,
                "split": self.split,
            }
        )

    def inspected(self, settings: Settings = SPLIT_ADJUSTED) -> Inspection:
        return inspect(self.table(), settings=settings)


def adjustment(close: Floats, dividend: Floats) -> Floats:
    steps = np.ones(len(close))
    steps[:-1] = 1 - dividend[1:] / close[:-1]
    return np.cumprod(steps[::-1])[::-1]


def walk(rows: int = 300, seed: int = 1, volatility: float = 0.012, price: float = 40.0) -> Series:
    """Make a history without faults on week days."""
    chance = np.random.default_rng(seed)
    day = np.array([FIRST_DAY + 7 * (number // 5) + number % 5 for number in range(rows)], dtype=np.int64)
    close = price * np.exp(np.cumsum(volatility * chance.standard_normal(rows)))
    opened = np.concatenate([[price], close[:-1]]) * np.exp(0.3 * volatility * chance.standard_normal(rows))
    high = np.maximum(opened, close) * np.exp(0.5 * volatility * chance.random(rows))
    low = np.minimum(opened, close) * np.exp(-0.5 * volatility * chance.random(rows))
    volume = np.round(1e5 * np.exp(0.3 * chance.standard_normal(rows)))
    series = Series(day, opened, high, low, close, volume, np.zeros(rows), np.ones(rows))
    series.adjust()
    return series


def found(inspection: Inspection) -> dict[str, set[int]]:
    """Give the rows of each check's findings, notes left out."""
    rows: dict[str, set[int]] = {}
    for finding in inspection.findings.to_pylist():
        if finding["outcome"] != "noted":
            rows.setdefault(finding["check"], set()).add(finding["row"])
    return rows


def repaired(inspection: Inspection, check: str, column: str) -> dict[int, float]:
    """Give what a check puts in a column, by row."""
    return {
        finding["row"]: finding["repaired"]
        for finding in inspection.findings.to_pylist()
        if finding["check"] == check and finding["column"] == column
    }

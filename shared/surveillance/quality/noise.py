"""Robust scale of each symbol's returns."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from surveillance.quality.bars import Floats, Mask

MAD_TO_SIGMA: Final = 1.4826
"""Of the normal distribution: σ = 1.4826 × median absolute deviation."""


def log_returns(values: Floats, starts: Mask) -> Floats:
    """Give log(v[t] / v[t−1]) within symbols; 0 at each symbol's first row and where a value is no positive number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(values)
    steps = np.zeros(len(values))
    np.subtract(logs[1:], logs[:-1], out=steps[1:], where=~starts[1:])
    steps[~np.isfinite(steps)] = 0.0
    return steps


def medians(values: Floats, symbol: npt.NDArray[np.integer[Any]], groups: int) -> Floats:
    """Give each group's median of `values`; rows are sorted by `symbol`. Groups without rows get 0."""
    order = np.lexsort((values, symbol))
    bounds = np.searchsorted(symbol, np.arange(groups + 1))
    size = np.diff(bounds)
    found = np.zeros(groups)
    some = size > 0
    low = bounds[:-1][some] + (size[some] - 1) // 2
    high = bounds[:-1][some] + size[some] // 2
    found[some] = (values[order[low]] + values[order[high]]) / 2
    return found


def scales(steps: Floats, starts: Mask, symbol: npt.NDArray[np.integer[Any]], groups: int) -> Floats:
    """Give each symbol's σ of `steps` by the median absolute step (returns are centred near 0)."""
    inner = ~starts
    return MAD_TO_SIGMA * medians(np.abs(steps[inner]), symbol[inner], groups)

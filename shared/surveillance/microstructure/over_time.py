"""Averages over time of what stands from one time to the next."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, floats, same_shape, times


def time_weighted(values: ArrayLike, ts: Any, edges: Any) -> Floats:
    """Average a step function between each edge and the next: (edges − 1,), in the unit of `values`.

    `values` (n,) stand from their `ts`, ns, to the next; the last one on. Time without a value (before the first, and
    where it is nan) weighs nothing; without any value in between the average is nan.
    """
    value, at, bounds = floats("values", values), times("ts", ts), times("edges", edges)
    same_shape(values=value, ts=at)
    rows = max(len(bounds) - 1, 0)
    if not len(value) or not rows:
        return np.full(rows, np.nan)
    points = np.union1d(at, bounds)
    points = points[(points >= bounds[0]) & (points <= bounds[-1])]
    place = np.searchsorted(at, points[:-1], "right") - 1
    standing = np.where(place < 0, np.nan, value[place])
    known = ~np.isnan(standing)
    row, span = (np.searchsorted(bounds, points[:-1], "right") - 1)[known], np.diff(points)[known]
    with np.errstate(invalid="ignore"):
        return np.bincount(row, standing[known] * span, rows) / np.bincount(row, span, rows)

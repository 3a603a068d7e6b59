"""Shares with their uncertainty; undefined is None, not 0."""

from collections.abc import Sequence
from math import sqrt
from typing import Final

WILSON_Z: Final = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution, for a 95 % interval."""


def share(part: int, whole: int) -> float | None:
    """Give part ÷ whole."""
    return part / whole if whole else None


def wilson_low(part: int, whole: int) -> float | None:
    """Give the lower end of the 95 % interval of a share; Wilson (1927), JASA 22, 209-212."""
    if not whole:
        return None
    p, z = part / whole, WILSON_Z
    middle = p + z * z / (2 * whole)
    spread = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    return max(0.0, (middle - spread) / (1 + z * z / whole))


def f1(precision: float | None, recall: float | None) -> float | None:
    """Give the harmonic mean of precision and recall."""
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def quantile(values: Sequence[float], q: float) -> float | None:
    """Give a quantile, interpolated linearly between order statistics."""
    if not values:
        return None
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def calibration_error(scores: Sequence[float], right: Sequence[bool], bins: int = 10) -> float | None:
    """Give how far scores are from the share that proves right: over bins of equal width, weighted by their alerts."""
    if not scores:
        return None
    held: dict[int, list[tuple[float, bool]]] = {}
    for score, was_right in zip(scores, right, strict=True):
        held.setdefault(min(int(score * bins), bins - 1), []).append((score, was_right))
    distance = (abs(sum(score for score, _ in each) - sum(was for _, was in each)) for each in held.values())
    return sum(distance) / len(scores)

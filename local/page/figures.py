"""An alert's figures side by side: what was observed, the threshold it passed, what is usual."""

from collections.abc import Iterator
from typing import Final

import msgspec
from surveillance.alerts import Alert

UNITS: Final = {
    "s": "s",
    "ms": "ms",
    "us": "µs",
    "ns": "ns",
    "bp": "bp",
    "minutes": "min",
    "hours": "h",
    "days": "days",
    "ticks": "ticks",
    "spreads": "spreads",
}
"""What the last word of a figure's name says of its unit."""
LIMITS: Final = ("", "min_", "max_")
USUAL: Final = ("", "usual_", "mean_", "median_")

DIGITS: Final = 4
"""Significant digits of what is no whole number."""


class Figure(msgspec.Struct, frozen=True):
    """One line. Absent is an empty text; `relation` stands between observed and threshold as the values do."""

    name: str
    observed: str = ""
    relation: str = ""
    threshold: str = ""
    usual: str = ""
    unit: str = ""


def figures_of(alert: Alert) -> list[Figure]:
    """Pair an alert's figures by their names: first what was observed, then thresholds and baselines left over."""
    return list(_figures(alert))


def _figures(alert: Alert) -> Iterator[Figure]:
    thresholds, baselines = dict(alert.thresholds), dict(alert.baselines)
    for name, observed in alert.metrics.items():
        limit = next((thresholds.pop(key) for prefix in LIMITS if (key := prefix + name) in thresholds), None)
        usual = next((baselines.pop(key) for prefix in USUAL if (key := prefix + name) in baselines), None)
        relation = "" if limit is None else "≥" if observed >= limit else "<"
        yield Figure(_words(name), _text(observed), relation, _text(limit), _text(usual), _unit(name))
    for name, limit in thresholds.items():
        yield Figure(_words(name), threshold=_text(limit), unit=_unit(name))
    for name, usual in baselines.items():
        yield Figure(_words(name), usual=_text(usual), unit=_unit(name))


def _words(name: str) -> str:
    parts = name.split("_")
    shown = parts[:-1] if len(parts) > 1 and parts[-1] in UNITS else parts
    return " ".join(shown)


def _unit(name: str) -> str:
    return UNITS.get(name.rpartition("_")[2], "") if "_" in name else ""


def _text(value: float | None) -> str:
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1e4:
        return f"{value:,.0f}"
    return f"{value:,.{DIGITS}g}"

"""Parameters of live metrics: the table `[metrics]` of a parameter file, beside those of the rules."""

from collections.abc import Iterable, Mapping
from typing import Final

from surveillance.errors import ParameterError
from surveillance.parameters import Layer

TABLE: Final = "metrics"
WINDOWS_KEY: Final = "average_windows_min"
DEFAULT_WINDOWS: Final = (5, 20)
MOST_WINDOWS: Final = 4
SHORTEST: Final = 2
LONGEST: Final = 240


def windows_of(layers: Iterable[Layer]) -> tuple[int, ...]:
    """Give the windows of the moving averages, in minutes; a later layer's stand in place of an earlier one's.

    Raises `ParameterError`.
    """
    windows: tuple[int, ...] = DEFAULT_WINDOWS
    for layer in layers:
        table = layer.get(TABLE, {})
        if not isinstance(table, Mapping) or table.keys() - {WINDOWS_KEY}:
            raise ParameterError(f"[{TABLE}] is a table with the key {WINDOWS_KEY} only.")
        if WINDOWS_KEY in table:
            windows = _checked(table[WINDOWS_KEY])
    return windows


def _checked(value: object) -> tuple[int, ...]:
    listed = tuple(value) if isinstance(value, list) else ()
    if not isinstance(value, list) or any(type(window) is not int for window in listed):
        raise ParameterError(f"[{TABLE}] {WINDOWS_KEY} is a list of whole minutes, not {value!r}.")
    return check_windows(listed)


def check_windows(windows: tuple[int, ...]) -> tuple[int, ...]:
    """Give windows in order; raises `ParameterError` for too many, the same twice, or one out of bounds."""
    if len(set(windows)) < len(windows) or len(windows) > MOST_WINDOWS:
        raise ParameterError(f"At most {MOST_WINDOWS} different windows can be averaged.")
    if any(not SHORTEST <= window <= LONGEST for window in windows):
        raise ParameterError(f"Only windows of {SHORTEST} to {LONGEST} minutes can be averaged.")
    return tuple(sorted(windows))

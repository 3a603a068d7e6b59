"""What the functions take, and the faults they refuse in one sentence (InputError).

Refused: arrays of unequal length, times that are no integers or that go back, sizes below 0, infinite values. Values,
not faults: nan (unknown), a side of size 0 (empty), locked and crossed quotes; each function says what becomes of them.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from surveillance.errors import InputError

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Signs = npt.NDArray[np.int8]
"""1 buy, −1 sell, 0 unknown."""


def floats(name: str, values: Any, dimensions: int = 1) -> Floats:
    """Take numbers as float64, nan for unknown; refuses another number of dimensions and infinite values."""
    taken = np.ascontiguousarray(values, np.float64)
    if taken.ndim != dimensions:
        raise InputError(f"{name} has {taken.ndim} dimensions, not {dimensions}.")
    if np.isinf(taken).any():
        raise InputError(f"{name} has an infinite value.")
    return taken


def sizes(name: str, values: Any, dimensions: int = 1) -> Floats:
    """Take numbers that can't be negative."""
    taken = floats(name, values, dimensions)
    if (taken < 0.0).any():
        raise InputError(f"{name} has a value below 0 at position {int(np.flatnonzero(taken.ravel() < 0.0)[0])}.")
    return taken


def integers(name: str, values: Any) -> Times:
    """Take integers as int64; refuses what is none, floats included."""
    taken = np.ascontiguousarray(values)
    if taken.ndim != 1 or not (np.issubdtype(taken.dtype, np.integer) or taken.size == 0):
        raise InputError(f"{name} is no list of integers.")
    return taken.astype(np.int64, copy=False)


def times(name: str, values: Any) -> Times:
    """Take nanoseconds, or numbers of a sequence, that never go back."""
    taken = integers(name, values)
    back = np.flatnonzero(taken[1:] < taken[:-1])
    if back.size:
        raise InputError(f"{name} goes back at position {int(back[0]) + 1}.")
    return taken


def same_shape(**arrays: npt.NDArray[Any]) -> None:
    """Refuse arrays of unequal shape."""
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{name} {'×'.join(map(str, shape))}" for name, shape in shapes.items())
        raise InputError(f"the arrays differ in length: {told}.")

"""What an indicator is: a formula, parameters, outputs with the names of their columns, and a function of bars."""

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import talib

from surveillance.errors import ParameterError

Floats = npt.NDArray[np.float64]
Outputs = Floats | tuple[Floats, ...]
LONGEST_PERIOD: Final = 10_000


class Bars(NamedTuple):
    """One symbol's bars in order of time, a float64 array of equal length each; volume NaN only before the first known.

    TA-Lib starts after leading NaN and never recovers from a later one.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class Parameter(msgspec.Struct, frozen=True):
    """A number an indicator is asked for with; whole where its minimum is an int."""

    name: str
    default: float
    minimum: float
    maximum: float = LONGEST_PERIOD


class Indicator(msgspec.Struct, frozen=True):
    """One entry of the catalogue.

    `outputs` are column names without parameters; the first `named` parameters are always appended to them, all of
    them where a later one is not at its default. `warm_up` gives the rows at a symbol's start before all outputs
    have a value. A `windowed` value depends on the last so many bars, a `recursive` one on all before, ever less, a
    `cumulative` one on all since the first.
    """

    name: str
    title: str
    formula: str
    outputs: tuple[str, ...]
    compute: Callable[..., Outputs]
    warm_up: Callable[..., int]
    parameters: tuple[Parameter, ...] = ()
    named: int = 1
    kind: Literal["windowed", "recursive", "cumulative"] = "windowed"
    needs_volume: bool = False
    source: str = "TA-Lib"

    def __call__(self, *values: float) -> "Request":
        """Ask for it with these values, defaults for the rest; raises ParameterError for one out of bounds."""
        if len(values) > len(self.parameters):
            known = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise ParameterError(f"{self.name} was given {len(values)} parameters; it has {known}.")
        checked = [
            _checked(self.name, parameter, values[place] if place < len(values) else parameter.default)
            for place, parameter in enumerate(self.parameters)
        ]
        return Request(self, tuple(checked))


class Request(msgspec.Struct, frozen=True):
    """An indicator with values for all its parameters."""

    indicator: Indicator
    values: tuple[float, ...]

    @property
    def text(self) -> str:
        """Write it as `sma:20` or `vwap`."""
        return f"{self.indicator.name}:{','.join(map(repr, self.values))}".removesuffix(":")

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns of its outputs, as `sma_20` or `bollinger_upper_20_2_5`."""
        defaults = tuple(parameter.default for parameter in self.indicator.parameters)
        named = self.indicator.named
        told = self.values[:named] if self.values[named:] == defaults[named:] else self.values
        ending = "".join(f"_{value:g}".replace(".", "_") for value in told)
        return tuple(output + ending for output in self.indicator.outputs)

    @property
    def warm_up(self) -> int:
        """Count the rows at a symbol's start before all outputs have a value."""
        return self.indicator.warm_up(*self.values)

    def compute(self, bars: Bars) -> tuple[Floats, ...]:
        """Give an array an output, as long as the bars, NaN where there is no value."""
        found = self.indicator.compute(bars, *self.values)
        return found if isinstance(found, tuple) else (found,)


def _checked(name: str, parameter: Parameter, value: float) -> float:
    whole = isinstance(parameter.minimum, int)
    if not parameter.minimum <= value <= parameter.maximum or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        bounds = f"{parameter.minimum:g} to {parameter.maximum:g}"
        raise ParameterError(f"{parameter.name} of {name} is {value:g}; it must be {kind} of {bounds}.")
    return int(value) if whole else float(value)


def talib_function(name: str) -> Callable[..., Any]:
    """Give a TA-Lib function without its look for pandas and polars series, which costs as much as a call."""
    function = getattr(talib, name)
    return getattr(function, "__wrapped__", function)  # type: ignore[no-any-return]

"""Random numbers inside kernels: Marsaglia's xorshift64* (Vigna 2016), the same on every platform and version."""

from math import cos, exp, log, pi, sqrt

import numpy as np

from surveillance.simulation.kernels.kernel import kernel
from surveillance.simulation.kernels.state import State

_LEFT = np.uint64(25)
_RIGHT = np.uint64(12)
_BACK = np.uint64(27)
_MULTIPLIER = np.uint64(2685821657736338717)
_UNUSED = np.uint64(11)
_UNIT = 2.0**-53


@kernel
def uniform(state: State) -> float:
    """Draw from (0, 1]."""
    bits = state.random_bits
    bits ^= bits >> _RIGHT
    bits ^= bits << _LEFT
    bits ^= bits >> _BACK
    state.random_bits = bits
    return (float((bits * _MULTIPLIER) >> _UNUSED) + 1.0) * _UNIT


@kernel
def exponential(state: State) -> float:
    """Draw from the exponential distribution of mean 1."""
    return -log(uniform(state))


@kernel
def normal(state: State) -> float:
    """Draw from the standard normal distribution (Box and Muller 1958)."""
    return sqrt(-2.0 * log(uniform(state))) * cos(2.0 * pi * uniform(state))


@kernel
def below(state: State, bound: int) -> int:
    """Draw an integer from 0 to bound - 1."""
    return min(int(uniform(state) * bound), bound - 1)


@kernel
def geometric(state: State, mean: float) -> int:
    """Draw a count from 0 on, of about the given mean."""
    return int(exponential(state) * mean)


@kernel
def log_normal(state: State, median: float, spread: float) -> float:
    """Draw from the log-normal distribution with that median and standard deviation of the logarithm."""
    return median * exp(spread * normal(state))

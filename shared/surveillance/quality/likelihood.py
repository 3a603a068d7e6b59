"""How well a supposed dividend or split explains a price step: log likelihood under Student's t, 3 degrees of freedom.

Heavy tails keep one wild day from deciding: a step ten standard deviations away costs 7 nats, not 50.
"""

from typing import Final

import numpy as np

from surveillance.quality.bars import Floats

DEGREES: Final = 3.0
LOWEST: Final = -8.0
TYPICAL_YIELD: Final = 0.012
YIELD_SPREAD: Final = 1.4
"""Of single payments over price: median 1.2 %, and a factor of e^1.4 ≈ 4 either way within one standard deviation."""
LEAST_PLAUSIBLE: Final = -3.0


def fit(error: Floats, scale: Floats) -> Floats:
    """Give the log likelihood of errors of a scale, up to a constant, bounded below."""
    likelihood: Floats = -(DEGREES + 1) / 2 * np.log1p(np.square(error / scale) / DEGREES)
    return np.maximum(likelihood, LOWEST)


def plausibility(share: Floats) -> Floats:
    """Give the log prior of a payment of this share of the price: log-normal, bounded below as odd payments exist."""
    positive = np.maximum(share, 1e-12)
    deviation = np.log(positive / TYPICAL_YIELD) / YIELD_SPREAD
    prior = np.maximum(-0.5 * np.square(deviation), LEAST_PLAUSIBLE)
    return np.where((share > 0) & (share < 0.9), prior, 2 * LEAST_PLAUSIBLE)

"""How liquid something is among others, or now among its own past, from depth and spread."""

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, floats, same_shape


def liquidity_score(depth: ArrayLike, spread: ArrayLike) -> Floats:
    """Give percentile of depth × (1 − percentile of spread), 0 to 1, (n,), over the rows handed in.

    Rows are instruments at one time or times of one instrument; depth usually that within 10 bp of the mid, in money
    where instruments differ, spread in bp. nan where either is nan.
    """
    depths, spreads = floats("depth", depth), floats("spread", spread)
    same_shape(depth=depths, spread=spreads)
    known = ~(np.isnan(depths) | np.isnan(spreads))
    scores = np.full(len(depths), np.nan)
    scores[known] = percentile(depths[known]) * (1.0 - percentile(spreads[known]))
    return scores


def percentile(values: Floats) -> Floats:
    """Give each value's place among all, 0 to 1: the share below it plus half the share equal to it, its own too."""
    ordered = np.sort(values)
    below, through = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    return 0.5 * (below + through) / max(len(values), 1)

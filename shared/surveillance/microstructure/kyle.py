"""Kyle's lambda: how far signed volume moves the price.

Source: Kyle, "Continuous auctions and insider trading", Econometrica 53 (1985); estimated by regression.
"""

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import floats, same_shape


def kyle_lambda(price_change: ArrayLike, signed_volume: ArrayLike, *, intercept: bool = False) -> float:
    """Give the slope of price change on signed volume, price a unit of size, by least squares over (n,) intervals.

    Through the origin, or with an intercept. Intervals with a nan are left out; nan where volume does not vary.
    """
    change, volume = floats("price_change", price_change), floats("signed_volume", signed_volume)
    same_shape(price_change=change, signed_volume=volume)
    known = ~(np.isnan(change) | np.isnan(volume))
    change, volume = change[known], volume[known]
    if intercept and len(change):
        change, volume = change - change.mean(), volume - volume.mean()
    squares = float(volume @ volume)
    return float(volume @ change) / squares if squares > 0.0 else float("nan")

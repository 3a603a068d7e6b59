"""VPIN: the volume-synchronised probability of informed trading. Context, not an alarm.

Source: Easley, López de Prado and O'Hara, "Flow toxicity and liquidity in a high-frequency world", Review of Financial
Studies 25 (2012), with their bulk classification of volume; it peaked after the flash crash, not before.
"""

from math import erf, sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from surveillance.errors import InputError
from surveillance.microstructure.inputs import Floats, floats, same_shape, sizes

BUCKETS: Final = 50
"""Buckets a day, each of 1/50 of the average daily volume, and buckets that are averaged over."""


def bucket_changes(price: ArrayLike, size: ArrayLike, bucket_volume: float) -> Floats:
    """Cut trades, in order, into buckets of equal volume and give each whole bucket's change of price, (buckets,).

    A trade that crosses a bucket's end is split. A bucket's price is that of the trade that fills it; the first change
    is from the first trade's price. What is left at the end makes no bucket.
    """
    prices, traded = floats("price", price), sizes("size", size)
    same_shape(price=prices, size=traded)
    if not bucket_volume > 0.0:
        raise InputError("the volume of a bucket must be above 0.")
    reached = np.cumsum(traded)
    buckets = int(reached[-1] / bucket_volume) if len(reached) else 0
    closing = np.searchsorted(reached, bucket_volume * np.arange(1, buckets + 1), "left")
    return np.diff(prices[np.minimum(closing, len(prices) - 1)], prepend=prices[:1])


def buy_share(price_change: ArrayLike) -> Floats:
    """Give the share of a bucket's volume that was bought, Φ(ΔP/σ), (n,), σ of the changes handed in with ddof 1.

    All nan with fewer than two changes, or where all are equal.
    """
    changes = floats("price_change", price_change)
    deviation = float(np.std(changes, ddof=1)) if len(changes) > 1 else 0.0
    if not deviation > 0.0:
        return np.full(len(changes), np.nan)
    return np.array([0.5 * (1.0 + erf(each / deviation / sqrt(2.0))) for each in changes.tolist()])


def vpin(price_change: ArrayLike, buckets: int = BUCKETS) -> Floats:
    """Give Σ |V^B − V^S| / (n V) over each run of n buckets, 0 to 1, at its last bucket, (n,); nan before.

    Each run has its own σ, so that nothing later than the bucket is known.
    """
    changes = floats("price_change", price_change)
    if buckets < 2:
        raise InputError("VPIN averages over two buckets or more.")
    told = np.full(len(changes), np.nan)
    for end in range(buckets, len(changes) + 1):
        told[end - 1] = np.mean(np.abs(2.0 * buy_share(changes[end - buckets : end]) - 1.0))
    return told

"""Half-space trees: full binary trees that cut the unit cube at random, made before any data is seen.

Source: Tan, Ting and Liu, "Fast anomaly detection for streaming data", IJCAI 2011; the way of cutting, padded, is that
of River's HalfSpaceTrees, whose trees of the same seed these are.
"""

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

PADDING: Final = 0.15
"""A cut keeps this share of a range away from its ends."""


def plant(trees: int, height: int, figures: int, seed: int) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Give, for each tree and inner node, the figure it looks at and where it cuts: two (trees, 2^height − 1) arrays.

    Node n's children are 2n + 1, for values below the cut, and 2n + 2.
    """
    chance = Random(seed)  # noqa: S311 - its sequence is the same everywhere
    figure = np.zeros((trees, 2**height - 1), np.int8)
    cut = np.zeros((trees, 2**height - 1))
    for tree in range(trees):
        _split(figure[tree], cut[tree], 0, height, [(0.0, 1.0)] * figures, chance)
    return figure, cut


def _split(
    figure: NDArray[np.int8],
    cut: NDArray[np.float64],
    node: int,
    height: int,
    limits: list[tuple[float, float]],
    chance: Random,
) -> None:
    """Cut a node's box, along a side drawn by length, and the halves in turn."""
    if height == 0:
        return
    lengths = list(accumulate(high - low for low, high in limits))
    chosen = bisect(lengths, chance.random() * lengths[-1], 0, len(lengths) - 1)
    low, high = limits[chosen]
    first, last = low + PADDING * (high - low), high - PADDING * (high - low)
    at = first + (last - first) * chance.random()
    figure[node], cut[node] = chosen, at
    for side, half in enumerate(((low, at), (at, high)), start=1):
        _split(figure, cut, 2 * node + side, height - 1, [*limits[:chosen], half, *limits[chosen + 1 :]], chance)

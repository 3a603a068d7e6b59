"""How likely an alert is to be right, by its rule and the strength of its evidence.

A rule's `step` gives a strength on a scale of its own, from which severity follows. The score is a probability: the
share of a rule's alerts of that strength that were right in simulated sessions, at most .97 since few were played.
`LIKELY` holds it as points (strength, probability) with straight lines between them; the first and the last hold beyond
them. An alert of low severity, and a rule without points, keep their strength.

The points were set by hand from scorecards of tuning seeds; docs/scorecard.md tells how far off they are on others.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

LEAST: Final = 0.5
"""Strengths below are of low severity."""

LIKELY: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "spoofing": ((0.5, 0.5), (0.69, 0.6), (0.86, 0.95), (0.97, 0.97)),
    "layering": ((0.5, 0.5), (0.69, 0.6), (0.85, 0.95), (0.97, 0.97)),
    "quote_stuffing": ((0.88, 0.95), (0.98, 0.97)),
    "wash_trading": ((0.5, 0.85), (0.65, 0.92), (0.8, 0.92), (0.95, 0.97)),
    "pre_arranged_trading": ((0.75, 0.92), (0.95, 0.97)),
    "painting_the_tape": ((0.7, 0.95), (0.95, 0.97)),
    "front_running": ((0.75, 0.9), (0.95, 0.97)),
    "flipping": ((0.88, 0.95), (0.98, 0.97)),
    "pinging": ((0.88, 0.95), (0.98, 0.97)),
    "excessive_order_to_trade": ((0.95, 0.97),),
    "liquidity_evaporation": ((0.5, 0.8), (0.98, 0.9)),
    "price_velocity": ((0.5, 0.9), (0.89, 0.93)),
    "wide_spread": ((0.5, 0.9), (0.89, 0.95)),
    "locked_crossed_market": ((0.5, 0.95), (0.75, 0.97)),
    "trade_through": ((0.5, 0.95), (0.85, 0.97)),
    "stub_quote": ((0.5, 0.95), (0.65, 0.97)),
    "abnormal_volume": ((0.5, 0.85), (0.89, 0.9)),
    "fat_finger": ((0.8, 0.9), (0.95, 0.97)),
    "pump_and_dump": ((0.8, 0.93), (0.96, 0.96)),
    "momentum_ignition": ((0.5, 0.6), (0.65, 0.7), (0.85, 0.92), (0.97, 0.95)),
    "marking_the_close": ((0.8, 0.95), (0.96, 0.97)),
    "ramping": ((0.8, 0.93), (0.96, 0.97)),
    "volatility_spike": ((0.5, 0.9), (0.85, 0.95)),
    "price_breakout": ((0.5, 0.85), (0.85, 0.9)),
    "price_gap": ((0.5, 0.93), (0.89, 0.97)),
    "news_impact": ((0.5, 0.93), (0.89, 0.97)),
    "feed_staleness": ((0.5, 0.97),),
    "sequence_gap": ((0.5, 0.97),),
    "clock_skew": ((0.5, 0.95), (0.75, 0.97)),
    "zscore_anomaly": ((0.65, 0.9), (0.89, 0.95)),
    "half_space_trees": ((0.65, 0.9), (0.89, 0.95)),
    "isolation_forest": ((0.65, 0.9), (0.89, 0.95)),
}


def likelihood(rule: str, strength: float) -> float:
    """Give the probability that an alert of this strength is right."""
    points = LIKELY.get(rule)
    if points is None or strength < LEAST:
        return strength
    strengths, shares = ([point[place] for point in points] for place in (0, 1))
    return float(np.interp(strength, strengths, shares))

"""Z-score anomaly: a minute in which several figures at once lie far above what is usual for the instrument.

The figures of a whole minute (move and range of the mid, volume, trades, spread, imbalance and mean size of new orders,
messages, cancels a new order) are compared with the exponential mean and variance of their square roots over the
session. One figure `alone_z` or more standard deviations above the usual is told at low severity. It is medium where
`together` or more of them lie `min_z` above it, one of these `top_z`, and order flow is among them: that the price
moves, spreads widen and much is traded goes together in any market. Lows are no surprise: silence has a rule of its
own. The first minutes of a session only teach; a minute shortly after a story, or before the close, stays low.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_MINUTES
from surveillance.parameters import Parameter
from surveillance.rules import figures
from surveillance.rules.figures import CLOSING, FIGURES, WARM_UP_MINUTES, finding, is_explained, strange
from surveillance.rules.finding import Finding, Story

ID, VERSION, TITLE = "zscore_anomaly", 1, "Z-score anomaly"
KIND, TIER = "condition", 0
ANSWERS = ("zscore_anomaly", "half_space_trees", "isolation_forest")
NEEDS = ("order", "trade", "quote")
WANTS, KEY, BY_VENUE = ON_MINUTES, "market", False
SOURCES = (figures.__file__,)

PARAMETERS = (
    Parameter("min_z", 2.5, "σ of the square root", 0.5, 20, "how far a figure must lie above the usual to count"),
    Parameter("top_z", 5, "σ of the square root", 0.5, 20, "and the one that lies furthest, for medium severity"),
    Parameter("together", 3, "figures", 1, FIGURES, "how many must count, for medium severity"),
    Parameter("alone_z", 6, "σ of the square root", 0.5, 20, "one such figure is told at low severity"),
    Parameter("warm_up_minutes", WARM_UP_MINUTES, "minutes", 10, 1000, "whole minutes of the session before it"),
    CLOSING,
)

ROW = [("together", "i8")]


@kernel
def opens(event, minute, p):
    """Say whether any figure stands out in a session that is known."""
    if minute.minutes < p.warm_up_minutes:
        return False
    least = min(p.alone_z, p.top_z)
    for k in range(FIGURES):
        if minute.z[k] >= least:
            return True
    return False


@kernel
def step(event, minute, row, p):
    """Count the figures that stand out."""
    row.expires = minute.ts - 1
    top = 0.0
    row.together = 0
    for k in range(FIGURES):
        top = max(top, minute.z[k])
        row.together += minute.z[k] >= p.min_z
    if strange(minute, p.min_z) >= p.together and top >= p.top_z and not is_explained(minute, p):
        return min(0.65 + 0.05 * (row.together - p.together) + 0.03 * min(top - p.top_z, 5.0), 0.89)
    return 0.3 if top >= p.alone_z else 0.0


def explain(row: np.void, minute: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the figures that stood out, the furthest first."""
    z = minute["z"]
    least = min(p["min_z"], float(z.max()))
    drove = [int(k) for k in np.argsort(-z, kind="stable") if z[k] >= least]
    lead = (
        f"In the minute that ended at {story.at(int(minute['ts']))} {int(row['together'])} of {FIGURES} figures of "
        f"{story.symbol} lay {p['min_z']:g} or more standard deviations above what is usual in this session "
        f"(threshold for more than low severity: {p['together']:g}, one of them {p['top_z']:g})."
    )
    thresholds = {name: p[name] for name in ("min_z", "top_z", "together", "alone_z", "closing_s")}
    return finding(minute, drove, lead, story, thresholds)

"""Half-space trees: a minute whose figures together lie where hardly any minute of the instrument lay of late.

Random half-space trees cut the space of the figures (how far each lies above the usual, `rules/figures.py`) in two.
A minute's mass is how many of the last `WINDOW` minutes fell into the same boxes, weighed by how small these are; the
score is 1 − mass ÷ the largest possible, as in River's HalfSpaceTrees, with which it is tested. Masses are learnt by
the window, so the market's own habits move along. `min_score` gives an alert at low severity; it is medium from
`high_score` on where at least two figures lie `min_z` above the usual, order flow among them (see `zscore_anomaly`).
The figures named are those without which the score would be lower, and those far above the usual. A minute shortly
after a story, or before the close, stays low.

Source: Tan, Ting and Liu, "Fast anomaly detection for streaming data", IJCAI 2011.
"""

import numpy as np

from surveillance.anomaly import half_space
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_MINUTES
from surveillance.events import DAY
from surveillance.parameters import Parameter
from surveillance.rules import figures
from surveillance.rules.figures import CLIP, CLOSING, FIGURES, WARM_UP_MINUTES, finding, is_explained, strange
from surveillance.rules.finding import Finding, Story

ID, VERSION, TITLE = "half_space_trees", 1, "Half-space trees"
KIND, TIER = "condition", 0
ANSWERS = ("half_space_trees", "zscore_anomaly", "isolation_forest")
NEEDS = ("order", "trade", "quote")
WANTS, KEY, BY_VENUE = ON_MINUTES, "market", False
ACROSS_SESSIONS = True
SOURCES = (half_space.__file__, figures.__file__)

PARAMETERS = (
    Parameter("min_score", 0.65, "score", 0, 1, "for low severity"),
    Parameter("high_score", 0.7, "score", 0, 1, "for medium severity"),
    Parameter("min_z", 2.5, "σ of the square root", 0, 20, "two figures must lie so far above the usual"),
    Parameter("warm_up_minutes", WARM_UP_MINUTES, "minutes", 10, 1000, "whole minutes of the session before it"),
    CLOSING,
)

TREES, HEIGHT, WINDOW, SEED = 25, 6, 20, 1
LIMIT = 0.1 * WINDOW
"""A box with fewer minutes is not looked into."""
MOST = float(TREES * WINDOW * (2 ** (HEIGHT + 1) - 1))
_planted = half_space.plant(TREES, HEIGHT, FIGURES, SEED)
FIGURE, CUT = _planted[0].ravel(), _planted[1].ravel()
INNER, NODES = 2**HEIGHT - 1, 2 ** (HEIGHT + 1) - 1
_KEPT_NS = 30 * DAY
ROW = [
    ("seen", "i8"),  # minutes of the running window
    ("windows", "i8"),  # complete
    ("score", "f8"),
    ("at", "f8", (FIGURES,)),
    ("less", "f8", (FIGURES,)),  # how much lower the score would be with a figure as usual
    ("mass", "u1", (TREES, NODES)),  # of the last complete window
    ("latest", "u1", (TREES, NODES)),
]


@kernel
def _score(row):
    """Score the place `row.at` by the masses of the last complete window."""
    total = 0.0
    for tree in range(TREES):
        node = 0
        weight = 1.0
        while True:
            total += row.mass[tree, node] * weight
            if row.mass[tree, node] < LIMIT or node >= INNER:
                break
            place = tree * INNER + node
            node = 2 * node + 1 if row.at[FIGURE[place]] < CUT[place] else 2 * node + 2
            weight *= 2.0
    return 1.0 - total / MOST


@kernel
def _learn(row):
    """Count the place `row.at` in every box it lies in; a full window takes the place of the one before."""
    for tree in range(TREES):
        node = 0
        while True:
            row.latest[tree, node] += 1
            if node >= INNER:
                break
            place = tree * INNER + node
            node = 2 * node + 1 if row.at[FIGURE[place]] < CUT[place] else 2 * node + 2
    row.seen += 1
    if row.seen == WINDOW:
        row.seen = 0
        row.windows += 1
        for tree in range(TREES):
            for node in range(NODES):
                row.mass[tree, node] = row.latest[tree, node]
                row.latest[tree, node] = 0


@kernel
def step(event, minute, row, p):
    """Score a minute by the window before, then learn it."""
    row.expires = minute.ts + _KEPT_NS
    far = 0
    for k in range(FIGURES):
        row.at[k] = min(max(minute.z[k], 0.0), CLIP) / CLIP
        far += minute.z[k] >= p.min_z
    found = 0.0
    if row.windows and minute.minutes >= p.warm_up_minutes:
        row.score = _score(row)
        if row.score >= p.min_score and far:
            for k in range(FIGURES):
                kept = row.at[k]
                row.at[k] = 0.0
                row.less[k] = row.score - _score(row)
                row.at[k] = kept
            found = 0.3
            if row.score >= p.high_score and strange(minute, p.min_z) >= 2 and not is_explained(minute, p):
                found = min(0.65 + (row.score - p.high_score), 0.89)
    if minute.minutes >= figures.LEARNT:
        _learn(row)
    return found


def explain(row: np.void, minute: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the score, and the figures without which it would be lower."""
    drove = [
        int(k) for k in np.argsort(-row["less"], kind="stable") if row["less"][k] > 0 or minute["z"][k] >= p["min_z"]
    ]
    score = float(row["score"])
    lead = (
        f"In the minute that ended at {story.at(int(minute['ts']))} the figures of {story.symbol} together lay where "
        f"few of its last {WINDOW} minutes lay: score {score:.3f} (thresholds {p['min_score']:g}, and "
        f"{p['high_score']:g} for more than low severity)."
    )
    thresholds = {name: p[name] for name in ("min_score", "high_score", "min_z", "closing_s")}
    told = finding(minute, drove, lead, story, thresholds)
    told.metrics = {"score": score, **told.metrics}
    return told

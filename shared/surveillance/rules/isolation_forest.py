"""Isolation forest: a minute unlike the minutes of ordinary markets, whatever the instrument.

A forest, trained in batch over sessions without a plan (`surveillance train`; `models/isolation_forest.json` says over
which), isolates a minute by random cuts through its figures, each as its distance above what is usual for the
instrument: the fewer cuts, the higher the score, which is that of scikit-learn's `score_samples`, negated. `min_score`
gives an alert at low severity; it is medium from `high_score` on where `together` or more figures lie `min_z` above the
usual, order flow among them (see `zscore_anomaly`). The figures named are those without which the score would be lower,
and those far above the usual. A minute shortly after a story, or before the close, stays low. The parameter `model` is
the model's own number: it can't be set, and makes alerts of another model others.

Source: Liu, Ting and Zhou, "Isolation Forest", ICDM 2008.
"""

import numpy as np

from surveillance import models
from surveillance.anomaly import forest
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_MINUTES
from surveillance.parameters import Parameter
from surveillance.rules import figures
from surveillance.rules.figures import CLIP, CLOSING, FIGURES, WARM_UP_MINUTES, finding, is_explained, strange
from surveillance.rules.finding import Finding, Story

ID, VERSION, TITLE = "isolation_forest", 1, "Isolation forest"
KIND, TIER = "condition", 0
ANSWERS = ("isolation_forest", "zscore_anomaly", "half_space_trees")
NEEDS = ("order", "trade", "quote")
WANTS, KEY, BY_VENUE = ON_MINUTES, "market", False
SOURCES = (str(models.ISOLATION_FOREST), forest.__file__, figures.__file__)

MODEL = forest.decode(models.ISOLATION_FOREST.read_bytes())
NUMBER = int(MODEL.digest[:8], 16)
PARAMETERS = (
    Parameter("min_score", 0.62, "score", 0, 1, "for low severity"),
    Parameter("high_score", 0.64, "score", 0, 1, "for medium severity"),
    Parameter("min_z", 2.5, "σ of the square root", 0, 20, "how far a figure must lie above the usual to count"),
    Parameter("together", 3, "figures", 1, FIGURES, "how many must count, for medium severity"),
    Parameter("warm_up_minutes", WARM_UP_MINUTES, "minutes", 10, 1000, "whole minutes of the session before it"),
    CLOSING,
    Parameter("model", NUMBER, "number", NUMBER, NUMBER, "which model scores: the first half of its digest"),
)
FIRST = MODEL.first
FIGURE, CUT, SECOND = MODEL.arrays()
TREES = len(FIRST)
USUAL_LENGTH = MODEL.usual_length
LEAF = forest.LEAF
ROW = [
    ("score", "f8"),
    ("at", "f4", (FIGURES,)),
    ("less", "f8", (FIGURES,)),  # how much lower the score would be with a figure as usual
]


@kernel
def _score(row):
    """Score the place `row.at`: 2 to the power of minus the mean path length, in units of the usual one."""
    total = 0.0
    for tree in range(TREES):
        node = FIRST[tree]
        while FIGURE[node] != LEAF:
            node = node + 1 if row.at[FIGURE[node]] <= CUT[node] else SECOND[node]
        total += CUT[node]
    return 2.0 ** (-total / (TREES * USUAL_LENGTH))


@kernel
def opens(event, minute, p):
    """Say whether any figure lies far enough above the usual in a session that is known."""
    if minute.minutes < p.warm_up_minutes:
        return False
    for k in range(FIGURES):
        if minute.z[k] >= p.min_z:
            return True
    return False


@kernel
def step(event, minute, row, p):
    """Score a minute, and again without each figure if that is worth telling."""
    row.expires = minute.ts - 1
    for k in range(FIGURES):
        row.at[k] = min(max(minute.z[k], 0.0), CLIP)
    row.score = _score(row)
    if row.score < p.min_score:
        return 0.0
    for k in range(FIGURES):
        kept = row.at[k]
        row.at[k] = 0.0
        row.less[k] = row.score - _score(row)
        row.at[k] = kept
    if row.score < p.high_score or strange(minute, p.min_z) < p.together or is_explained(minute, p):
        return 0.3
    return min(0.65 + 2.0 * (row.score - p.high_score), 0.89)


def explain(row: np.void, minute: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the score, and the figures without which it would be lower."""
    drove = [
        int(k)
        for k in np.argsort(-row["less"], kind="stable")
        if row["less"][k] > 0.002 or minute["z"][k] >= p["min_z"]
    ]
    score = float(row["score"])
    lead = (
        f"In the minute that ended at {story.at(int(minute['ts']))} the figures of {story.symbol} were unlike those of "
        f"ordinary minutes, on which the model {NUMBER} was trained: score {score:.3f} (thresholds {p['min_score']:g}, "
        f"and {p['high_score']:g} for more than low severity)."
    )
    thresholds = {name: p[name] for name in ("min_score", "high_score", "min_z", "together", "closing_s", "model")}
    told = finding(minute, drove, lead, story, thresholds)
    told.metrics = {"score": score, **told.metrics}
    return told

"""Sequence gap: the feed skipped messages that could not be had again.

From the `gap` statuses of the ingester, which alone sees whole channels. Severity rises with the number of messages
that are missing; a gap of unknown size counts as large.
"""

import numpy as np

from surveillance.engine.arrow import NONE
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_STATUSES
from surveillance.events import SECOND, STATES
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story

ID, VERSION, TITLE = "sequence_gap", 1, "Sequence gap"
KIND, TIER, ANSWERS = "condition", 0, ("sequence_gap",)
NEEDS = ("status",)
WANTS, KEY, BY_VENUE = ON_STATUSES, "market", True
WHILE_CLOSED = True

PARAMETERS = (
    Parameter("min_missing", 1, "messages", 1, 1e12, "smaller gaps are counted, not told"),
    Parameter("high_missing", 1000, "messages", 1, 1e12, "from here on severity is high"),
)

GAP = STATES["gap"]
ROW = [("missing", "i8"), ("from_seq", "i8"), ("to_seq", "i8")]


@kernel
def step(event, context, row, p):
    """Count what is missing."""
    row.expires = context.ts + SECOND
    if event.state != GAP:
        return 0.0
    row.from_seq = event.from_seq
    row.to_seq = event.to_seq
    row.missing = -1
    if event.from_seq != NONE and event.to_seq != NONE:
        row.missing = event.to_seq - event.from_seq + 1
        if row.missing < p.min_missing:
            return 0.0
        return 0.55 if row.missing < p.high_missing else 0.75
    return 0.75


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell what is missing and from where."""
    ts, missing = int(context["ts"]), int(row["missing"])
    first, last = (int(row[name]) for name in ("from_seq", "to_seq"))
    channel = story.text("channel")
    where = f"channel {channel}" if channel else "the feed"
    what = "every symbol of the feed" if story.symbol == "*" else story.symbol
    size = f"{missing:,} messages, numbers {first} to {last}," if missing >= 0 else "An unknown number of messages"
    return Finding(
        start_ts=ts,
        end_ts=ts,
        sentences=[
            f"{size} are missing from {where} after {story.at(ts)} (threshold {p['min_missing']:g}); this concerns "
            f"{what}.",
            "They could not be had again; alerts of this session say in their completeness that they rest on a record "
            "with gaps.",
        ],
        tier=0,
        first_evidence=f"{channel or ''}:{first if first != NONE else ''}-{last if last != NONE else ''}@{ts}",
        metrics={"missing": float(missing)} if missing >= 0 else {},
        thresholds={name: p[name] for name in ("min_missing", "high_missing")},
    )

"""Feed staleness: nothing was received from a feed or channel for too long while its session was open.

The ingester measures silence and says so in a `silent` status, since no event means no invocation here. The alert
runs from the last event (`since_ts`, where the status tells it) to the status. The end of a file is not staleness.
"""

import numpy as np

from surveillance.engine.arrow import NONE
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_STATUSES
from surveillance.events import SECOND, STATES
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, duration

ID, VERSION, TITLE = "feed_staleness", 1, "Feed staleness"
KIND, TIER, ANSWERS = "condition", 0, ("feed_staleness",)
NEEDS = ("status",)
WANTS, KEY, BY_VENUE = ON_STATUSES, "market", True
WHILE_CLOSED = True

PARAMETERS = (
    Parameter("min_silence_s", 1, "s", 0, 86_400, "shorter silences are no news, where their length is known"),
)

SILENT = STATES["silent"]
ROW = [("since_ts", "i8"), ("silent_ts", "i8")]


@kernel
def step(event, context, row, p):
    """Take the ingester's word."""
    row.expires = context.ts + SECOND
    if event.state != SILENT:
        return 0.0
    row.silent_ts = event.ts
    row.since_ts = event.ts if event.since_ts == NONE or event.since_ts > event.ts else event.since_ts
    if event.since_ts != NONE and row.silent_ts - row.since_ts < p.min_silence_ns:
        return 0.0
    return 0.75


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell which channel fell silent, and since when."""
    since, silent = int(row["since_ts"]), int(row["silent_ts"])
    what = "The whole feed" if story.symbol == "*" else story.symbol
    channel = story.text("channel")
    lasted = f" for {duration(silent - since)}, since {story.at(since)}" if silent > since else ""
    return Finding(
        start_ts=since,
        end_ts=silent,
        sentences=[
            f"{what} was silent{lasted}{f' on channel {channel}' if channel else ''}; the ingester said so at "
            f"{story.at(silent)}.",
            "What traded in that time is not in this system: rules could not see it.",
        ],
        tier=0,
        first_evidence=f"{channel or ''}@{since}",
        metrics={"silence_s": (silent - since) / 1e9},
        thresholds={"min_silence_s": p["min_silence_s"]},
    )

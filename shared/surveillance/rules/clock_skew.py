"""Clock skew: what a live feed sends is stamped far from the time at which it arrives.

The ingester compares event times with its own clock and says `skewed` once an episode; the status carries the clock
in `ts` and the newest event's time in `since_ts`. A feed that lags sends stale data, one whose stamps lie ahead has a
wrong clock: both put events of several venues into a false order. Recorded feeds are never skewed.

Regulation (EU) 2017/574 asks far more of venues' clocks; here only what would mislead the rules is told.
"""

import numpy as np

from surveillance.engine.arrow import NONE
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_STATUSES
from surveillance.events import SECOND, STATES
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, duration

ID, VERSION, TITLE = "clock_skew", 1, "Clock skew"
KIND, TIER, ANSWERS = "condition", 0, ("clock_skew",)
NEEDS = ("status",)
WANTS, KEY, BY_VENUE = ON_STATUSES, "market", True
WHILE_CLOSED = True

PARAMETERS = (
    Parameter("min_skew_s", 1, "s", 0, 86_400, "smaller ones are no news, where their size is known"),
    Parameter("high_skew_s", 60, "s", 0, 86_400, "from here on severity is high"),
)

SKEWED = STATES["skewed"]
ROW = [("skew_ns", "i8"), ("known", "i1")]


@kernel
def step(event, context, row, p):
    """Take the ingester's word."""
    row.expires = context.ts + SECOND
    if event.state != SKEWED:
        return 0.0
    row.known = event.since_ts != NONE
    row.skew_ns = event.ts - event.since_ts if row.known else 0
    if not row.known:
        return 0.55
    if abs(row.skew_ns) < p.min_skew_ns:
        return 0.0
    return 0.75 if abs(row.skew_ns) >= p.high_skew_ns else 0.55


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell which channel, by how much, and in which direction."""
    ts, skew = int(context["ts"]), int(row["skew_ns"])
    what = "The whole feed" if story.symbol == "*" else story.symbol
    channel = story.text("channel")
    where = f"{what}{f' on channel {channel}' if channel else ''}"
    if row["known"]:
        how = "behind" if skew > 0 else "ahead of"
        first = f"{where} was stamped {duration(abs(skew))} {how} the ingester's clock at {story.at(ts)}"
        first += f" (threshold {p['min_skew_s']:g} s)."
    else:
        first = f"{where} was stamped far from the ingester's clock at {story.at(ts)}; the status does not say how far."
    second = "Its clock is wrong or its data late"
    return Finding(
        start_ts=ts,
        end_ts=ts,
        sentences=[first, f"{second}; what rules say of the order of events across feeds may not hold."],
        tier=0,
        first_evidence=f"{channel or ''}@{ts}",
        metrics={"skew_s": skew / 1e9} if row["known"] else {},
        thresholds={name: p[name] for name in ("min_skew_s", "high_skew_s")},
    )

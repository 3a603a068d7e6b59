"""Liquidity evaporation: the depth of the book goes within a second, and nobody traded it away.

The ten best levels of both sides are added up ten times a second, and once a second the highest sum of that second is
kept for a minute. The alert is complete when the depth is at most `max_left` of the median of at least `min_seconds`
kept ones, was above `min_before` of it within the last second, `min_fall` or more of that is gone, and trades took at
most `max_traded_share` of what is missing; and when it then stays below `max_left` for `stays_s` and is `stays_left` or
less: quotes that are entered anew are back by then. It is told once until the depth is back above `min_before`. After
`silence_s` without an order nothing is judged for as long: what a feed catches up with did not happen at once.

Many orders must have gone meanwhile, `min_withdrawn` or more cancelled or given another price: where a few large orders
are most of a thin book, each of them that is quoted anew looks like a flight. A feed that shows fewer than ten levels
says nothing about them: the rule does not apply.

Source: SEC and CFTC, Findings regarding the market events of May 6, 2010 (liquidity in the order book).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_DEPTH
from surveillance.events import SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount

ID, VERSION, TITLE = "liquidity_evaporation", 1, "Liquidity evaporation"
KIND, TIER, ANSWERS = "pattern", 1, ("liquidity_evaporation",)
NEEDS = ("order",)
WANTS, KEY, BY_VENUE = ON_DEPTH, "market", False
NEEDS_LEVELS = 10

PARAMETERS = (
    Parameter("max_left", 0.36, "share of the median depth", 0, 1, "what is left"),
    Parameter("min_before", 0.62, "share of the median depth", 0, 1, "what was there a second before"),
    Parameter("min_fall", 0.5, "share of the depth a second before", 0, 1, "what is gone"),
    Parameter("max_traded_share", 0.3, "share of what is missing", 0, 1, "how much of it trades may have taken"),
    Parameter("min_withdrawn", 20, "orders", 0, 10_000, "cancelled or re-priced in that time"),
    Parameter("stays_s", 0.3, "s", 0, 10, "how long most of it must stay away"),
    Parameter("stays_left", 0.34, "share of the median depth", 0, 1, "what is left then, or later"),
    Parameter("silence_s", 5, "s", 0.1, 60, "without orders, and then until the rule judges again"),
    Parameter("min_seconds", 30, "s", 5, 60, "seconds with a known depth before the median means something"),
)

_TOLD = ("max_left", "min_before", "min_fall", "max_traded_share", "min_withdrawn", "stays_s", "stays_left")
KEPT, SAMPLES = 60, 10
FORGOTTEN_NS = 120 * SECOND
ROW = [
    ("second", "i8"),
    ("highest", "f8"),  # depth in the running second
    ("count", "i8"),  # seconds seen
    ("told", "i8"),
    ("heard_ts", "i8"),  # first order after a silence
    ("last_ts", "i8"),
    ("gone_ts", "i8"),  # since when most of it has been away, 0 while it is there
    ("gone_score", "f8"),
    ("traded", "f8"),  # executed so far, both sides of each execution
    ("withdrawn", "i8"),  # orders cancelled or re-priced so far
    ("place", "i8"),  # of the next sample
    ("before", "f8"),  # what an alert tells
    ("before_ts", "i8"),
    ("left", "f8"),
    ("taken", "f8"),
    ("gone", "i8"),
    ("median", "f8"),
    ("depths", "f8", (KEPT,)),  # in order of time, round and round
    ("ordered", "f8", (KEPT,)),  # the same, smallest first
    ("sample_ts", "i8", (SAMPLES,)),
    ("sample", "f8", (SAMPLES,)),
    ("sample_traded", "f8", (SAMPLES,)),
    ("sample_withdrawn", "i8", (SAMPLES,)),
]


@kernel
def _keep(row, depth):
    """Put a second's depth in the place of the one a minute ago, in both orders."""
    filled = min(row.count, KEPT)
    k = filled
    if row.count >= KEPT:
        gone = row.depths[row.count % KEPT]
        k = 0
        while row.ordered[k] != gone:
            k += 1
        while k < KEPT - 1:
            row.ordered[k] = row.ordered[k + 1]
            k += 1
    while k > 0 and row.ordered[k - 1] > depth:
        row.ordered[k] = row.ordered[k - 1]
        k -= 1
    row.ordered[k] = depth
    row.depths[row.count % KEPT] = depth
    row.count += 1


@kernel
def _median(row):
    filled = min(row.count, KEPT)
    return (row.ordered[(filled - 1) // 2] + row.ordered[filled // 2]) / 2


@kernel
def _vanished(context, row, depth, p):
    """Compare a depth with the highest of the last second; give the score where most of it went untraded."""
    best = -1
    for k in range(SAMPLES):
        if row.sample_ts[k] == 0 or context.ts - row.sample_ts[k] > SECOND:
            continue
        more = best < 0 or row.sample[k] > row.sample[best]
        if more or (row.sample[k] == row.sample[best] and row.sample_ts[k] < row.sample_ts[best]):
            best = k
    if best < 0 or row.sample[best] < p.min_before * row.median:
        return 0.0
    if row.sample[best] - depth < p.min_fall * row.sample[best]:
        return 0.0
    taken = row.traded - row.sample_traded[best]
    if taken > p.max_traded_share * (row.sample[best] - depth):
        return 0.0
    gone = row.withdrawn - row.sample_withdrawn[best]
    if gone < p.min_withdrawn:
        return 0.0
    row.gone = gone
    row.before = row.sample[best]
    row.before_ts = row.sample_ts[best]
    row.left = depth
    row.taken = taken
    return 0.88 + 0.1 * (1.0 - depth / (p.max_left * row.median))


@kernel
def step(event, context, row, p):
    """Take a depth; compare it with the last second and the last minute."""
    row.traded += context.executed_since
    row.withdrawn += context.withdrawn_since
    depth = context.near_bid + context.near_ask
    row.expires = context.ts + FORGOTTEN_NS
    if context.ts - row.last_ts >= p.silence_ns:
        row.heard_ts = context.ts
    row.last_ts = context.ts
    second = context.ts // SECOND
    if second != row.second:
        if row.second:
            _keep(row, row.highest)
            row.median = _median(row)
        row.second = second
        row.highest = depth
    row.highest = max(row.highest, depth)
    score = 0.0
    if row.told:
        row.told = depth < p.min_before * row.median
    elif depth > p.max_left * row.median:
        row.gone_ts = 0
    elif row.count >= p.min_seconds and row.median > 0:
        if row.gone_ts == 0 and context.ts - row.heard_ts >= p.silence_ns:
            row.gone_score = _vanished(context, row, depth, p)
            row.gone_ts = context.ts if row.gone_score > 0 else 0
        stays = row.gone_ts and context.ts - row.gone_ts >= p.stays_ns
        if stays and depth <= p.stays_left * row.median:
            score = row.gone_score
            row.left = depth
            row.gone_ts = 0
            row.told = 1
    row.sample_ts[row.place] = context.ts
    row.sample[row.place] = depth
    row.sample_traded[row.place] = row.traded
    row.sample_withdrawn[row.place] = row.withdrawn
    row.place = (row.place + 1) % SAMPLES
    return score


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell how much stood there, how much is left, and how little of it was traded."""
    before, left, median, taken = (float(row[name]) for name in ("before", "left", "median", "taken"))
    start, end = int(row["before_ts"]), int(context["ts"])
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=[
            f"At {story.at(start)} the ten best levels of both sides of {story.symbol} held {amount(round(before))}; "
            f"the median of the last minute was {amount(round(median))}.",
            f"At {story.at(end)}, {(end - start) / 1e6:.0f} ms later, {amount(round(left))} was left: "
            f"{left / median:.0%} of the median (threshold {p['stays_left']:.0%}, after {p['max_left']:.0%} for "
            f"{p['stays_s']:g} s).",
            f"Executions of {amount(taken)} in between explain little of it (at most {p['max_traded_share']:.0%} of "
            f"what is missing): {int(row['gone'])} orders were withdrawn (threshold {p['min_withdrawn']:g}).",
        ],
        tier=1,
        metrics={
            "left_share": left / median,
            "before": before,
            "left": left,
            "traded": taken,
            "withdrawn": float(row["gone"]),
        },
        thresholds={name: p[name] for name in _TOLD},
        baselines={"median_depth": median},
    )

"""Wide spread: the quoted spread stays far above what this market is used to.

The spread in basis points of the mid is above max(`floor_bp`, `multiple` × its running median over about the last
minute) for `duration_s` without a break. The median is taken over one sample a second, at the second's first event, at
least `min_samples` of them, none of them from inside a wide stretch. A stretch raises one alert, with the first event
after its time that changes the best prices or begins a second. An empty side has no spread and ends the stretch; a halt
ends it too.

It is of low severity below `plain_bp`, medium from there on, and high at five times that: in a market where a tick is
much of the spread, three ticks are soon there. It is of low severity too in a market of less than `min_messages` a
minute: where quotes come rarely, one that is taken or withdrawn is missed for a while.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_TOUCH
from surveillance.events import SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "wide_spread", 1, "Wide spread"
KIND, TIER, ANSWERS = "condition", 0, ("wide_spread",)
NEEDS = ("quote", "order")
WANTS, KEY, BY_VENUE = ON_TOUCH, "market", False

PARAMETERS = (
    Parameter("floor_bp", 2, "bp of the mid", 0, 10_000, "never wide below this"),
    Parameter("plain_bp", 10, "bp of the mid", 0, 10_000, "low below this, high at five times this"),
    Parameter("multiple", 3, "× running median", 1, 1000, "how far above the usual spread"),
    Parameter("duration_s", 4, "s", 0.000001, 3600, "for how long"),
    Parameter("min_messages", 1000, "messages a minute", 0, 1e9, "usual, for more than low severity"),
    Parameter("min_samples", 20, "one-second samples", 1, 61, "before the median means something"),
)

SAMPLES = 61
PLAIN = 0.45
"""Strength where a spread is wide for its market only."""
_KEPT_NS = 3600 * SECOND
ROW = [
    ("since_ts", "i8"),
    ("told", "i8"),
    ("limit", "f8"),
    ("worst", "f8"),
    ("bid", "f8"),
    ("ask", "f8"),
    ("told_since_ts", "i8"),  # the stretch told last
    ("told_limit", "f8"),
    ("told_worst", "f8"),
    ("told_bid", "f8"),
    ("told_ask", "f8"),
    ("told_median", "f8"),
    ("sampled_second", "i8"),
    ("samples", "i8"),
    ("median", "f8"),
    ("sample", "f8", (SAMPLES,)),
    ("sorted", "f8", (SAMPLES,)),
]


@kernel
def _sample(row, spread):
    """Replace the oldest sample in the sorted ring by a new one and take the median."""
    place = row.samples % SAMPLES
    count = min(row.samples, SAMPLES)
    if count == SAMPLES:
        gone = row.sample[place]
        k = 0
        while row.sorted[k] != gone:
            k += 1
        for n in range(k, count - 1):
            row.sorted[n] = row.sorted[n + 1]
        count -= 1
    row.sample[place] = spread
    k = count
    while k > 0 and row.sorted[k - 1] > spread:
        row.sorted[k] = row.sorted[k - 1]
        k -= 1
    row.sorted[k] = spread
    row.samples += 1
    row.median = row.sorted[(count + 1) // 2]


@kernel
def step(event, context, row, p):
    """Follow the spread through an event that may have changed it."""
    ts = context.ts
    row.expires = ts + _KEPT_NS
    if row.since_ts < context.opened_ts:
        row.since_ts = 0
    score = 0.0
    if row.since_ts and not row.told and ts - row.since_ts >= p.duration_ns:
        row.told = 1
        row.told_since_ts = row.since_ts
        row.told_limit = row.limit
        row.told_worst = row.worst
        row.told_bid = row.bid
        row.told_ask = row.ask
        row.told_median = row.median
        score = min(max(0.5, 0.45 + 0.05 * row.worst / max(row.limit, p.plain_bp)), 0.89)
        if row.worst < p.plain_bp or context.message_mean < p.min_messages:
            score = PLAIN
    bid, ask = context.bid_after, context.ask_after
    spread = (ask - bid) * 2e4 / (ask + bid)
    limit = max(p.floor_bp, p.multiple * row.median)
    if row.samples >= p.min_samples and spread > limit:
        if row.since_ts == 0:
            row.since_ts = ts
            row.told = 0
            row.worst = 0.0
            row.limit = limit
        if spread > row.worst:
            row.worst = spread
            row.bid = bid
            row.ask = ask
        return score
    row.since_ts = 0
    if ts // SECOND != row.sampled_second and not np.isnan(spread):
        row.sampled_second = ts // SECOND
        _sample(row, spread)
    return score


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell how wide, against what, and for how long."""
    since, now = int(row["told_since_ts"]), int(context["ts"])
    detected = since + round(p["duration_s"] * 1e9)
    times = f"{row['told_worst'] / row['told_median']:.1f} times " if row["told_median"] > 0 else "beside "
    return Finding(
        start_ts=since,
        end_ts=now,
        sentences=[
            f"The spread of {story.symbol} widened at {story.at(since)} and stayed above {row['told_limit']:.1f} bp "
            f"for {duration(now - since)} (threshold {p['duration_s']:g} s).",
            f"At its widest the quotes were {amount(float(row['told_bid']))} and {amount(float(row['told_ask']))}: "
            f"{row['told_worst']:.1f} bp of the mid, {times}the usual {row['told_median']:.1f} bp "
            f"(threshold {p['multiple']:g} times).",
        ],
        tier=0,
        detected_ts=detected,
        metrics={"spread_bp": float(row["told_worst"]), "seconds": (now - since) / 1e9},
        thresholds={name: p[name] for name in ("floor_bp", "plain_bp", "multiple", "duration_s", "min_messages")}
        | {"limit_bp": float(row["told_limit"])},
        baselines={"median_spread_bp": float(row["told_median"])},
    )

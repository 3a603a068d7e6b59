"""Locked or crossed market: a bid stands at or above an ask.

On one venue that is a fault of its data and told at once; where its two sides came in events of their own, the older
one may only be out of date, and it is told at low severity. Across venues it is told once it lasted `duration_s`
without a break, both quotes confirmed by their venues within `fresh_s` all that time: a venue that fell silent crosses
nobody. A market that is only locked (bid = ask) is of low severity, one that is crossed of more. A stretch raises one
alert; what happens between two quotes changes nothing, so that it is told with the first quote after its time.

Source: SEC Regulation NMS, rule 610(d), for why venues avoid it.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_QUOTES
from surveillance.events import SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "locked_crossed_market", 1, "Locked or crossed market"
KIND, TIER, ANSWERS = "condition", 0, ("locked_crossed_market",)
NEEDS = ("quote",)
WANTS, KEY, BY_VENUE = ON_QUOTES, "market", False

PARAMETERS = (
    Parameter("duration_s", 0.8, "s", 0, 3600, "across venues: for how long"),
    Parameter("fresh_s", 5, "s", 0.001, 3600, "across venues: since when both venues must have quoted"),
)

ONE_VENUE, ACROSS = 1, 2
_KEPT_NS = 3600 * SECOND
ROW = [
    ("since_ts", "i8"),  # across venues; 0 = not crossed
    ("told", "i1"),
    ("fresh", "i1"),
    ("bid", "f8"),  # at its widest
    ("ask", "f8"),
    ("faulty", "i8"),  # the venue whose own quote is crossed
    ("kind", "i1"),  # what was told last
    ("at_once", "i1"),  # one event quoted both sides
    ("told_since_ts", "i8"),
    ("told_bid", "f8"),
    ("told_ask", "f8"),
]


@kernel
def opens(event, context, p):
    """Say whether a quote leaves its venue or the market locked or crossed."""
    return context.venue_bid >= context.venue_ask or (context.venues > 1 and context.bid_after >= context.ask_after)


@kernel
def _tell(row, kind, since_ts, bid, ask):
    row.kind = kind
    row.told_since_ts = since_ts
    row.told_bid = bid
    row.told_ask = ask


@kernel
def step(event, context, row, p):
    """Follow the market through a quote."""
    ts = context.ts
    if row.since_ts < context.opened_ts:
        row.since_ts = 0
    score = 0.0
    if row.since_ts and not row.told and row.fresh and ts - row.since_ts >= p.duration_ns:
        row.told = 1
        _tell(row, ACROSS, row.since_ts, row.bid, row.ask)
        score = 0.65 if row.bid > row.ask else 0.4
    if context.venue_bid >= context.venue_ask:
        if row.faulty != event.venue:
            row.faulty = event.venue
            _tell(row, ONE_VENUE, ts, context.venue_bid, context.venue_ask)
            row.at_once = not (np.isnan(event.bid_price) or np.isnan(event.ask_price))
            score = 0.75 if context.venue_bid > context.venue_ask else 0.6
            if not row.at_once:
                score = 0.3
    elif row.faulty == event.venue:
        row.faulty = 0
    if row.faulty or context.venues < 2 or not context.bid_after >= context.ask_after:
        row.since_ts = 0
    else:
        if row.since_ts == 0:
            row.since_ts = ts
            row.told = 0
            row.bid = context.bid_after
            row.ask = context.ask_after
        row.fresh = min(context.bid_ts, context.ask_ts) >= ts - p.fresh_ns
        if not row.fresh and not row.told:
            row.since_ts = ts
        if context.bid_after - context.ask_after > row.bid - row.ask:
            row.bid = context.bid_after
            row.ask = context.ask_after
    row.expires = ts + _KEPT_NS if row.since_ts or row.faulty else ts
    return score


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell who was crossed, how far, and for how long."""
    since, now = int(row["told_since_ts"]), int(context["ts"])
    bid, ask = float(row["told_bid"]), float(row["told_ask"])
    how = "crossed" if bid > ask else "locked"
    across = int(row["kind"]) == ACROSS
    overlap_bp = (bid - ask) * 2e4 / (bid + ask)
    if across:
        sentences = [
            f"The market in {story.symbol} was {how} across venues from {story.at(since)} on, for at least "
            f"{duration(now - since)} (threshold {p['duration_s']:g} s), both venues quoting within the last "
            f"{p['fresh_s']:g} s.",
            f"At its widest one venue bid {amount(bid)} and another asked {amount(ask)}: {overlap_bp:.1f} bp of the "
            f"mid.",
        ]
    else:
        sentences = [
            f"{story.text('venue')} quoted {story.symbol} {how} in itself at {story.at(since)}: bid {amount(bid)}, ask "
            f"{amount(ask)}.",
            "A venue's own bid does not reach its own ask: this is a fault of its data, and what rests on these "
            "quotes may be wrong."
            if row["at_once"]
            else "It quoted the two sides at different times; the older one may be out of date, and what rests on it "
            "wrong.",
        ]
    return Finding(
        start_ts=since,
        end_ts=now,
        sentences=sentences,
        tier=0,
        detected_ts=since + round(p["duration_s"] * 1e9) if across else now,
        metrics={"bid": bid, "ask": ask, "overlap_bp": overlap_bp, "seconds": (now - since) / 1e9},
        thresholds={name: p[name] for name in ("duration_s", "fresh_s")} if across else {},
    )

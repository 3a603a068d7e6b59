"""Stub quote: a venue's two-sided quote lies so far from the market that it is not meant to trade.

As a quote is entered, its bid lies more than `band` below the best bid of the other venues, or its ask as much above
their best ask. Within `opening_s` after the open and `closing_s` before the close, where the session has a schedule of
less than a day, `edge_band` holds instead. One side alone is no stub; nor is a quote that others moved away from,
which is judged when it is next entered. A stretch of such quotes of one venue raises one alert.

Source: SEC press release 2010-216, on the rules that ended stub quotes after 2010-05-06: 8 % where circuit breakers
apply, 20 % near the open and the close, 30 % elsewhere (set `band` by asset class or venue).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_QUOTES
from surveillance.events import DAY, SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount

ID, VERSION, TITLE = "stub_quote", 1, "Stub quote"
KIND, TIER, ANSWERS = "condition", 0, ("stub_quote",)
NEEDS = ("quote",)
WANTS, KEY, BY_VENUE = ON_QUOTES, "market", True

PARAMETERS = (
    Parameter("band", 0.07, "share of the others' best price", 0.0001, 1, "how far is too far"),
    Parameter("edge_band", 0.17, "share of the others' best price", 0.0001, 1, "near the open and the close"),
    Parameter("opening_s", 900, "s", 0, 86_400, "how long after the open `edge_band` holds"),
    Parameter("closing_s", 1500, "s", 0, 86_400, "how long before the close `edge_band` holds"),
)

_KEPT_NS = 3600 * SECOND
ROW = [("venue", "i8"), ("band", "f8")]


@kernel
def opens(event, context, p):
    """Say whether both sides are quoted and one of them is far away."""
    return (
        context.venues > 1
        and context.venue_bid < context.venue_ask
        and (
            context.venue_bid < context.others_bid * (1.0 - p.band)
            or context.venue_ask > context.others_ask * (1.0 + p.band)
        )
    )


@kernel
def _band(context, p):
    ts, opened = context.ts, max(context.session, context.opened_ts)
    scheduled = context.close_ts > ts and context.close_ts - context.session < DAY
    if scheduled and (ts - opened < p.opening_ns or context.close_ts - ts <= p.closing_ns):
        return max(p.edge_band, p.band)
    return p.band


@kernel
def step(event, context, row, p):
    """Judge a quote as it is entered."""
    far = opens(event, context, p)
    if far:
        row.band = _band(context, p)
        far = context.venue_bid < context.others_bid * (1.0 - row.band) or context.venue_ask > context.others_ask * (
            1.0 + row.band
        )
    if not far:
        if row.venue == event.venue:
            row.venue = 0
            row.expires = context.ts
        return 0.0
    known = row.venue == event.venue
    row.venue = event.venue
    row.expires = context.ts + _KEPT_NS
    if known:
        return 0.0
    below = 1.0 - context.venue_bid / context.others_bid
    above = context.venue_ask / context.others_ask - 1.0
    return 0.65 if below > row.band and above > row.band else 0.55


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the quote beside the others' best prices."""
    ts, band = int(context["ts"]), float(row["band"])
    bid, ask, best_bid, best_ask = (float(context[n]) for n in ("venue_bid", "venue_ask", "others_bid", "others_ask"))
    below, above = 1 - bid / best_bid if best_bid else 0.0, ask / best_ask - 1 if best_ask else 0.0
    shares = [
        f"its {side} {share:.1%} away from the best {side} elsewhere, {amount(best)}"
        for side, share, best in (("bid", below, best_bid), ("ask", above, best_ask))
        if share > band
    ]
    return Finding(
        start_ts=ts,
        end_ts=ts,
        sentences=[
            f"{story.text('venue')} quoted {story.symbol} at {amount(bid)} to {amount(ask)} at {story.at(ts)}: "
            f"{' and '.join(shares)} (threshold {band:.1%}).",
            "A quote so far from the market only keeps up the appearance of quoting; it trades when nothing else is "
            "left.",
        ],
        tier=0,
        metrics={"bid_share_away": below, "ask_share_away": above},
        thresholds={"band": band},
        baselines={"others_bid": best_bid, "others_ask": best_ask},
    )

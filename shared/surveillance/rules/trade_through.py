"""Trade-through: a print at a price worse than another venue had been showing.

A print that sets prices lies more than `min_distance_bp` below the best bid, or above the best ask, that another venue
had shown for a second: its price, or the one it stood at before it was made better within the last second. A venue
that has not quoted within three seconds is not held against others, nor are the other venues while they cross each
other. Prints marked as intermarket sweeps, auctions, odd lots, outside hours, late or averaged are exempt. Prints of a
venue that follow each other are one alert.

A tick or so is of low severity: reports of trades and quotes take their own ways, and it is more often they that are
late than a better price that is passed by. It is medium from `clear_distance_bp` on.

Sources: SEC Regulation NMS, rule 611, with its exceptions (b)(3) to (b)(6) and, for the second, (b)(8).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_TRADES
from surveillance.events import CONDITIONS, SECOND
from surveillance.features.bars import sets_price
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount

ID, VERSION, TITLE = "trade_through", 1, "Trade-through"
KIND, TIER, ANSWERS = "condition", 0, ("trade_through",)
NEEDS = ("trade", "quote")
WANTS, KEY, BY_VENUE = ON_TRADES, "market", True

PARAMETERS = (
    Parameter("min_distance_bp", 0.5, "bp of the price shown", 0, 10_000, "smaller differences are left alone"),
    Parameter("clear_distance_bp", 2.5, "bp of the price shown", 0, 10_000, "for medium severity"),
)

_EXEMPT = sum(
    1 << (CONDITIONS[word] - 1)
    for word in ("auction_open", "auction_close", "odd_lot", "intermarket_sweep", "extended_hours")
)
ROW = [("shown", "f8"), ("side", "i8"), ("distance_bp", "f8")]


@kernel
def opens(event, context, p):
    """Say whether a print is worse than what others have shown."""
    return context.venues > 1 and (event.price < context.others_bid or event.price > context.others_ask)


@kernel
def step(event, context, row, p):
    """Judge a print."""
    row.expires = context.ts + SECOND
    if not opens(event, context, p) or event.conditions & _EXEMPT or not sets_price(event):
        return 0.0
    if context.others_bid >= context.others_ask:
        return 0.0
    row.side = -1 if event.price < context.others_bid else 1
    row.shown = context.others_bid if row.side < 0 else context.others_ask
    row.distance_bp = (event.price - row.shown) * row.side * 1e4 / row.shown
    if row.distance_bp <= p.min_distance_bp:
        return 0.0
    return min(0.55 + 0.01 * row.distance_bp, 0.85) if row.distance_bp >= p.clear_distance_bp else 0.4


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the print beside the price that others showed."""
    ts, below = int(context["ts"]), int(row["side"]) < 0
    shown, distance_bp = float(row["shown"]), float(row["distance_bp"])
    price = shown * (1 + int(row["side"]) * distance_bp / 1e4)
    side, worse = ("bid", "below") if below else ("ask", "above")
    return Finding(
        start_ts=ts,
        end_ts=ts,
        sentences=[
            f"{story.symbol} printed at {amount(round(price, 8))} on {story.text('venue') or 'a venue'} at "
            f"{story.at(ts)}, {distance_bp:.1f} bp {worse} the {side} of {amount(shown)} (threshold "
            f"{p['min_distance_bp']:g} bp, for more than low severity {p['clear_distance_bp']:g} bp).",
            f"Another venue had been showing that {side}, or a better one, for a second or more; whoever "
            f"{'sold' if below else 'bought'} here could have had it.",
        ],
        trades=[int(context["trade"])] if context["trade"] else [],
        tier=0,
        metrics={"price": price, "distance_bp": distance_bp},
        thresholds={name: p[name] for name in ("min_distance_bp", "clear_distance_bp")},
        baselines={"shown": shown},
    )

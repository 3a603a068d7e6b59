"""Layering: a stack of orders on one side leans on the price while a small order on the other side is filled, then
goes.

At a fill, the owner's live orders on the other side form a stack: at least `min_levels` prices, `min_depth_share` of
the ten best levels, at least `size_ratio` × the filled order, with nothing comparable left on the fill's side. The
alert is complete when `cancelled_share` of the stack has been cancelled within `window_s` of the fill and at most
`max_reentered_share` came back. A stack's order that is re-priced to stay away from the touch counts as cancelled,
once; without accounts as entered again too. One stack of an owner is followed at a time. The quotes of an owner that
makes a market, by reference data or since it enters orders on both sides as a matter of course, are no stack.

Without accounts the stack is the last burst of orders on that side, and the alert a candidate.

Sources: Regulation (EU) 2016/522, Annex II, section 1, indicator 4(f)(i); CFTC v. Sarao (2015).
"""

from operator import itemgetter

import numpy as np

from surveillance.engine.batch import CANCEL, FILL, NEW, REPLACE
from surveillance.engine.gates import STACKED
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_ORDERS
from surveillance.engine.tables import STACK
from surveillance.features.baselines import makes_market
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration, side_word

ID, VERSION, TITLE = "layering", 1, "Layering"
KIND, TIER, ANSWERS = "pattern", 2, ("layering", "spoofing")
NEEDS = ("order",)
WANTS, KEY, BY_VENUE = ON_ORDERS, "position", True
OPENED_BY = {STACKED: itemgetter("min_levels")}

PARAMETERS = (
    Parameter("min_levels", 3, "price levels", 2, 32, "prices the stack stands at"),
    Parameter("min_depth_share", 0.09, "share", 0, 1, "of its side's ten best levels"),
    Parameter("size_ratio", 2.5, "× the filled order", 1, 1000, "how much larger the stack is"),
    Parameter("cancelled_share", 0.6, "share", 0.1, 1, "of the stack that goes"),
    Parameter("max_reentered_share", 0.5, "share", 0, 10, "of the stack that may come back"),
    Parameter("window_s", 22, "s", 0.000001, 600, "fill to withdrawal"),
)

ROW = [
    ("side", "i8"),
    ("levels", "i8"),
    ("orders", "i8"),
    ("quantity", "f8"),
    ("depth_share", "f8"),
    ("stack_ts", "i8"),
    ("cancelled", "f8"),
    ("reentered", "f8"),
    ("gone", "i8"),  # a bit for each order that was re-priced away
    ("fill", "i8"),
    ("fill_account", "i8"),
    ("fill_trade", "i8"),
    ("fill_price", "f8"),
    ("fill_quantity", "f8"),
    ("fill_ts", "i8"),
    ("keys", "i8", (STACK,)),
]


@kernel
def opens(event, context, p):
    """Say whether a fill has a stack against it."""
    if event.action != FILL or context.stack_levels < p.min_levels:
        return False
    order = max(context.filled + context.still_open, context.removed)
    if context.stack_quantity < p.size_ratio * order:
        return False
    if context.owner and (context.stack_quantity < p.size_ratio * context.quantity_same or makes_market(context)):
        return False
    depth = max(context.depth, context.stack_quantity)
    return context.stack_quantity >= p.min_depth_share * depth


@kernel
def _arm(event, context, row, p):
    row.side = -context.side
    row.levels = context.stack_levels
    row.orders = context.stack_orders
    row.quantity = context.stack_quantity
    row.depth_share = context.stack_quantity / max(context.depth, context.stack_quantity)
    row.stack_ts = context.stack_entered_ts
    for k in range(context.stack_orders):
        row.keys[k] = context.stack_keys[k]
    row.cancelled = 0.0
    row.reentered = 0.0
    row.gone = 0
    row.fill = context.order
    row.fill_account = context.account
    row.fill_trade = context.trade
    row.fill_price = event.price
    row.fill_quantity = context.removed
    row.fill_ts = context.ts
    row.expires = context.ts + p.window_ns


@kernel
def _place_of(row, order):
    for k in range(row.orders):
        if row.keys[k] == order and not row.gone >> k & 1:
            return k
    return -1


@kernel
def step(event, context, row, p):
    """Follow the stack after the fill until enough of it is gone."""
    if row.orders == 0:
        if opens(event, context, p):
            _arm(event, context, row, p)
        return 0.0
    if event.action == FILL:
        if row.fill == context.order:
            row.fill_quantity += context.removed
        elif row.cancelled == 0 and opens(event, context, p):
            _arm(event, context, row, p)
        return 0.0
    if context.side != row.side or not context.tracked or context.restated:
        return 0.0
    if event.action == NEW:
        row.reentered += event.quantity
        return 0.0
    place = _place_of(row, context.order)
    if place < 0:
        return 0.0
    if event.action == CANCEL:
        row.cancelled += context.removed
    elif event.action == REPLACE:
        row.cancelled += context.removed
        if context.repriced:
            row.cancelled += context.still_open
            row.gone |= np.int64(1) << place
            if context.owner == 0:
                row.reentered += context.still_open
    if row.cancelled < p.cancelled_share * row.quantity or row.reentered > p.max_reentered_share * row.quantity:
        return 0.0
    size = min(row.quantity / (max(row.fill_quantity, 1e-12) * p.size_ratio) / 4, 1.0)
    levels = min(row.levels / (2 * p.min_levels), 1.0)
    speed = 1.0 - (context.ts - row.fill_ts) / p.window_ns
    told = 0.04 * size + 0.03 * levels + 0.04 * row.depth_share + 0.03 * speed
    score = (0.55 if context.owner == 0 else 0.85) + told
    row.orders = -row.orders
    row.expires = context.ts
    return score


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell what stood, what was filled, and what went."""
    side, known = int(row["side"]), bool(context["owner"])
    keys = [int(key) for key in row["keys"][: -int(row["orders"])]][::-1]
    gone = int(context["ts"])
    filled_ts = int(row["fill_ts"])
    quantity, filled = float(row["quantity"]), float(row["fill_quantity"])
    sentences = [
        f"{story.who(int(row['fill_account']))} had {len(keys)} {side_word(side)} orders for {amount(quantity)} "
        f"{story.symbol} at "
        f"{row['levels']} prices (threshold {p['min_levels']:g}), {row['depth_share']:.0%} of the ten best levels of "
        f"that side "
        f"(threshold {p['min_depth_share']:.0%}); the first was entered at {story.at(int(row['stack_ts']))}."
        if known
        else f"A burst of {len(keys)} {side_word(side)} orders for {amount(quantity)} {story.symbol} stood at "
        f"{row['levels']} prices "
        f"(threshold {p['min_levels']:g}), {row['depth_share']:.0%} of the ten best levels (threshold "
        f"{p['min_depth_share']:.0%}); "
        f"the feed does not say whose they are.",
        f"On the other side {amount(filled)} was filled ({side_word(-side)}) at {amount(float(row['fill_price']))} at "
        f"{story.at(filled_ts)}, {quantity / filled:.1f} times less than the stack (threshold {p['size_ratio']:g} "
        f"times).",
        f"{row['cancelled'] / quantity:.0%} of the stack was cancelled within {duration(gone - filled_ts)} of that "
        f"fill "
        f"(thresholds {p['cancelled_share']:.0%} and {p['window_s']:g} s)"
        + ("." if known else "; without accounts this is a candidate only."),
    ]
    return Finding(
        start_ts=int(row["stack_ts"]),
        end_ts=gone,
        sentences=sentences,
        orders=[*keys, int(row["fill"])],
        trades=[int(row["fill_trade"])],
        accounts=[int(row["fill_account"])],
        candidate=not known,
        tier=3 if context["owner_known"] else 2 if known else 1,
        metrics={
            "levels": float(row["levels"]),
            "depth_share": float(row["depth_share"]),
            "size_ratio": quantity / filled,
            "cancelled_share": float(row["cancelled"]) / quantity,
            "seconds_after_fill": (gone - filled_ts) / 1e9,
        },
        thresholds={
            name: p[name] for name in ("min_levels", "min_depth_share", "size_ratio", "cancelled_share", "window_s")
        },
    )

"""Flipping: a large order draws others to its price, is cancelled, and its owner trades against them at that price.

(1) A displayed order of at least `size_multiple` × the market's usual order size is entered without trading, at most
`max_levels_away` better levels off, and at least doubles what is shown at its price; (2) it is cancelled within
`lifetime_s`, most of it unfilled, and not by the venue to prevent a trade with oneself; (3) within `within_ms` of that
the same owner's order on the other side, entered since, is filled at the same price, or better where it would have
taken that price. The fill's speed raises the score. At most `SUSPECTS` orders of an owner are followed at once, the
newest. Needs accounts.

Source: CFTC v. Oystacher (N.D. Ill., complaint of 2015): large orders that at least doubled the quantity at their
price level, cancelled and flipped to the other side.
"""

from operator import itemgetter

import numpy as np

from surveillance.engine.batch import FILL, NEW
from surveillance.engine.gates import LARGE
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_ORDERS
from surveillance.events import CANCEL_REASONS
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration, side_word

ID, VERSION, TITLE = "flipping", 1, "Flipping"
KIND, TIER, ANSWERS = "pattern", 2, ("flipping",)
NEEDS = ("account",)
WANTS, KEY, BY_VENUE = ON_ORDERS, "position", True
OPENED_BY = {LARGE: itemgetter("size_multiple")}

PARAMETERS = (
    Parameter("size_multiple", 2.5, "× usual order size", 1, 1000, "how large the order is"),
    Parameter("shown_multiple", 1, "× the quantity shown", 0, 1000, "what it adds to its price"),
    Parameter("max_levels_away", 3, "better levels", 0, 64, "how near the touch it was entered"),
    Parameter("max_filled_share", 0.25, "share", 0, 1, "how much of it may have been filled"),
    Parameter("lifetime_s", 30, "s", 0.000001, 600, "entry to cancel"),
    Parameter("within_ms", 250, "ms", 0.001, 10_000, "cancel to fill on the other side"),
    Parameter("warm_up_orders", 50, "orders", 1, 100_000, "orders of the market before its usual size means something"),
)

SUSPECTS = 4
PREVENTED = CANCEL_REASONS["self_trade_prevention"]
ROW = [
    ("next", "i8"),
    ("hit", "i8"),
    ("order", "i8", (SUSPECTS,)),
    ("account", "i8", (SUSPECTS,)),
    ("side", "i8", (SUSPECTS,)),
    ("price", "f8", (SUSPECTS,)),
    ("quantity", "f8", (SUSPECTS,)),
    ("shown", "f8", (SUSPECTS,)),
    ("usual", "f8", (SUSPECTS,)),
    ("entered_ts", "i8", (SUSPECTS,)),
    ("cancelled_ts", "i8", (SUSPECTS,)),  # 0 while it lives
    ("fill", "i8"),
    ("fill_account", "i8"),
    ("fill_trade", "i8"),
    ("fill_quantity", "f8"),
]


@kernel
def opens(event, context, p):
    """Say whether an event is a large resting order that doubles what is shown at its price."""
    if event.action != NEW or context.owner == 0 or event.quantity < p.size_multiple * context.usual_quantity:
        return False
    if context.restated or not context.displayed or context.orders < p.warm_up_orders or np.isnan(event.price):
        return False
    other = context.ask if context.side > 0 else context.bid
    if (event.price - other) * context.side >= 0 or context.levels_away > p.max_levels_away:
        return False
    return event.quantity >= p.shown_multiple * context.shown


@kernel
def _suspect(event, context, row):
    k = row.next
    row.next = (k + 1) % SUSPECTS
    row.order[k] = context.order
    row.account[k] = context.account
    row.side[k] = context.side
    row.price[k] = event.price
    row.quantity[k] = event.quantity
    row.shown[k] = context.shown
    row.usual[k] = context.usual_quantity
    row.entered_ts[k] = context.ts
    row.cancelled_ts[k] = 0


@kernel
def _limit(context, row, p):
    """Follow an owner no longer than one of its suspects can be completed."""
    row.expires = context.ts
    for k in range(SUSPECTS):
        if row.order[k] == 0:
            continue
        over = row.cancelled_ts[k] if row.cancelled_ts[k] else row.entered_ts[k] + p.lifetime_ns
        row.expires = max(row.expires, over + p.within_ns)


@kernel
def _takes(event, context, price):
    """Say whether a fill is at a price, or better for an order that would have taken it."""
    better = (price - event.price) * context.side
    willing = (context.price - price) * context.side
    return better >= 0 and not willing < 0


@kernel
def step(event, context, row, p):
    """Follow an owner's large orders until it trades where one of them stood."""
    if event.action == NEW:
        if opens(event, context, p):
            _suspect(event, context, row)
            row.expires = context.ts + p.lifetime_ns + p.within_ns
        return 0.0
    if not context.tracked:
        return 0.0
    if event.action != FILL:
        for k in range(SUSPECTS):
            if row.order[k] == context.order and row.cancelled_ts[k] == 0:
                gone = context.still_open <= p.max_filled_share * row.quantity[k]
                if gone and event.reason != PREVENTED and context.ts - row.entered_ts[k] <= p.lifetime_ns:
                    row.cancelled_ts[k] = context.ts
                    _limit(context, row, p)
                elif gone or context.repriced:
                    row.order[k] = 0
                    _limit(context, row, p)
        return 0.0
    for n in range(SUSPECTS):
        k = (row.next + n) % SUSPECTS
        if row.order[k] == 0:
            continue
        if row.order[k] == context.order:
            if context.filled > p.max_filled_share * row.quantity[k]:
                row.order[k] = 0
        elif row.cancelled_ts[k] and row.side[k] == -context.side and _takes(event, context, row.price[k]):
            apart = context.ts - row.cancelled_ts[k]
            if apart > p.within_ns or context.entered_ts < row.entered_ts[k]:
                continue
            row.order[k] = -row.order[k]
            row.hit = k
            row.fill = context.order
            row.fill_account = context.account
            row.fill_trade = context.trade
            row.fill_quantity = context.removed
            size = min(row.quantity[k] / (row.usual[k] * p.size_multiple) / 4, 1.0)
            return 0.88 + 0.05 * size + 0.05 * (1.0 - apart / p.within_ns)
    return 0.0


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell what was shown, when it went, and what its owner did at that price."""
    k = int(row["hit"])
    side = int(row["side"][k])
    entered, cancelled, filled = int(row["entered_ts"][k]), int(row["cancelled_ts"][k]), int(context["ts"])
    quantity, usual, shown = (float(row[name][k]) for name in ("quantity", "usual", "shown"))
    price = amount(float(row["price"][k]))
    return Finding(
        start_ts=entered,
        end_ts=filled,
        sentences=[
            f"{story.who(int(row['account'][k]))} entered a {side_word(side)} order for {amount(quantity)} "
            f"{story.symbol} at {price} at {story.at(entered)}: {quantity / usual:.1f} times the usual order size of "
            f"{amount(round(usual, 1))} (threshold {p['size_multiple']:g} times), where {amount(shown)} was shown "
            f"(it must add {p['shown_multiple']:g} times that).",
            f"It was cancelled at {story.at(cancelled)}, after {duration(cancelled - entered)} (threshold "
            f"{p['lifetime_s']:g} s), at most {p['max_filled_share']:.0%} of it filled.",
            f"{duration(filled - cancelled)} later (threshold {p['within_ms']:g} ms) the same owner traded "
            f"{amount(float(row['fill_quantity']))} on the other side ({side_word(-side)}) with an order that took the "
            f"same price, {price}, or better.",
        ],
        orders=[-int(row["order"][k]), int(row["fill"])],
        trades=[int(row["fill_trade"])],
        accounts=[int(row["account"][k]), int(row["fill_account"])],
        tier=3 if context["owner_known"] else 2,
        metrics={
            "size_multiple": quantity / usual,
            "shown_multiple": quantity / shown if shown else quantity / usual,
            "lifetime_s": (cancelled - entered) / 1e9,
            "milliseconds_to_flip": (filled - cancelled) / 1e6,
        },
        thresholds={name: p[name] for name in ("size_multiple", "shown_multiple", "lifetime_s", "within_ms")},
        baselines={"usual_quantity": usual, "shown": shown},
    )

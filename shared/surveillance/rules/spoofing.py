"""Spoofing: a large order that was never meant to trade helps a small one on the other side, and is withdrawn.

With accounts, all of one owner: (1) a displayed order of at least `size_multiple` × the market's usual order size
(and more by 1 + `warm_up_orders` ÷ orders seen, while few orders have told what is usual),
entered near the touch, with nothing comparable on the owner's other side; (2) cancelled almost unfilled within
`lifetime_s`, and less than its size left of the owner's interest on that side; not by the venue, when it prevents a
trade with oneself, halts or closes; (3) a fill of the owner on the other side during its life or within `after_s`, at
least `size_ratio` smaller, of an order entered no longer than `before_s` ahead of it: one that had waited for longer
was not entered to be helped; (4) the mid did not move against that fill by more than `max_against_spreads` of the
spread at the entry until the fill.

Some owners make a market: they are known to, or enter orders on both sides as a matter of course. Now and then one of
their larger quotes goes while a smaller one on the other side trades, so that of such an owner only orders
`quoting_factor` times larger count.

A replace that costs the order its priority within its lifetime begins its life anew. A row tells one suspect an
event: what else is complete follows with the owner's next event. At most `SUSPECTS` orders of an owner are followed
at once, the newest.

Without accounts the alert is a candidate: (3) becomes any fill on the other side during the order's life, and (4) the
mid moved in the order's favour by half a spread or more and came at least half-way back within `after_s` of the
cancel.

Sources: Regulation (EU) 2016/522, Annex II, section 1, indicator 4(f)(ii); Lee, Eom and Park (2013); Fabre and
Challet (2025).
"""

from operator import itemgetter

import numpy as np

from surveillance.engine.batch import CANCEL, FILL, NEW, REPLACE
from surveillance.engine.gates import LARGE_APART, LARGE_QUOTE
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_ORDERS
from surveillance.events import CANCEL_REASONS
from surveillance.features.baselines import makes_market
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration, side_word

ID, VERSION, TITLE = "spoofing", 1, "Spoofing"
KIND, TIER, ANSWERS = "pattern", 2, ("spoofing", "layering")
NEEDS = ("order",)
WANTS, KEY, BY_VENUE = ON_ORDERS, "position", True
OPENED_BY = {
    LARGE_APART: itemgetter("size_multiple"),
    LARGE_QUOTE: lambda p: p["size_multiple"] * p["quoting_factor"],
}

PARAMETERS = (
    Parameter("size_multiple", 2.1, "× usual order size", 1, 1000, "how large the order is"),
    Parameter("quoting_factor", 40, "× that", 1, 1000, "how much larger from an owner that makes a market"),
    Parameter("size_ratio", 1.4, "× the opposite fill", 1, 1000, "how much larger than what it helped"),
    Parameter("max_levels_away", 10, "better levels", 0, 64, "how near the touch it was entered"),
    Parameter("max_distance_bp", 50, "bp of the mid", 0, 10_000, "how near the touch it was entered"),
    Parameter("max_filled_share", 0.01, "share", 0, 1, "how much of it may have been filled"),
    Parameter("lifetime_s", 22, "s", 0.000001, 600, "entry to cancel"),
    Parameter("before_s", 60, "s", 0, 600, "how long before it the order that it helped may have been entered"),
    Parameter("after_s", 1, "s", 0, 60, "how long after the cancel the fill may come"),
    Parameter("max_against_spreads", 2, "spreads", 0, 100, "how far the mid may move against the fill meanwhile"),
    Parameter("warm_up_orders", 50, "orders", 0, 100_000, "orders of the market before its usual size means something"),
)

SUSPECTS = 4
PREVENTED, HALTED, SESSION_ENDED = (CANCEL_REASONS[name] for name in ("self_trade_prevention", "halt", "session_end"))
ROW = [
    ("next", "i8"),
    ("ready", "i8"),  # a suspect may be complete
    ("hit", "i8"),
    ("order", "i8", (SUSPECTS,)),
    ("account", "i8", (SUSPECTS,)),
    ("side", "i8", (SUSPECTS,)),
    ("price", "f8", (SUSPECTS,)),
    ("quantity", "f8", (SUSPECTS,)),
    ("usual", "f8", (SUSPECTS,)),
    ("entered_ts", "i8", (SUSPECTS,)),
    ("cancelled_ts", "i8", (SUSPECTS,)),  # 0 while it lives
    ("entry_mid", "f8", (SUSPECTS,)),
    ("cancel_mid", "f8", (SUSPECTS,)),
    ("spread", "f8", (SUSPECTS,)),
    ("depth_share", "f8", (SUSPECTS,)),
    ("helped", "i8", (SUSPECTS,)),
    ("helped_account", "i8", (SUSPECTS,)),
    ("helped_trade", "i8", (SUSPECTS,)),
    ("helped_quantity", "f8", (SUSPECTS,)),
    ("helped_price", "f8", (SUSPECTS,)),
    ("helped_mid", "f8", (SUSPECTS,)),
    ("helped_ts", "i8", (SUSPECTS,)),
]


@kernel
def opens(event, context, p):
    """Say whether an event is a large order near the touch with nothing comparable on the owner's other side."""
    if event.action != NEW or event.quantity < p.size_multiple * context.usual_quantity:
        return False
    sure = context.orders + p.warm_up_orders
    if event.quantity * context.orders < p.size_multiple * context.usual_quantity * sure:
        return False
    if context.restated or not context.displayed or context.orders < p.warm_up_orders or np.isnan(event.price):
        return False
    mid = (context.bid + context.ask) / 2
    if not abs(event.price - mid) <= p.max_distance_bp * 1e-4 * mid or context.levels_away > p.max_levels_away:
        return False
    if context.owner == 0:
        return True
    if context.quantity_opposite * p.size_ratio > event.quantity:
        return False
    large = p.size_multiple * p.quoting_factor * context.usual_quantity
    return event.quantity >= large or not makes_market(context)


@kernel
def _suspect(event, context, row):
    k = row.next
    row.next = (k + 1) % SUSPECTS
    row.order[k] = context.order
    row.account[k] = context.account
    row.side[k] = context.side
    row.price[k] = event.price
    row.quantity[k] = event.quantity
    row.usual[k] = context.usual_quantity
    row.entered_ts[k] = context.ts
    row.cancelled_ts[k] = 0
    row.entry_mid[k] = (context.bid + context.ask) / 2
    row.spread[k] = context.ask - context.bid
    row.depth_share[k] = event.quantity / (context.depth + event.quantity)
    row.helped[k] = 0
    row.helped_quantity[k] = 0.0


@kernel
def _score(context, row, k, p):
    """Judge a cancelled suspect that helped a fill; 0 where a condition fails."""
    if row.helped_quantity[k] * p.size_ratio > row.quantity[k]:
        return 0.0
    side = row.side[k]
    spread = max(row.spread[k], 1e-12)
    if context.owner == 0:
        push = (row.cancel_mid[k] - row.entry_mid[k]) * side
        back = (row.cancel_mid[k] - (context.bid_after + context.ask_after) / 2) * side
        if not (push >= 0.5 * spread and back >= 0.5 * push):
            return 0.0
        favour = push / spread
    else:
        favour = (row.helped_mid[k] - row.entry_mid[k]) * side / spread
        if not favour >= -p.max_against_spreads:
            return 0.0
    size = min(row.quantity[k] / (row.usual[k] * p.size_multiple) / 4, 1.0)
    speed = 1.0 - (row.cancelled_ts[k] - row.entered_ts[k]) / p.lifetime_ns
    told = 0.05 * size + 0.03 * row.depth_share[k] + 0.03 * speed + 0.03 * min(max(favour, 0.0), 2.0) / 2
    return (0.55 if context.owner == 0 else 0.86) + told


@kernel
def _conclude(context, row, p):
    """Give the score of the oldest complete suspect, 0 where there is none; forget what can't be completed."""
    row.ready = 0
    alive = False
    found = 0.0
    for n in range(SUSPECTS):
        k = (row.next + n) % SUSPECTS
        if row.order[k] and row.cancelled_ts[k] and context.ts - row.cancelled_ts[k] > p.after_ns:
            row.order[k] = 0
        if row.order[k] == 0:
            continue
        if row.cancelled_ts[k] and row.helped[k]:
            row.ready = 1
            if found == 0:
                found = _score(context, row, k, p)
                if found > 0:
                    row.hit = k
                    continue
        alive = True
    if not alive and found == 0:
        row.expires = context.ts
    return found


@kernel
def _end(event, context, row, k, p):
    left = context.owner != 0 and context.quantity_same >= row.quantity[k]
    by_venue = event.action == CANCEL and (
        event.reason == PREVENTED or event.reason == HALTED or event.reason == SESSION_ENDED
    )
    if left or by_venue or context.ts - row.entered_ts[k] > p.lifetime_ns or row.quantity[k] <= 0:
        row.order[k] = 0
        return
    row.cancelled_ts[k] = context.ts
    row.cancel_mid[k] = (context.bid + context.ask) / 2


@kernel
def _restart(context, row, k, p):
    """Begin a suspect's life anew where a replace costs it its priority, if it is still large and near."""
    mid = (context.bid + context.ask) / 2
    over = context.ts - row.entered_ts[k] > p.lifetime_ns
    near = abs(context.price - mid) <= p.max_distance_bp * 1e-4 * mid
    if over or not near or context.still_open < p.size_multiple * row.usual[k]:
        row.order[k] = 0
        return
    row.price[k] = context.price
    row.quantity[k] = context.still_open
    row.entered_ts[k] = context.ts
    row.entry_mid[k] = mid
    row.spread[k] = context.ask - context.bid
    row.expires = context.ts + p.lifetime_ns + p.after_ns


@kernel
def _fill(event, context, row, p):
    """Let a fill end the suspect it is of, or help those of the other side."""
    for k in range(SUSPECTS):
        if row.order[k] == 0:
            continue
        if row.order[k] == context.order:
            if context.filled > p.max_filled_share * row.quantity[k]:
                row.order[k] = 0
        elif row.side[k] == -context.side and (
            row.cancelled_ts[k] == 0 or (context.owner and context.ts - row.cancelled_ts[k] <= p.after_ns)
        ):
            if context.owner and context.entered_ts < row.entered_ts[k] - p.before_ns:
                continue
            if row.helped[k] == 0:
                row.helped[k] = context.order
                row.helped_account[k] = context.account
                row.helped_trade[k] = context.trade
                row.helped_price[k] = event.price
                row.helped_mid[k] = (context.bid + context.ask) / 2
                row.helped_ts[k] = context.ts
            row.helped_quantity[k] += context.removed


@kernel
def step(event, context, row, p):
    """Advance an owner's suspects by one of its orders' events."""
    if row.hit < 0:
        row.order[-1 - row.hit] = 0
        row.hit = 0
    if event.action == NEW:
        if opens(event, context, p):
            _suspect(event, context, row)
            row.expires = context.ts + p.lifetime_ns + p.after_ns
        if row.ready == 0:
            return 0.0
    elif context.tracked:
        if event.action == FILL:
            _fill(event, context, row, p)
        else:
            for k in range(SUSPECTS):
                if row.order[k] == context.order and row.cancelled_ts[k] == 0:
                    if context.still_open <= p.max_filled_share * row.quantity[k]:
                        _end(event, context, row, k, p)
                    elif event.action == REPLACE and context.entered_ts == context.ts:
                        _restart(context, row, k, p)
    score = _conclude(context, row, p)
    if score > 0:
        row.hit = -1 - row.hit
    return score


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell who entered what, what it helped, and how it went away."""
    k = -1 - int(row["hit"])
    side, known = int(row["side"][k]), bool(context["owner"])
    entered, cancelled, helped_ts = (int(row[name][k]) for name in ("entered_ts", "cancelled_ts", "helped_ts"))
    quantity, usual, helped = (float(row[name][k]) for name in ("quantity", "usual", "helped_quantity"))
    lived = cancelled - entered
    multiple = quantity / usual
    other = side_word(-side)
    sentences = [
        f"{story.who(int(row['account'][k]))} entered a {side_word(side)} order for {amount(quantity)} {story.symbol} "
        f"at "
        f"{amount(float(row['price'][k]))} at {story.at(entered)}: {multiple:.1f} times the usual order size of "
        f"{amount(round(usual, 1))} "
        f"(threshold {p['size_multiple']:g} times) and {row['depth_share'][k]:.0%} of the ten best levels of its side.",
        f"{amount(helped)} on the other side ({other}) was filled at {amount(float(row['helped_price'][k]))} at "
        f"{story.at(helped_ts)}, "
        f"{quantity / helped:.1f} times less than the large order (threshold {p['size_ratio']:g} times)"
        + (", for the same owner." if known else "; the feed does not say for whom."),
        f"The large order was cancelled after {duration(lived)} (threshold {p['lifetime_s']:g} s), "
        f"at most {p['max_filled_share']:.0%} of it filled.",
    ]
    if not known:
        sentences.append(
            "The mid moved in the order's favour while it stood and came back once it was gone; without accounts this "
            "is a candidate only."
        )
    accounts = [int(key) for key in (row["account"][k], row["helped_account"][k]) if key]
    tier = 3 if context["owner_known"] else 2 if known else 1
    return Finding(
        start_ts=entered,
        end_ts=max(cancelled, helped_ts),
        sentences=sentences,
        orders=[int(row["order"][k]), int(row["helped"][k])],
        trades=[int(row["helped_trade"][k])],
        accounts=accounts,
        candidate=not known,
        tier=tier,
        metrics={
            "size_multiple": multiple,
            "size_ratio": quantity / helped,
            "lifetime_s": lived / 1e9,
            "depth_share": float(row["depth_share"][k]),
            "favourable_move": float((row["helped_mid"][k] - row["entry_mid"][k]) * side),
        },
        thresholds={name: p[name] for name in ("size_multiple", "size_ratio", "lifetime_s", "max_filled_share")},
        baselines={"usual_quantity": usual, "spread": float(row["spread"][k])},
    )

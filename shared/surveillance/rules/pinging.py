"""Pinging: tiny orders that live for an instant feel their way through the book, and a large order follows.

(1) At least `min_pings` orders of one owner and side in a row, each of at most `ping_multiple` × the market's usual
order size and gone, traded or cancelled, within `ping_ms`; (2) entered within `window_s` at prices that step one way,
at least `min_steps` different ones; (3) within `window_s` of the last of them the owner enters an order at least
`size_ratio` times as large as the largest ping, on either side: the pings show both where the other side rests and
where it does not. An owner that makes a market, by reference data or since it enters orders on both sides as a matter
of course, has small quotes that come and go beside large ones, and is left out. Needs accounts.

Source: Regulation (EU) 2016/522, Annex II, section 1, indicator 4(g): "ping orders".
"""

from operator import itemgetter

import numpy as np

from surveillance.engine.batch import CANCEL, FILL, NEW
from surveillance.engine.gates import BRIEF
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_ORDERS
from surveillance.features.baselines import makes_market
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration, side_word

ID, VERSION, TITLE = "pinging", 1, "Pinging"
KIND, TIER, ANSWERS = "pattern", 2, ("pinging",)
NEEDS = ("account",)
WANTS, KEY, BY_VENUE = ON_ORDERS, "position", True
OPENED_BY = {BRIEF: itemgetter("ping_ns")}

PINGS = 8
PARAMETERS = (
    Parameter("min_pings", 4, "orders", 2, PINGS, "how many feel their way"),
    Parameter("ping_multiple", 0.8, "× usual order size", 0, 10, "how small each is"),
    Parameter("ping_ms", 150, "ms", 0.001, 10_000, "how long each lives at most"),
    Parameter("min_steps", 3, "prices", 1, PINGS, "how many prices they step through"),
    Parameter("size_ratio", 8, "× the largest ping", 1, 1000, "how much larger the order is that follows"),
    Parameter("window_s", 1.3, "s", 0.001, 60, "within which they are entered, and the large order follows"),
    Parameter("warm_up_orders", 50, "orders", 1, 100_000, "orders of the market before its usual size means something"),
)

ROW = [
    ("count", "i8"),  # pings in a row; the newest of them are kept
    ("side", "i8"),
    ("way", "i8"),
    ("account", "i8"),
    ("large", "i8"),
    ("large_account", "i8"),
    ("large_side", "i8"),
    ("large_quantity", "f8"),
    ("usual", "f8"),
    ("order", "i8", (PINGS,)),
    ("price", "f8", (PINGS,)),
    ("quantity", "f8", (PINGS,)),
    ("entered_ts", "i8", (PINGS,)),
]


@kernel
def opens(event, context, p):
    """Say whether an event is the end of an owner's tiny, short-lived order."""
    if event.action == NEW or context.ts - context.entered_ts > p.ping_ns or context.owner == 0:
        return False
    if context.tracked == 0 or context.still_open > 0 or (event.action != CANCEL and event.action != FILL):
        return False
    if context.orders < p.warm_up_orders or np.isnan(context.price):
        return False
    return context.entered <= p.ping_multiple * context.usual_quantity


@kernel
def _ping(context, row, p):
    """Take one more ping; one on the other side, or a step back, begins anew."""
    last = (row.count - 1) % PINGS
    if row.count and row.side == context.side:
        step = np.int64(np.sign(context.price - row.price[last]))
        if step and row.way and step != row.way:
            row.count = 0
            row.way = 0
        elif step:
            row.way = step
    else:
        row.count = 0
        row.way = 0
    k = row.count % PINGS
    row.side = context.side
    row.account = context.account
    row.order[k] = context.order
    row.price[k] = context.price
    row.quantity[k] = context.entered
    row.entered_ts[k] = context.entered_ts
    row.count += 1
    row.expires = context.entered_ts + p.window_ns


@kernel
def _kept(row):
    return min(row.count, PINGS)


@kernel
def _prices(row, first_ts):
    """Count the different prices of the pings entered since."""
    prices = 0
    before = np.nan
    for n in range(_kept(row)):
        k = (row.count - _kept(row) + n) % PINGS
        if row.entered_ts[k] >= first_ts:
            prices += row.price[k] != before
            before = row.price[k]
    return prices


@kernel
def step(event, context, row, p):
    """Collect pings, and see what the owner enters next."""
    if row.large:
        row.large = 0
        row.count = 0
    if event.action != NEW:
        if opens(event, context, p):
            _ping(context, row, p)
        return 0.0
    if context.restated or row.count < p.min_pings or event.quantity <= p.ping_multiple * context.usual_quantity:
        return 0.0
    first_ts = row.entered_ts[(row.count - 1) % PINGS] - p.window_ns
    pings = 0
    largest = 0.0
    for k in range(_kept(row)):
        if row.entered_ts[k] >= first_ts:
            pings += 1
            largest = max(largest, row.quantity[k])
    steps = _prices(row, first_ts)
    if makes_market(context):
        return 0.0
    if pings < p.min_pings or steps < p.min_steps or event.quantity < p.size_ratio * largest:
        return 0.0
    row.large = context.order
    row.large_account = context.account
    row.large_side = context.side
    row.large_quantity = event.quantity
    row.usual = context.usual_quantity
    row.expires = context.ts
    return 0.88 + 0.05 * min(pings / PINGS, 1.0) + 0.05 * min(event.quantity / largest / p.size_ratio / 4, 1.0)


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell of the pings, the prices they went through, and of the order that followed."""
    kept = min(int(row["count"]), PINGS)
    places = [(int(row["count"]) - kept + n) % PINGS for n in range(kept)]
    last_ts = int(row["entered_ts"][places[-1]])
    places = [k for k in places if int(row["entered_ts"][k]) >= last_ts - round(p["window_s"] * 1e9)]
    start, end = int(row["entered_ts"][places[0]]), int(context["ts"])
    largest = max(float(row["quantity"][k]) for k in places)
    quantity, usual = float(row["large_quantity"]), float(row["usual"])
    prices = [float(row["price"][k]) for k in places]
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=[
            f"{story.who(int(row['account']))} entered {len(places)} {side_word(int(row['side']))} orders of at most "
            f"{amount(largest)} {story.symbol} within {duration(last_ts - start)} from {story.at(start)} on "
            f"(thresholds {p['min_pings']:g} orders, {p['ping_multiple']:g} times the usual order size of "
            f"{amount(round(usual, 1))}, {p['window_s']:g} s), each gone within {p['ping_ms']:g} ms.",
            f"They went from {amount(prices[0])} to {amount(prices[-1])} over {len(set(prices))} prices (threshold "
            f"{p['min_steps']:g}).",
            f"At {story.at(end)} the same owner entered a {side_word(int(row['large_side']))} order for "
            f"{amount(quantity)}, {quantity / largest:.1f} times the largest of them (threshold {p['size_ratio']:g}).",
        ],
        orders=[*(int(row["order"][k]) for k in places), int(row["large"])],
        accounts=[int(row["account"]), int(row["large_account"])],
        tier=3 if context["owner_known"] else 2,
        metrics={
            "pings": float(len(places)),
            "prices": float(len(set(prices))),
            "size_ratio": quantity / largest,
            "seconds": (end - start) / 1e9,
        },
        thresholds={name: p[name] for name in ("min_pings", "min_steps", "size_ratio", "ping_ms", "window_s")},
        baselines={"usual_quantity": usual},
    )

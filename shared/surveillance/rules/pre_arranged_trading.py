"""Pre-arranged trading: two owners meet in the market again and again, each time by appointment.

A *meeting* is a trade of two owners' orders that were entered within `apart_s` of each other, for the same quantity
(within `size_tolerance`), all of which traded there (`traded_share`). Within `window_s` the same pair has
`min_meetings` of them, and that is beyond chance: with M meetings of others in the session, and s₁, s₂ the owners'
shares of the rest of its volume, 2 × max(M, 1) × s₁ × s₂ are expected; the Poisson probability of as many as were seen
stays below 10^−`min_certainty`. Accounts of one beneficial owner are `wash_trading`'s; two known market makers meet all
day and are left out.

Sources: US Commodity Exchange Act section 4c(a); CME Rule 539; Regulation (EU) 2016/522, Annex II ("improper matched
orders").
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_LEGS
from surveillance.features.baselines import MARKET_MAKER
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "pre_arranged_trading", 1, "Pre-arranged trading"
KIND, TIER, ANSWERS = "pattern", 2, ("pre_arranged_trading",)
NEEDS = ("order",)
WANTS, KEY, BY_VENUE = ON_LEGS, "market", True

PARAMETERS = (
    Parameter("window_s", 300, "s", 1, 900, "how long meetings of a pair add up"),
    Parameter("min_meetings", 3, "meetings", 2, 16, "meetings of a pair that can be a pattern"),
    Parameter("apart_s", 1, "s", 0, 60, "longest time between the two orders' entries"),
    Parameter("size_tolerance", 0.01, "share", 0, 1, "by how much the two orders' quantities may differ"),
    Parameter("traded_share", 0.9, "share", 0, 1, "how much of the orders the trade executes"),
    Parameter("min_certainty", 6.5, "−log10 of the chance", 0, 100, "how unlikely the meetings are by chance"),
)

HELD = 128
ROW = [
    ("met", "i8"),  # meetings in the session
    ("told", "i8"),
    ("expected", "f8"),
    ("certainty", "f8"),
    ("ts", "i8", (HELD,)),
    ("pair", "i8", (HELD,)),  # of the two owners, in whatever order
    ("trade", "i8", (HELD,)),
    ("quantity", "f8", (HELD,)),
    ("price", "f8", (HELD,)),
    ("apart", "i8", (HELD,)),
    ("account", "i8", (HELD, 2)),
    ("order", "i8", (HELD, 2)),
]


@kernel
def opens(event, leg, p):
    """Say whether a leg ends a meeting: both orders are known, entered together, equal, and traded whole."""
    if leg.counter_order == 0 or leg.order == 0 or leg.counter_owner == leg.owner:
        return False
    if leg.entity == MARKET_MAKER and leg.counter_entity == MARKET_MAKER:
        return False
    if abs(leg.entered_ts - leg.counter_entered_ts) > p.apart_ns:
        return False
    larger = max(leg.order_quantity, leg.counter_order_quantity)
    return (
        abs(leg.order_quantity - leg.counter_order_quantity) <= p.size_tolerance * larger
        and leg.quantity >= p.traded_share * larger
    )


@kernel
def poisson_tail(least, mean):
    """Give the probability of at least so many events where `mean` are expected."""
    term = np.exp(-mean)
    for k in range(1, least + 1):
        term *= mean / k
    total = 0.0
    k = least
    while term > total * 1e-12 and k < least + 200:
        total += term
        k += 1
        term *= mean / k
    return min(total, 1.0)


@kernel
def step(event, leg, row, p):
    """Take a leg; only meetings count."""
    row.expires = leg.ts + p.window_ns
    if not opens(event, leg, p):
        return 0.0
    k = row.met % HELD
    row.met += 1
    row.ts[k] = leg.ts
    row.pair[k] = leg.owner ^ leg.counter_owner
    row.trade[k] = leg.trade
    row.quantity[k] = leg.quantity
    row.price[k] = leg.price
    row.apart[k] = abs(leg.entered_ts - leg.counter_entered_ts)
    row.account[k, 0] = leg.counter_account
    row.account[k, 1] = leg.account
    row.order[k, 0] = leg.counter_order
    row.order[k, 1] = leg.order
    row.told = 0
    quantity = 0.0
    for n in range(min(row.met, HELD)):
        if row.pair[n] == row.pair[k] and row.ts[n] + p.window_ns >= leg.ts:
            row.told += 1
            quantity += row.quantity[n]
    if row.told < p.min_meetings:
        return 0.0
    rest = max(leg.day_volume - quantity, leg.usual_trade)
    mine = max(leg.bought + leg.sold - quantity, leg.usual_trade) / (2.0 * rest)
    theirs = max(leg.counter_volume - quantity, leg.usual_trade) / (2.0 * rest)
    row.expected = 2.0 * max(row.met - row.told, 1) * min(mine, 1.0) * min(theirs, 1.0)
    row.certainty = -np.log10(max(poisson_tail(row.told, row.expected), 1e-300))
    if row.certainty < p.min_certainty:
        return 0.0
    return 0.75 + min(0.05 * (row.told - p.min_meetings), 0.2)


def explain(row: np.void, leg: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell who met how often."""
    last, met = (int(row["met"]) - 1) % HELD, int(row["met"])
    pair = int(row["pair"][last])
    since = int(leg["ts"]) - round(p["window_s"] * 1e9)
    places = [n % HELD for n in range(max(met - HELD, 0), met)]
    held = [n for n in places if int(row["pair"][n]) == pair and int(row["ts"][n]) >= since]
    told, start, end = int(row["told"]), int(row["ts"][held[0]]), int(row["ts"][last])
    volume = sum(float(row["quantity"][n]) for n in held)
    apart = max(int(row["apart"][n]) for n in held)
    one, other = (int(account) for account in row["account"][last])
    sentences = [
        f"{story.who(one)} and {story.who(other)} met in {told} trades of {story.symbol} within "
        f"{duration(end - start)} (threshold {p['min_meetings']:g} in {p['window_s']:g} s), the last for "
        f"{amount(float(row['quantity'][last]))} at {amount(float(row['price'][last]))} at {story.at(end)}; "
        f"{amount(volume)} in all.",
        f"Each time their two orders were for the same quantity (within {p['size_tolerance']:.0%}), were entered at "
        f"most {duration(apart)} apart (threshold {p['apart_s']:g} s) and found each other whole.",
        f"By their share of the volume {float(row['expected']):.2g} such meetings would be expected; the chance of as "
        f"many is 10^−{float(row['certainty']):.0f} (threshold 10^−{p['min_certainty']:g}).",
    ]
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=sentences,
        orders=[int(order) for n in held for order in row["order"][n]],
        trades=[int(row["trade"][n]) for n in held],
        accounts=[int(account) for n in held for account in row["account"][n]],
        tier=3 if leg["owner_known"] else 2,
        metrics={
            "meetings": told,
            "volume": volume,
            "longest_apart_s": apart / 1e9,
            "certainty": float(row["certainty"]),
        },
        thresholds={
            name: p[name] for name in ("min_meetings", "window_s", "apart_s", "size_tolerance", "min_certainty")
        },
        baselines={"expected_meetings": float(row["expected"])},
    )

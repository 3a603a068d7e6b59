"""Wash trading: somebody trades with himself, so that there is volume but no change of ownership.

Owners are beneficial owners where reference data knows them, so that accounts linked only there are found. Two kinds
of evidence within `window_s`:

- *Self-matches*: one trade with the same owner on both sides. A lone one happens by accident and is of low severity;
  `min_matches` of them are a pattern.
- *Round trips*: the owner buys and sells the same quantity (within `size_tolerance`) at about the same price (within
  `price_ticks` or `price_bp`), each time within `match_s` and with no pause above `run_s` within the purchase or the
  sale, against whoever was there; `min_matches` of them which make up `matched_share` of all the owner traded
  meanwhile. Makers and busy traders do that by chance: a round trip counts by how unlikely it is for an owner of that
  activity. With r usual prints a second in the rest of the session, its chance is (1 − exp(−r × time)) ÷ 8 (the side
  and the size agree) × min(1, usual order size ÷ quantity)²; the product over the round trips must stay below
  exp(−`min_surprise`), and each below exp(−`trip_surprise`). A market maker known as one is left out: round trips
  are its business.

Self-trade prevention leaves cancels and no trade, hence no evidence.

Sources: Regulation (EU) 2016/522, Annex II ("wash trades"); US Commodity Exchange Act section 4c(a).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_LEGS
from surveillance.features.baselines import MARKET_MAKER
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "wash_trading", 1, "Wash trading"
KIND, TIER, ANSWERS = "pattern", 2, ("wash_trading",)
NEEDS = ("trade", "order")
WANTS, KEY, BY_VENUE = ON_LEGS, "position", True

PARAMETERS = (
    Parameter("window_s", 600, "s", 1, 900, "how long evidence adds up"),
    Parameter("min_matches", 3, "matches", 2, 16, "self-matches or round trips that are a pattern"),
    Parameter("run_s", 5, "s", 0, 900, "longest pause within a purchase, or within a sale"),
    Parameter("match_s", 300, "s", 0.001, 900, "longest round trip"),
    Parameter("size_tolerance", 0.1, "share", 0, 1, "by how much purchase and sale of a round trip may differ"),
    Parameter("price_ticks", 5, "ticks", 0, 1000, "by how much their mean prices may differ"),
    Parameter("price_bp", 10, "bp", 0, 1000, "the same, where that is more or no tick is known"),
    Parameter("matched_share", 0.8, "share", 0, 1, "round trips in all that the owner traded meanwhile"),
    Parameter("trip_surprise", 5, "−ln of the chance", 0, 200, "how unlikely each round trip is by chance"),
    Parameter("min_surprise", 17.5, "−ln of the chance", 0, 200, "how unlikely they are together"),
)

HELD = 16
ROW = [
    ("run_last_ts", "i8"),
    ("run_side", "i8", (2,)),  # the run of legs on one side that is being made, and the one before it; 0 = none
    ("run_quantity", "f8", (2,)),
    ("run_money", "f8", (2,)),
    ("run_ts", "i8", (2,)),
    ("next_trip", "i8"),
    ("next", "i8"),
    ("run_volume", "f8", (2,)),
    ("run_account", "i8", (2,)),
    ("run_order", "i8", (2,)),
    ("run_trade", "i8", (2,)),
    ("kind", "i8"),  # of the last trigger: 1 self-matches, 2 round trips
    ("told", "i8"),  # entries the last trigger is about
    ("ts", "i8", (HELD,)),
    ("trade", "i8", (HELD,)),
    ("quantity", "f8", (HELD,)),
    ("price", "f8", (HELD,)),
    ("account", "i8", (HELD,)),
    ("counter_account", "i8", (HELD,)),
    ("order", "i8", (HELD,)),
    ("counter_order", "i8", (HELD,)),
    ("trip_ts", "i8", (HELD,)),  # when its first leg traded
    ("trip_end_ts", "i8", (HELD,)),
    ("trip_volume", "f8", (HELD,)),  # of the owner before the trip
    ("trip_quantity", "f8", (HELD,)),
    ("trip_surprise", "f8", (HELD,)),
    ("trip_account", "i8", (HELD, 2)),
    ("trip_order", "i8", (HELD, 2)),
    ("trip_trade", "i8", (HELD, 2)),
]
LONE, PAIR, PATTERN, TRIPS = 0.4, 0.65, 0.95, 0.8
SIDE_AND_SIZE_AGREE = 0.125


@kernel
def _self_match(leg, row, p):
    k = row.next % HELD
    row.next += 1
    row.ts[k] = leg.ts
    row.trade[k] = leg.trade
    row.quantity[k] = leg.quantity
    row.price[k] = leg.price
    row.account[k] = leg.account
    row.counter_account[k] = leg.counter_account
    row.order[k] = leg.order
    row.counter_order[k] = leg.counter_order
    row.run_side[0] = 0
    row.run_side[1] = 0
    row.kind = 1
    row.told = 0
    for n in range(min(row.next, HELD)):
        row.told += row.ts[n] + p.window_ns >= leg.ts
    if row.told == 1:
        return LONE
    return PAIR if row.told < p.min_matches else PATTERN


@kernel
def _take_run(leg, row, p):
    """Add a leg to the run of its side, or begin one; a pause breaks a run off."""
    pause = leg.ts - row.run_last_ts
    row.run_last_ts = leg.ts
    if row.run_side[0] == leg.side and pause <= p.run_ns:
        row.run_quantity[0] += leg.quantity
        row.run_money[0] += leg.quantity * leg.price
        return
    row.run_side[1] = row.run_side[0] if row.run_side[0] == -leg.side else 0
    row.run_quantity[1] = row.run_quantity[0]
    row.run_money[1] = row.run_money[0]
    row.run_ts[1] = row.run_ts[0]
    row.run_volume[1] = row.run_volume[0]
    row.run_account[1] = row.run_account[0]
    row.run_order[1] = row.run_order[0]
    row.run_trade[1] = row.run_trade[0]
    row.run_side[0] = leg.side
    row.run_quantity[0] = leg.quantity
    row.run_money[0] = leg.quantity * leg.price
    row.run_ts[0] = leg.ts
    row.run_volume[0] = leg.bought + leg.sold - leg.quantity
    row.run_account[0] = leg.account
    row.run_order[0] = leg.order
    row.run_trade[0] = leg.trade


@kernel
def _is_trip(leg, row, p):
    """Say whether the present run undoes the one before it."""
    if row.run_side[1] == 0 or leg.ts - row.run_ts[1] > p.match_ns:
        return False
    one, other = row.run_quantity[0], row.run_quantity[1]
    if abs(one - other) > p.size_tolerance * max(one, other):
        return False
    price = row.run_money[0] / one
    apart = abs(price - row.run_money[1] / other)
    return apart <= p.price_bp * 1e-4 * abs(price) or apart <= p.price_ticks * leg.tick


@kernel
def _take_trip(leg, row, p):
    """Keep a round trip unless it is a likely one; either way its runs are over."""
    row.run_side[0] = 0
    row.run_side[1] = 0
    both = row.run_quantity[0] + row.run_quantity[1]
    seconds = max(leg.ts - row.run_ts[1], 1_000_000) * 1e-9
    quiet = (leg.ts - leg.heard_ts) * 1e-9 + 60.0
    usual = leg.usual_trade if leg.usual_trade > 0 else leg.quantity
    for n in range(min(row.next_trip, HELD)):
        both += row.trip_quantity[n]
    others = max(leg.bought + leg.sold - both, 0.0) / usual + 1.0
    chance = (1.0 - np.exp(-others / quiet * seconds)) * SIDE_AND_SIZE_AGREE
    size = min(1.0, leg.usual_quantity / row.run_quantity[1]) if leg.usual_quantity > 0 else 1.0
    surprise = -np.log(chance * size * size)
    if surprise < p.trip_surprise:
        return False
    k = row.next_trip % HELD
    row.next_trip += 1
    row.trip_surprise[k] = surprise
    row.trip_ts[k] = row.run_ts[1]
    row.trip_end_ts[k] = leg.ts
    row.trip_volume[k] = row.run_volume[1]
    row.trip_quantity[k] = row.run_quantity[0] + row.run_quantity[1]
    for n in range(2):
        row.trip_account[k, n] = row.run_account[1 - n]
        row.trip_order[k, n] = row.run_order[1 - n]
        row.trip_trade[k, n] = row.run_trade[1 - n]
    return True


@kernel
def _judge_trips(leg, row, p):
    row.told = 0
    surprise = 0.0
    quantity = 0.0
    for n in range(min(row.next_trip, HELD)):
        k = (row.next_trip - 1 - n) % HELD
        if row.trip_ts[k] + p.window_ns < leg.ts:
            break
        surprise += row.trip_surprise[k]
        quantity += row.trip_quantity[k]
        if quantity < p.matched_share * (leg.bought + leg.sold - row.trip_volume[k]):
            break
        if n + 1 >= p.min_matches and surprise >= p.min_surprise:
            row.told = n + 1
            break
    row.kind = 2
    return TRIPS if row.told else 0.0


@kernel
def step(event, leg, row, p):
    """Take one of an owner's legs."""
    row.expires = leg.ts + p.window_ns
    if leg.counter_owner == leg.owner:
        return _self_match(leg, row, p)
    if leg.entity == MARKET_MAKER:
        return 0.0
    _take_run(leg, row, p)
    if not _is_trip(leg, row, p) or not _take_trip(leg, row, p):
        return 0.0
    return _judge_trips(leg, row, p)


def explain(row: np.void, leg: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell what was traded with whom."""
    return _explain_matches(row, leg, p, story) if row["kind"] == 1 else _explain_trips(row, leg, p, story)


def _explain_matches(row: np.void, leg: np.void, p: dict[str, float], story: Story) -> Finding:
    last, told = int(row["next"]), int(row["told"])
    held = [k % HELD for k in range(last - told, last)]
    k = held[-1]
    one, other = int(row["account"][k]), int(row["counter_account"][k])
    volume = sum(float(row["quantity"][n]) for n in held)
    parties = (
        f"{story.who(one)} was on both sides"
        if one == other
        else f"{story.who(one)} and {story.who(other)}, which have the same beneficial owner, were the two sides"
    )
    sentences = [
        f"{parties} of a trade of {amount(float(row['quantity'][k]))} {story.symbol} at "
        f"{amount(float(row['price'][k]))} at {story.at(int(row['ts'][k]))}: its ownership did not change.",
        f"It is number {told} of such trades within {p['window_s']:g} s, {amount(volume)} in all "
        f"(a pattern from {p['min_matches']:g} on" + ("; a lone one can be an accident)." if told == 1 else ")."),
    ]
    return Finding(
        start_ts=int(row["ts"][held[0]]),
        end_ts=int(row["ts"][k]),
        sentences=sentences,
        orders=[int(row[name][n]) for n in held for name in ("order", "counter_order") if row[name][n]],
        trades=[int(row["trade"][n]) for n in held],
        accounts=[int(row[name][n]) for n in held for name in ("account", "counter_account")],
        tier=3 if leg["owner_known"] else 2,
        metrics={"self_matches": told, "volume": volume},
        thresholds={name: p[name] for name in ("min_matches", "window_s")},
        baselines={"usual_trade": float(leg["usual_trade"])},
    )


def _explain_trips(row: np.void, leg: np.void, p: dict[str, float], story: Story) -> Finding:
    last, told = int(row["next_trip"]), int(row["told"])
    held = [k % HELD for k in range(last - told, last)]
    first, k = held[0], held[-1]
    volume = sum(float(row["trip_quantity"][n]) for n in held)
    surprise = sum(float(row["trip_surprise"][n]) for n in held)
    share = volume / (float(leg["bought"]) + float(leg["sold"]) - float(row["trip_volume"][first]))
    start, end = int(row["trip_ts"][first]), int(row["trip_end_ts"][k])
    sentences = [
        f"{story.who(int(leg['account']))} bought and sold {story.symbol} {told} times within {duration(end - start)} "
        f"(threshold {p['min_matches']:g} in {p['window_s']:g} s), each time the same quantity at the same price "
        f"(within {p['size_tolerance']:.0%} and {p['price_ticks']:g} ticks or {p['price_bp']:g} bp): {amount(volume)} "
        f"traded, next to no position left.",
        f"This is {share:.0%} of all it traded meanwhile (threshold {p['matched_share']:.0%}).",
        f"For an owner of its activity the chance of that is about exp(−{surprise:.0f}) "
        f"(threshold exp(−{p['min_surprise']:g})).",
    ]
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=sentences,
        orders=[int(order) for n in held for order in row["trip_order"][n] if order],
        trades=[int(trade) for n in held for trade in row["trip_trade"][n]],
        accounts=[int(account) for n in held for account in row["trip_account"][n]],
        tier=3 if leg["owner_known"] else 2,
        metrics={"round_trips": told, "volume": volume, "matched_share": share, "surprise": surprise},
        thresholds={
            name: p[name]
            for name in (
                "min_matches",
                "window_s",
                "match_s",
                "size_tolerance",
                "price_ticks",
                "price_bp",
                "matched_share",
                "trip_surprise",
                "min_surprise",
            )
        },
        baselines={"usual_trade": float(leg["usual_trade"])},
    )

"""Painting the tape: small prints at even intervals pretend that there is trading.

All of one owner: the last `min_prints` orders that took liquidity, within `window_s`, (1) each executed at most
`max_size` × the market's usual print; (2) at even intervals: the gaps between them vary (standard deviation ÷ mean) by
at most `max_gap_variation`; (3) on both sides, so that next to no position is left: purchases less sales are at most
`max_net_share` of the sum; (4) they are `own_share` of all the owner traded meanwhile. Slicing a parent order leaves a
position, makers mostly give liquidity, and people do not trade by the clock: eight random gaps are that even once in
125 times. Prints an owner makes with itself are `wash_trading`'s.

Source: Regulation (EU) 2016/522, Annex II ("painting the tape").
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_LEGS
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "painting_the_tape", 1, "Painting the tape"
KIND, TIER, ANSWERS = "pattern", 2, ("painting_the_tape",)
NEEDS = ("order", "trade")
WANTS, KEY, BY_VENUE = ON_LEGS, "position", True

PARAMETERS = (
    Parameter("window_s", 900, "s", 1, 900, "in which the prints must lie"),
    Parameter("min_prints", 8, "prints", 4, 24, "prints in a row"),
    Parameter("max_size", 1.25, "× usual print", 0.01, 100, "how small each is"),
    Parameter("max_gap_variation", 0.35, "share of the mean gap", 0, 1, "how even the gaps are"),
    Parameter("max_net_share", 0.25, "share", 0, 1, "position left over"),
    Parameter("own_share", 0.9, "share", 0, 1, "prints in all that the owner traded meanwhile"),
)

HELD = 24
ROW = [
    ("prints", "i8"),
    ("gap", "f8"),  # of the last trigger: mean in seconds, variation, net share
    ("variation", "f8"),
    ("net", "f8"),
    ("ts", "i8", (HELD,)),
    ("side", "i8", (HELD,)),
    ("quantity", "f8", (HELD,)),
    ("price", "f8", (HELD,)),
    ("volume", "f8", (HELD,)),  # of the owner before it
    ("account", "i8", (HELD,)),
    ("order", "i8", (HELD,)),
    ("trade", "i8", (HELD,)),
]


@kernel
def opens(event, leg, p):
    """Say whether a leg is a small print of somebody who took liquidity, and not from himself."""
    return leg.aggressive == 1 and leg.quantity <= p.max_size * leg.usual_trade and leg.counter_owner != leg.owner


@kernel
def step(event, leg, row, p):
    """Take one of an owner's legs; parts of one order are one print."""
    if leg.aggressive != 1 or leg.counter_owner == leg.owner:
        return 0.0
    last = (row.prints - 1) % HELD
    if row.prints and leg.order and row.order[last] == leg.order:
        row.quantity[last] += leg.quantity
        if row.quantity[last] > p.max_size * leg.usual_trade:
            row.prints = 0
        return 0.0
    if leg.quantity > p.max_size * leg.usual_trade:
        row.prints = 0
        return 0.0
    row.expires = leg.ts + p.window_ns
    k = row.prints % HELD
    row.prints += 1
    row.ts[k] = leg.ts
    row.side[k] = leg.side
    row.quantity[k] = leg.quantity
    row.price[k] = leg.price
    row.volume[k] = leg.bought + leg.sold - leg.quantity
    row.account[k] = leg.account
    row.order[k] = leg.order
    row.trade[k] = leg.trade
    return _judge(leg, row, p)


@kernel
def _judge(leg, row, p):
    """Judge the last prints, the present one last."""
    count = np.int64(p.min_prints)
    if row.prints < count:
        return 0.0
    first = (row.prints - count) % HELD
    span = leg.ts - row.ts[first]
    if span > p.window_ns or span <= 0:
        return 0.0
    row.gap = span * 1e-9 / (count - 1)
    total = 0.0
    net = 0.0
    squares = 0.0
    before = row.ts[first]
    for n in range(count):
        k = (row.prints - count + n) % HELD
        total += row.quantity[k]
        net += row.side[k] * row.quantity[k]
        if n:
            apart = (row.ts[k] - before) * 1e-9 - row.gap
            squares += apart * apart
        before = row.ts[k]
    row.variation = np.sqrt(squares / (count - 1)) / row.gap
    row.net = abs(net) / total
    if row.variation > p.max_gap_variation or row.net > p.max_net_share:
        return 0.0
    if total < p.own_share * (leg.bought + leg.sold - row.volume[first]):
        return 0.0
    return 0.7 + 0.25 * (1.0 - row.variation / max(p.max_gap_variation, 1e-9))


def explain(row: np.void, leg: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell how many prints there were, how small and how even."""
    prints, count = int(row["prints"]), int(p["min_prints"])
    held = [n % HELD for n in range(prints - count, prints)]
    start, end = int(row["ts"][held[0]]), int(row["ts"][held[-1]])
    quantities = [float(row["quantity"][n]) for n in held]
    bought = sum(q for n, q in zip(held, quantities, strict=True) if row["side"][n] > 0)
    volume, usual = sum(quantities), float(leg["usual_trade"])
    share = volume / (float(leg["bought"]) + float(leg["sold"]) - float(row["volume"][held[0]]))
    sentences = [
        f"{story.who(int(leg['account']))} took liquidity {count} times within {duration(end - start)} "
        f"(threshold {p['min_prints']:g} in {p['window_s']:g} s), at most {amount(max(quantities))} {story.symbol} "
        f"each; the usual print is {amount(round(usual, 1))} (threshold {p['max_size']:g} times that).",
        f"The prints came every {float(row['gap']):.1f} s; the gaps vary by {float(row['variation']):.0%} of that "
        f"(threshold {p['max_gap_variation']:.0%}).",
        f"It bought {amount(bought)} and sold {amount(volume - bought)}: {float(row['net']):.0%} of the volume is left "
        f"as a position (threshold {p['max_net_share']:.0%}); it traded hardly anything else ({share:.0%}, threshold "
        f"{p['own_share']:.0%}).",
    ]
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=sentences,
        orders=[int(row["order"][n]) for n in held if row["order"][n]],
        trades=[int(row["trade"][n]) for n in held],
        accounts=[int(row["account"][n]) for n in held],
        tier=3 if leg["owner_known"] else 2,
        metrics={
            "prints": count,
            "gap_s": float(row["gap"]),
            "gap_variation": float(row["variation"]),
            "net_share": float(row["net"]),
            "own_share": share,
        },
        thresholds={
            name: p[name] for name in ("min_prints", "max_size", "max_gap_variation", "max_net_share", "own_share")
        },
        baselines={"usual_trade": usual},
    )

"""Front running: a proprietary account trades just ahead of a large client order, and out of it at a profit.

(1) An owner with a proprietary account, silent for `quiet_s`, trades on one side: its *lead*. (2) Within `ahead_s` a
client's order on the same side, at least `client_multiple` × the market's usual order size, gets its first fill; it
does not matter whether it was entered before the lead or after, but who fills first. (3) Then, within `hold_s` and not
before, the owner trades out of the lead (within `size_tolerance`), by whichever of its accounts, at a profit. (4) It is
unlikely by chance: with r usual prints of that owner a second in the rest of the session, the chance is
(1 − exp(−r × time ahead)) × (1 − exp(−r × time held)) ÷ 8 (sides and sizes agree) × min(1, usual order size ÷ client
order)² × min(1, usual order size ÷ lead), and must stay below exp(−`min_surprise`).

Needs `entity_type` in the accounts' reference data.

Sources: Regulation (EU) 596/2014, Article 7(1)(d); FINRA rule 5270.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_LEGS
from surveillance.parameters import Parameter
from surveillance.reference import ENTITY_TYPES
from surveillance.rules.finding import Finding, Story, amount, duration, side_word

ID, VERSION, TITLE = "front_running", 1, "Front running"
KIND, TIER, ANSWERS = "pattern", 3, ("front_running",)
NEEDS = ("order",)
WANTS, KEY, BY_VENUE = ON_LEGS, "market", True

PARAMETERS = (
    Parameter("ahead_s", 2, "s", 0.000001, 300, "lead to the client order's first fill"),
    Parameter("hold_s", 60, "s", 0.000001, 600, "that fill to the way out"),
    Parameter("quiet_s", 30, "s", 0, 600, "without a trade of the owner before its lead"),
    Parameter("client_multiple", 4, "× usual order size", 1, 1000, "how large the client's order is"),
    Parameter("size_tolerance", 0.1, "share", 0, 1, "by how much the way out may differ from the lead"),
    Parameter("min_surprise", 16.5, "−ln of the chance", 0, 200, "how unlikely it is by chance"),
)

CLIENT = ENTITY_TYPES.index("client") + 1
PROPRIETARY = ENTITY_TYPES.index("proprietary") + 1
SILENT, LEADS, FOLLOWED = 0, 1, 2
HELD = 32
ROW = [
    ("owners", "i8"),  # slots used
    ("told", "i8"),
    ("profit", "f8"),
    ("surprise", "f8"),
    ("owner", "i8", (HELD,)),
    ("state", "i8", (HELD,)),
    ("last_ts", "i8", (HELD,)),  # the owner's last trade
    ("side", "i8", (HELD,)),
    ("ts", "i8", (HELD,)),  # of the lead
    ("entered_ts", "i8", (HELD,)),
    ("quantity", "f8", (HELD,)),
    ("money", "f8", (HELD,)),
    ("account", "i8", (HELD,)),
    ("order", "i8", (HELD,)),
    ("trade", "i8", (HELD,)),
    ("client_account", "i8", (HELD,)),
    ("client_order", "i8", (HELD,)),
    ("client_trade", "i8", (HELD,)),
    ("client_entered_ts", "i8", (HELD,)),
    ("client_ts", "i8", (HELD,)),
    ("client_quantity", "f8", (HELD,)),
    ("client_price", "f8", (HELD,)),
    ("out_quantity", "f8", (HELD,)),
    ("out_money", "f8", (HELD,)),
    ("out_order", "i8", (HELD,)),
]
SIDES_AND_SIZES_AGREE = 0.125


@kernel
def opens(event, leg, p):
    """Say whether a leg is a proprietary account's."""
    return leg.entity == PROPRIETARY


@kernel
def _slot(leg, row):
    """Give the slot of an owner, in place of the longest silent one where all are taken."""
    oldest = 0
    for k in range(row.owners):
        if row.owner[k] == leg.owner:
            return k
        if row.last_ts[k] < row.last_ts[oldest]:
            oldest = k
    if row.owners < HELD:
        oldest = row.owners
        row.owners += 1
    row.owner[oldest] = leg.owner
    row.state[oldest] = SILENT
    row.last_ts[oldest] = leg.session
    return oldest


@kernel
def _lead(leg, row, k):
    row.state[k] = LEADS
    row.side[k] = leg.side
    row.ts[k] = leg.ts
    row.entered_ts[k] = leg.entered_ts
    row.quantity[k] = leg.quantity
    row.money[k] = leg.quantity * leg.price
    row.account[k] = leg.account
    row.order[k] = leg.order
    row.trade[k] = leg.trade
    row.out_quantity[k] = 0.0
    row.out_money[k] = 0.0


@kernel
def _follow(leg, row, p):
    """Let a large client order's first fill follow the leads on its side."""
    if leg.order_filled > leg.quantity * (1 + 1e-9):
        return
    for k in range(row.owners):
        if row.state[k] != LEADS or row.side[k] != leg.side or row.owner[k] == leg.owner:
            continue
        if leg.ts > row.ts[k] and leg.ts - row.ts[k] <= p.ahead_ns:
            row.state[k] = FOLLOWED
            row.client_account[k] = leg.account
            row.client_order[k] = leg.order
            row.client_trade[k] = leg.trade
            row.client_entered_ts[k] = leg.entered_ts
            row.client_ts[k] = leg.ts
            row.client_quantity[k] = leg.order_quantity
            row.client_price[k] = leg.price


@kernel
def _surprise(leg, row, k):
    usual = leg.usual_trade if leg.usual_trade > 0 else leg.quantity
    quiet = (leg.ts - leg.heard_ts) * 1e-9 + 60.0
    others = max(leg.bought + leg.sold - row.quantity[k] - row.out_quantity[k], 0.0) / usual + 1.0
    ahead = max(row.client_ts[k] - row.ts[k], 1_000_000) * 1e-9
    held = max(leg.ts - row.client_ts[k], 1_000_000) * 1e-9
    chance = (1.0 - np.exp(-others / quiet * ahead)) * (1.0 - np.exp(-others / quiet * held)) * SIDES_AND_SIZES_AGREE
    client = min(1.0, leg.usual_quantity / row.client_quantity[k])
    return -np.log(chance * client * client * min(1.0, leg.usual_quantity / row.quantity[k]))


@kernel
def _take_own(leg, row, p):
    """Take a leg of a proprietary owner: it leads, adds to its lead, or trades out of it."""
    k = _slot(leg, row)
    silent = leg.ts - row.last_ts[k]
    row.last_ts[k] = leg.ts
    if row.state[k] == LEADS and leg.side == row.side[k] and leg.ts - row.ts[k] <= p.ahead_ns:
        row.quantity[k] += leg.quantity
        row.money[k] += leg.quantity * leg.price
        return 0.0
    if row.state[k] == FOLLOWED and leg.side == -row.side[k] and leg.ts - row.client_ts[k] <= p.hold_ns:
        row.out_quantity[k] += leg.quantity
        row.out_money[k] += leg.quantity * leg.price
        row.out_order[k] = leg.order
        if row.out_quantity[k] < (1 - p.size_tolerance) * row.quantity[k]:
            return 0.0
        row.state[k] = SILENT
        if row.out_quantity[k] > (1 + p.size_tolerance) * row.quantity[k]:
            return 0.0
        apart = row.out_money[k] / row.out_quantity[k] - row.money[k] / row.quantity[k]
        row.profit = apart * row.side[k] * row.quantity[k]
        row.surprise = _surprise(leg, row, k)
        if not row.profit > 0 or row.surprise < p.min_surprise:
            return 0.0
        row.told = k
        return 0.75 + 0.2 * min((row.surprise - p.min_surprise) / 4.0, 1.0)
    row.state[k] = SILENT
    if silent >= p.quiet_ns:
        _lead(leg, row, k)
    return 0.0


@kernel
def step(event, leg, row, p):
    """Take a leg of a proprietary owner or of a large client order."""
    row.expires = leg.ts + max(p.quiet_ns, p.ahead_ns + p.hold_ns)
    if leg.entity == PROPRIETARY:
        return _take_own(leg, row, p)
    if leg.entity == CLIENT and leg.order_quantity >= p.client_multiple * leg.usual_quantity:
        _follow(leg, row, p)
    return 0.0


def explain(row: np.void, leg: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell who led, who followed, and what it brought."""
    k = int(row["told"])
    side = int(row["side"][k])
    start, client_ts, end = int(row["ts"][k]), int(row["client_ts"][k]), int(leg["ts"])
    quantity, client, usual = float(row["quantity"][k]), float(row["client_quantity"][k]), float(leg["usual_quantity"])
    own, out, other = int(row["account"][k]), int(leg["account"]), int(row["client_account"][k])
    entered, client_entered = int(row["entered_ts"][k]), int(row["client_entered_ts"][k])
    price = float(row["money"][k]) / quantity
    out_price = float(row["out_money"][k]) / float(row["out_quantity"][k])
    reacted = entered and client_entered and entered >= client_entered
    sentences = [
        f"{story.who(own)}, a proprietary account silent for {p['quiet_s']:g} s or more, traded {amount(quantity)} "
        f"{story.symbol} ({side_word(side)}) at {amount(round(price, 6))} at {story.at(start)}.",
        f"{duration(client_ts - start)} later (threshold {p['ahead_s']:g} s) an order of the client account "
        f"{story.who(other).removeprefix('Account ')} on the same side, for {amount(client)} or {client / usual:.1f} "
        f"times the usual order size (threshold {p['client_multiple']:g} times), began to trade at "
        f"{amount(float(row['client_price'][k]))}"
        + (
            f"; it had been entered {duration(entered - client_entered)} before the other's order, which still filled "
            "first."
            if reacted
            else "."
        ),
        f"Within {duration(end - client_ts)} of that (threshold {p['hold_s']:g} s) "
        + ("the account" if out == own else f"{story.who(out)}, of the same owner,")
        + f" traded out of it at {amount(round(out_price, 6))}: a profit of {amount(round(float(row['profit']), 2))}.",
        f"For an owner of its activity the chance of that is about 10^−{float(row['surprise']) / np.log(10):.1f} "
        f"(threshold 10^−{p['min_surprise'] / np.log(10):.1f}).",
    ]
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=sentences,
        orders=[int(row[name][k]) for name in ("order", "client_order", "out_order") if row[name][k]],
        trades=[int(row["trade"][k]), int(row["client_trade"][k]), int(leg["trade"])],
        accounts=[own, out],
        tier=3,
        metrics={
            "ahead_s": (client_ts - start) / 1e9,
            "held_s": (end - client_ts) / 1e9,
            "quantity": quantity,
            "client_multiple": client / usual,
            "profit": float(row["profit"]),
            "surprise": float(row["surprise"]),
        },
        thresholds={name: p[name] for name in ("ahead_s", "hold_s", "quiet_s", "client_multiple", "min_surprise")},
        baselines={"usual_quantity": usual},
    )

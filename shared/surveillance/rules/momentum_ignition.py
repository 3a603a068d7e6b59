"""Momentum ignition: sweeps out of a flat market start a move that others follow; whoever lit it sells to them.

One owner (1) takes the book through `min_levels` prices or more at one moment, `min_sweeps` times within `ignition_s`,
the first of them no more than `pause_s` apart;
(2) the price stood still before: in the minute before it had moved by no more than `max_before` of what follows;
(3) at least `one_sided` of all aggressive volume from the first sweep to the extreme is on that side, but for what the
owner trades back, and at least `min_share` of it the owner's; (4) the mid moves by `min_sigmas` standard deviations of
its recent seconds and by `min_move_bp` or more; (5) the owner trades at least `exit_share` of what it took on the other
side, within `near` of the extreme mid; (6) `retrace` of the move is given back within `retrace_s` of the extreme, that
is of when the mid last went on by a tenth of the move: a price that creeps on where it has come to has held. At most
`OWNERS` owners of a market are followed at once, those with most sweeps.

Without accounts the sweeps are anybody's and (5) is not asked: the alert is a candidate.

Sources: Regulation (EU) 2016/522, Annex II, section 1, indicator 4(c)(i) (momentum ignition); Credit Suisse, "High
Frequency Trading: Measurement, Detection and Response" (2012).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_TRADES
from surveillance.events import SECOND
from surveillance.features.bars import sets_price
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "momentum_ignition", 1, "Momentum ignition"
KIND, TIER, ANSWERS = "pattern", 1, ("momentum_ignition",)
NEEDS = ("trade",)
WANTS, KEY, BY_VENUE = ON_TRADES, "market", False

PARAMETERS = (
    Parameter("min_levels", 2, "price levels", 2, 100, "that a sweep takes"),
    Parameter("min_sweeps", 3, "sweeps", 1, 1000, "of the owner in one direction"),
    Parameter("pause_s", 80, "s", 1, 3600, "between two sweeps, until there are enough of them"),
    Parameter("ignition_s", 300, "s", 1, 3600, "first sweep to extreme"),
    Parameter("max_before", 0.5, "share of the move", 0, 10, "how far the price had moved already"),
    Parameter("one_sided", 0.8, "share of aggressive volume", 0, 1, "on the side of the sweeps"),
    Parameter("min_share", 0.05, "share of that side's volume", 0, 1, "of the owner"),
    Parameter("min_sigmas", 2.5, "σ", 0, 1000, "of a random walk as volatile as the minutes before"),
    Parameter("min_move_bp", 12, "bp of the mid", 0, 10_000, "how far the price moves"),
    Parameter("exit_share", 0.15, "share of what was taken", 0, 1, "traded on the other side"),
    Parameter("near", 0.5, "share of the move", 0, 1, "how near the extreme the exit is"),
    Parameter("retrace", 0.5, "share of the move", 0, 1, "that is given back"),
    Parameter("retrace_s", 120, "s", 1, 3600, "extreme to retrace"),
)

OWNERS = 16
EVIDENCE = 16
STEP = 0.1
GOES_ON = 0.25
"""Beyond the extreme by this share of the move, after the time for it, it was no ignition."""
ROW = [
    ("hit", "i8"),
    ("told_side", "i8"),
    ("bought", "f8"),  # aggressive volume since the row began
    ("sold", "f8"),
    ("owner", "i8", (OWNERS,)),
    ("account", "i8", (OWNERS,)),
    ("linked", "i8", (OWNERS,)),
    ("side", "i8", (OWNERS,)),  # 0: nobody is followed here
    ("start_ts", "i8", (OWNERS,)),
    ("last_sweep_ts", "i8", (OWNERS,)),
    ("sweeps", "i8", (OWNERS,)),
    ("start", "f8", (OWNERS,)),
    ("before", "f8", (OWNERS,)),
    ("sigma", "f8", (OWNERS,)),
    ("bought_before", "f8", (OWNERS,)),
    ("sold_before", "f8", (OWNERS,)),
    ("extreme", "f8", (OWNERS,)),
    ("reached", "f8", (OWNERS,)),  # what it was at the time of the next
    ("extreme_ts", "i8", (OWNERS,)),
    ("with_it", "f8", (OWNERS,)),  # aggressive volume to the extreme, on the side and against it
    ("against_it", "f8", (OWNERS,)),
    ("back", "f8", (OWNERS,)),  # what the owner has taken on the other side
    ("taken", "f8", (OWNERS,)),
    ("exited", "f8", (OWNERS,)),
    ("exit_price", "f8", (OWNERS,)),
    ("count", "i8", (OWNERS,)),
    ("keys", "i8", (OWNERS, EVIDENCE)),
    ("exits", "i8", (OWNERS,)),
    ("exit_keys", "i8", (OWNERS, EVIDENCE)),
]


@kernel
def opens(event, context, p):
    """Say whether a print makes a sweep reach deep enough."""
    return sets_price(event) and context.sweep_levels >= p.min_levels and context.side != 0


@kernel
def _place(context, row):
    """Give the place where a sweep's owner is followed in its direction, or −1."""
    for k in range(OWNERS):
        if row.side[k] == context.side and row.owner[k] == context.owner:
            return k
    return -1


@kernel
def _let_go(context, row, p):
    """Stop following who has paused before sweeping often enough: with this sweep something new begins."""
    k = _place(context, row)
    if k >= 0 and row.sweeps[k] < p.min_sweeps and context.ts - row.last_sweep_ts[k] > p.pause_ns:
        row.side[k] = 0


@kernel
def _follow(context, row):
    """Begin to follow an owner with its first sweep, in place of whoever has swept least where all places are taken."""
    k = 0
    for n in range(OWNERS):
        if row.side[n] == 0:
            k = n
            break
        if row.sweeps[n] < row.sweeps[k] or (row.sweeps[n] == row.sweeps[k] and row.start_ts[n] < row.start_ts[k]):
            k = n
    mid = (context.bid + context.ask) / 2
    row.owner[k] = context.owner
    row.account[k] = context.account
    row.linked[k] = context.owner_known
    row.side[k] = context.side
    row.start_ts[k] = context.ts
    row.last_sweep_ts[k] = 0
    row.sweeps[k] = 0
    row.start[k] = mid
    row.before[k] = (mid - context.mid_minute_ago) * context.side
    row.sigma[k] = context.volatility
    row.bought_before[k] = row.bought
    row.sold_before[k] = row.sold
    row.extreme[k] = mid
    row.reached[k] = mid
    row.extreme_ts[k] = context.ts
    row.with_it[k] = 0.0
    row.against_it[k] = 0.0
    row.back[k] = 0.0
    row.taken[k] = context.sweep_quantity
    row.exited[k] = 0.0
    row.exit_price[k] = 0.0
    row.count[k] = 0
    row.exits[k] = 0
    return k


@kernel
def _reach(context, row, k, mid):
    """Take a new extreme, and the flow up to it."""
    row.extreme[k] = mid
    if not abs(mid - row.reached[k]) > STEP * abs(row.reached[k] - row.start[k]):
        return
    row.reached[k] = mid
    row.extreme_ts[k] = context.ts
    bought = row.bought - row.bought_before[k]
    sold = row.sold - row.sold_before[k]
    row.with_it[k] = bought if row.side[k] > 0 else sold
    row.against_it[k] = (sold if row.side[k] > 0 else bought) - row.back[k]


@kernel
def _trade(event, context, row, k, p):
    """Take a print of somebody who is followed: more of the same, or the exit."""
    side = row.side[k]
    if context.owner == row.owner[k] and context.side == side:
        if row.start_ts[k] != context.ts or row.sweeps[k]:
            row.taken[k] += event.quantity
        if context.sweep_levels >= p.min_levels and row.last_sweep_ts[k] != context.ts:
            row.last_sweep_ts[k] = context.ts
            row.sweeps[k] += 1
            if row.count[k] < EVIDENCE:
                row.keys[k, row.count[k]] = context.trade
                row.count[k] += 1
        return
    takes = context.owner == row.owner[k] and context.side == -side
    if row.owner[k] and takes:
        row.back[k] += event.quantity
    gives = context.other_owner == row.owner[k] and context.side == side
    if row.owner[k] and (takes or gives):
        move = (row.extreme[k] - row.start[k]) * side
        if (row.extreme[k] - event.price) * side <= p.near * move:
            row.exited[k] += event.quantity
            row.exit_price[k] += event.quantity * event.price
            if row.exits[k] < EVIDENCE:
                row.exit_keys[k, row.exits[k]] = context.trade
                row.exits[k] += 1


@kernel
def _is_complete(row, k, mid, p):
    side = row.side[k]
    move = (row.extreme[k] - row.start[k]) * side
    if not (move > 0 and (row.extreme[k] - mid) * side >= p.retrace * move):
        return False
    if row.sweeps[k] < p.min_sweeps or move < p.min_move_bp * 1e-4 * abs(row.start[k]):
        return False
    seconds = max((row.extreme_ts[k] - row.start_ts[k]) / SECOND, 1.0)
    if not move >= p.min_sigmas * row.sigma[k] * np.sqrt(seconds) or row.before[k] > p.max_before * move:
        return False
    if row.with_it[k] < p.one_sided * (row.with_it[k] + row.against_it[k]):
        return False
    if row.owner[k] == 0:
        return True
    return row.taken[k] >= p.min_share * row.with_it[k] and row.exited[k] >= p.exit_share * row.taken[k]


@kernel
def _score(row, k, p):
    side = row.side[k]
    move = (row.extreme[k] - row.start[k]) * side
    seconds = max((row.extreme_ts[k] - row.start_ts[k]) / SECOND, 1.0)
    sigmas = move / max(row.sigma[k] * np.sqrt(seconds), 1e-12)
    strength = min(sigmas / (4 * max(p.min_sigmas, 0.1)), 1.0)
    if row.owner[k] == 0:
        return 0.5 + 0.15 * strength
    return 0.85 + 0.06 * strength + 0.06 * min(row.exited[k] / row.taken[k], 1.0)


@kernel
def step(event, context, row, p):
    """Advance everybody who is followed by one print."""
    if not sets_price(event):
        return 0.0
    if opens(event, context, p):
        _let_go(context, row, p)
        if _place(context, row) < 0:
            _follow(context, row)
            row.expires = max(row.expires, context.ts + p.ignition_ns + p.retrace_ns)
    if context.side > 0:
        row.bought += event.quantity
    elif context.side < 0:
        row.sold += event.quantity
    mid = (context.bid + context.ask) / 2
    score = 0.0
    for k in range(OWNERS):
        side = row.side[k]
        if side == 0:
            continue
        if context.ts - row.extreme_ts[k] > p.retrace_ns:
            row.side[k] = 0
            continue
        beyond = (mid - row.extreme[k]) * side
        if beyond > 0 and context.ts - row.start_ts[k] <= p.ignition_ns:
            _reach(context, row, k, mid)
        elif beyond > GOES_ON * abs(row.extreme[k] - row.start[k]):
            row.side[k] = 0
            continue
        _trade(event, context, row, k, p)
        if score == 0.0 and _is_complete(row, k, mid, p):
            score = _score(row, k, p)
            row.hit = k
            row.told_side = side
            row.side[k] = 0
    return score


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the sweeps, the move, the exit and the way back."""
    k, side = int(row["hit"]), int(row["told_side"])
    start, extreme_ts, end = int(row["start_ts"][k]), int(row["extreme_ts"][k]), int(context["ts"])
    first, extreme, sigma = (float(row[name][k]) for name in ("start", "extreme", "sigma"))
    move = (extreme - first) * side
    sigmas = move / max(sigma * max((extreme_ts - start) / 1e9, 1.0) ** 0.5, 1e-12)
    with_it, against_it = float(row["with_it"][k]), float(row["against_it"][k])
    taken, exited, account = float(row["taken"][k]), float(row["exited"][k]), int(row["account"][k])
    known = bool(row["owner"][k])
    sweeps = int(row["sweeps"][k])
    who = story.who(account) if known else "Participants whom the feed does not name"
    word = "bought" if side > 0 else "sold"
    sentences = [
        f"{who} {word} {story.symbol} in {sweeps} sweeps through {p['min_levels']:g} or more prices each from "
        f"{story.at(start)} on (threshold {p['min_sweeps']:g}), out of a market that had stood still at "
        f"{amount(first)}.",
        f"Within {duration(extreme_ts - start)} the price went to {amount(extreme)}: {move / abs(first) * 1e4:.0f} bp "
        f"(threshold {p['min_move_bp']:g}) and {min(sigmas, 1e6):.1f} standard deviations (threshold "
        f"{p['min_sigmas']:g}); {with_it / (with_it + against_it):.0%} of the aggressive volume was on that side "
        f"(threshold {p['one_sided']:.0%}).",
    ]
    if known and exited:
        sentences.append(
            f"Of the {amount(taken)} taken the same owner traded {amount(exited)} back near the extreme, at "
            f"{amount(round(float(row['exit_price'][k]) / exited, 4))} on average (threshold {p['exit_share']:.0%})."
        )
    sentences.append(
        f"By {story.at(end)} {p['retrace']:.0%} of the move was given back, {duration(end - extreme_ts)} after the "
        f"extreme."
    )
    if not known:
        sentences.append("Without accounts nobody is seen to profit: this is a candidate only.")
    keys = [int(key) for key in row["keys"][k][: int(row["count"][k])]]
    exits = [int(key) for key in row["exit_keys"][k][: int(row["exits"][k])]]
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=sentences,
        trades=[*keys, *exits],
        accounts=[account] if known else [],
        candidate=not known,
        tier=3 if row["linked"][k] else 2 if known else 1,
        metrics={
            "sweeps": float(sweeps),
            "move_bp": move / abs(first) * 1e4,
            "sigmas": sigmas,
            "one_sided": with_it / (with_it + against_it),
            "taken": taken,
            "exited": exited,
        },
        thresholds={
            name: p[name]
            for name in ("min_levels", "min_sweeps", "one_sided", "min_sigmas", "min_move_bp", "exit_share", "retrace")
        },
        baselines={"price_before": first, "volatility": sigma},
    )

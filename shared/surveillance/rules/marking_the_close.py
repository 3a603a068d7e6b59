"""Marking the close: one owner makes much of the last trading before a reference time, and moves the price with it.

Before the session's close, a fix, or after the open, an owner (1) holds at least `min_share` of the volume of the last
`window_s`, and `day_multiple` × its share of the day before or more; (2) trades one way, `min_direction` of it, in
`min_trades` executions or more; (3) the mid has moved its way by `min_sigmas` standard deviations of the minutes before
and by `min_push_bp`. The window must be half over and hold `min_volume` usual prints. In the last `burst_s` before the
reference time `burst_share` of their volume is enough for (1), in three executions, with a move of `burst_push_bp`, and
the window need not be half over. Owners are beneficial owners where they are known, so that a linked group counts as
one.

A market that never closes has the end of the UTC day as its close. `reference_s` adds a fix, or another proxy close, as
seconds of the UTC day; `open_window_s` above 0 watches the minutes after the open likewise.

Sources: Regulation (EU) 2016/522, Annex II, section 1, indicator 5(d) (marking the close); SEC v. Athena Capital
Research, release 34-73369 (2014).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_LEGS
from surveillance.events import DAY, SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "marking_the_close", 1, "Marking the close"
KIND, TIER, ANSWERS = "pattern", 2, ("marking_the_close",)
NEEDS = ("trade",)
WANTS, KEY, BY_VENUE = ON_LEGS, "market", False

PARAMETERS = (
    Parameter("window_s", 300, "s", 1, 7200, "before the reference time"),
    Parameter("min_share", 0.17, "share of the window's volume", 0, 1, "of the owner"),
    Parameter("day_multiple", 2, "× own share of the day before", 0, 1000, "how unusual that is"),
    Parameter("min_direction", 0.8, "share of own volume", 0, 1, "one way"),
    Parameter("min_trades", 5, "executions", 1, 1000, "at different moments"),
    Parameter("min_sigmas", 1, "σ", 0, 100, "how far the price moves"),
    Parameter("min_push_bp", 3, "bp of the mid", 0, 10_000, "how far the price moves"),
    Parameter("min_volume", 10, "usual prints", 0, 1e9, "volume of the window"),
    Parameter("burst_s", 2, "s", 0.001, 600, "the last moments"),
    Parameter("burst_share", 0.6, "share of their volume", 0, 1, "of the owner"),
    Parameter("burst_push_bp", 1, "bp of the mid", 0, 10_000, "how far the price moves in them"),
    Parameter("reference_s", -1, "s of the UTC day", -1, 86_400, "a fix or proxy close; −1 = none"),
    Parameter("open_window_s", 0, "s", 0, 7200, "after the open; 0 = not watched"),
)

OWNERS = 24
EVIDENCE = 16
BURST_TRADES = 3
WHOLE, BURST = 0, 1
MEASURES, BURST_MEASURES = ("min_share", "min_push_bp"), ("burst_share", "burst_push_bp")
ROW = [
    ("reference", "i8"),
    ("kind", "i8"),
    ("hit", "i8"),
    ("start_ts", "i8", (2,)),
    ("start", "f8", (2,)),
    ("sigma", "f8", (2,)),
    ("bought", "f8", (2,)),
    ("sold", "f8", (2,)),
    ("push", "f8"),
    ("share", "f8"),
    ("day_share", "f8"),
    ("owner", "i8", (2, OWNERS)),
    ("account", "i8", (2, OWNERS)),
    ("second", "i8", (2, OWNERS)),
    ("linked", "i8", (2, OWNERS)),
    ("own_bought", "f8", (2, OWNERS)),
    ("own_sold", "f8", (2, OWNERS)),
    ("trades", "i8", (2, OWNERS)),
    ("first_ts", "i8", (2, OWNERS)),
    ("last_ts", "i8", (2, OWNERS)),
    ("told", "i8", (2, OWNERS)),
    ("keys", "i8", (2, OWNERS, EVIDENCE)),
]


@kernel
def _reference(context, p):
    """Give the reference time whose window holds this moment, or 0."""
    ts = context.ts
    if context.closes_ts - p.window_ns <= ts <= context.closes_ts:
        return context.closes_ts
    if p.reference_ns >= 0:
        fix = ts // DAY * DAY + p.reference_ns
        if fix - p.window_ns <= ts <= fix:
            return fix
    if p.open_window_ns > 0 and context.opens_ts <= ts <= context.opens_ts + p.open_window_ns:
        return context.opens_ts + p.open_window_ns
    return np.int64(0)


@kernel
def opens(event, context, p):
    """Say whether a leg lies before a reference time."""
    return _reference(context, p) > 0


@kernel
def _begin(context, row, kind):
    row.start_ts[kind] = context.ts
    row.start[kind] = (context.bid + context.ask) / 2
    row.sigma[kind] = context.volatility
    row.bought[kind] = 0.0
    row.sold[kind] = 0.0
    for k in range(OWNERS):
        row.owner[kind, k] = 0


@kernel
def _place(context, row, kind):
    """Give the owner's place; a new owner takes a free one, or that of the owner with the least volume."""
    least = 0
    for k in range(OWNERS):
        if row.owner[kind, k] == context.owner:
            return k
        if row.owner[kind, k] == 0:
            least = k
            break
        volume = row.own_bought[kind, k] + row.own_sold[kind, k]
        if volume < row.own_bought[kind, least] + row.own_sold[kind, least]:
            least = k
    k = least
    row.owner[kind, k] = context.owner
    row.account[kind, k] = context.account
    row.second[kind, k] = 0
    row.linked[kind, k] = context.owner_known
    row.own_bought[kind, k] = 0.0
    row.own_sold[kind, k] = 0.0
    row.trades[kind, k] = 0
    row.first_ts[kind, k] = context.ts
    row.last_ts[kind, k] = 0
    row.told[kind, k] = 0
    return k


@kernel
def _count(context, row, kind):
    """Add a leg to its window and its owner; give the owner's place."""
    k = _place(context, row, kind)
    if context.side > 0:
        row.bought[kind] += context.quantity
        row.own_bought[kind, k] += context.quantity
    else:
        row.sold[kind] += context.quantity
        row.own_sold[kind, k] += context.quantity
    if context.account != row.account[kind, k]:
        row.second[kind, k] = context.account
    if row.last_ts[kind, k] != context.ts:
        row.last_ts[kind, k] = context.ts
        if row.trades[kind, k] < EVIDENCE:
            row.keys[kind, k, row.trades[kind, k]] = context.trade
        row.trades[kind, k] += 1
    return k


@kernel
def _judge(context, row, kind, k, p):
    """Judge an owner's part of a window; 0 where a condition fails."""
    bought, sold = row.own_bought[kind, k], row.own_sold[kind, k]
    gross = bought + sold
    volume = max(row.bought[kind], row.sold[kind])
    share = gross / volume
    whole = kind == WHOLE
    if row.told[kind, k] or share < (p.min_share if whole else p.burst_share):
        return 0.0
    if row.trades[kind, k] < (p.min_trades if whole else BURST_TRADES) or max(bought, sold) < p.min_direction * gross:
        return 0.0
    if volume < (p.min_volume if whole else BURST_TRADES) * context.usual_trade:
        return 0.0
    if whole and 2 * (row.reference - context.ts) > p.window_ns:
        return 0.0
    side = 1.0 if bought > sold else -1.0
    push = ((context.bid + context.ask) / 2 - row.start[kind]) * side
    seconds = max((context.ts - row.start_ts[kind]) / SECOND, 1.0)
    sigma = row.sigma[kind] * np.sqrt(seconds)
    least = (p.min_push_bp if whole else p.burst_push_bp) * 1e-4 * abs(row.start[kind])
    if not (push >= p.min_sigmas * sigma and push >= least):
        return 0.0
    day = context.day_volume - volume
    own = max(context.bought + context.sold - gross, 0.0)
    row.day_share = own / day if day > 0 else 0.0
    if share < p.day_multiple * row.day_share:
        return 0.0
    row.push = push * side
    row.share = share
    strength = min(push / max(sigma, 1e-12) / (4 * max(p.min_sigmas, 0.1)), 1.0)
    return 0.8 + 0.1 * min(share / 0.5, 1.0) + 0.06 * strength


@kernel
def step(event, context, row, p):
    """Count a leg in the window it lies in, and judge its owner."""
    reference = _reference(context, p)
    if reference == 0:
        return 0.0
    if row.reference != reference:
        row.reference = reference
        row.expires = reference
        _begin(context, row, WHOLE)
        row.start_ts[BURST] = 0
    k = _count(context, row, WHOLE)
    score = _judge(context, row, WHOLE, k, p)
    row.kind = WHOLE
    row.hit = k
    if score > 0:
        row.told[WHOLE, k] = 1
    if context.ts >= reference - p.burst_ns:
        if row.start_ts[BURST] == 0:
            _begin(context, row, BURST)
        place = _count(context, row, BURST)
        if score == 0.0:
            score = _judge(context, row, BURST, place, p)
            if score > 0:
                row.kind = BURST
                row.hit = place
                row.told[BURST, place] = 1
    return score


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the owner's part of the window and what the price did."""
    kind, k = int(row["kind"]), int(row["hit"])
    start, reference, end = int(row["first_ts"][kind][k]), int(row["reference"]), int(context["ts"])
    bought, sold = float(row["own_bought"][kind][k]), float(row["own_sold"][kind][k])
    first, push, sigma = float(row["start"][kind]), float(row["push"]), float(row["sigma"][kind])
    share, day_share = float(row["share"]), float(row["day_share"])
    elapsed = end - int(row["start_ts"][kind])
    sigmas = abs(push) / max(sigma * max(elapsed / 1e9, 1.0) ** 0.5, 1e-12)
    trades = int(row["trades"][kind][k])
    accounts = [int(key) for key in (row["account"][kind][k], row["second"][kind][k]) if key]
    threshold, least = (p[name] for name in (MEASURES if kind == WHOLE else BURST_MEASURES))
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=[
            f"{story.who(accounts[0])}{' and a linked account' if len(accounts) > 1 else ''} "
            f"{'bought' if bought > sold else 'sold'} {amount(max(bought, sold))} {story.symbol} in {trades} "
            f"executions from {story.at(start)} on, up to {duration(reference - end)} before the reference time "
            f"{story.at(reference)}.",
            f"That is {share:.0%} of the volume of the window of {duration(elapsed)} (threshold {threshold:.0%}); of "
            f"the day before it the same owner had {day_share:.1%} (threshold {p['day_multiple']:g} times that).",
            f"The mid went from {amount(first)} to {amount(round(first + push, 6))} meanwhile: "
            f"{abs(push) / abs(first) * 1e4:.1f} bp (threshold {least:g}) and {min(sigmas, 1e6):.1f} "
            f"standard deviations (threshold {p['min_sigmas']:g}).",
        ],
        trades=[int(key) for key in row["keys"][kind][k][: min(trades, EVIDENCE)]],
        accounts=accounts,
        tier=3 if row["linked"][kind][k] else 2,
        metrics={
            "share": share,
            "day_share": day_share,
            "push_bp": abs(push) / abs(first) * 1e4,
            "sigmas": sigmas,
            "executions": float(trades),
            "seconds_to_reference": (reference - end) / 1e9,
        },
        thresholds={name: p[name] for name in ("window_s", "day_multiple", "min_sigmas", *MEASURES, *BURST_MEASURES)},
        baselines={"volatility": sigma},
    )

"""Ramping: one owner trades aggressively in one direction, again and again, and takes the price along.

An owner's aggressive executions, each within `pause_s` of the one before and all within `window_s`, count as one run.
It is complete with one more in its direction where (1) there are `min_trades` or more; (2) the signs of one and the
next agree: an autocorrelation of `min_autocorrelation`; (3) they are at least `min_share` of the volume since the run
began and of what usually trades in that time, counted as `shortest_s` or more; (4) the mid has moved their way by
`min_sigmas` standard deviations of the minutes before and by `min_move_bp`.

Source: Regulation (EU) 2016/522, Annex II, section 1, indicators 1(a) and 4(b).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_LEGS
from surveillance.events import SECOND
from surveillance.features.legs import RECENT_NS
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "ramping", 1, "Ramping"
KIND, TIER, ANSWERS = "pattern", 2, ("ramping",)
NEEDS = ("trade",)
WANTS, KEY, BY_VENUE = ON_LEGS, "position", False

PARAMETERS = (
    Parameter("min_trades", 6, "executions", 2, 1000, "aggressive, at different moments"),
    Parameter("min_autocorrelation", 0.5, "correlation", -1, 1, "of the signs of neighbours"),
    Parameter("min_share", 0.18, "share of the run's volume", 0, 1, "of the owner"),
    Parameter("min_sigmas", 3, "σ", 0, 100, "how far the price moves"),
    Parameter("min_move_bp", 15, "bp of the mid", 0, 10_000, "how far the price moves"),
    Parameter("pause_s", 60, "s", 0.001, 3600, "between executions of a run"),
    Parameter("window_s", 600, "s", 1, 7200, "longest run"),
    Parameter("shortest_s", 120, "s", 0, 3600, "of usual volume that the share is at least measured by"),
    Parameter("warm_up_s", 120, "s", 0, 86_400, "after the open, before volatility means something"),
    Parameter("min_volume", 8, "usual prints", 0, 1e9, "volume of the run"),
)

EVIDENCE = 16
ROW = [
    ("start_ts", "i8"),
    ("last_ts", "i8"),
    ("last_side", "i8"),
    ("trades", "i8"),
    ("agreeing", "i8"),  # neighbours of one sign, less those of two
    ("account", "i8"),
    ("second", "i8"),
    ("start", "f8"),
    ("sigma", "f8"),
    ("volume_before", "f8"),
    ("bought", "f8"),
    ("sold", "f8"),
    ("share", "f8"),
    ("move", "f8"),
    ("keys", "i8", (EVIDENCE,)),
]


@kernel
def opens(event, context, p):
    """Say whether a leg took liquidity."""
    return context.aggressive > 0 and context.owner != 0


@kernel
def _begin(context, row):
    row.start_ts = context.ts
    row.last_ts = 0
    row.trades = 0
    row.agreeing = 0
    row.account = context.account
    row.second = 0
    row.start = (context.bid + context.ask) / 2
    row.sigma = context.volatility
    row.volume_before = context.day_volume
    row.bought = 0.0
    row.sold = 0.0


@kernel
def step(event, context, row, p):
    """Add an aggressive execution to the owner's run."""
    if context.aggressive <= 0:
        return 0.0
    if row.start_ts <= 0 or context.ts - row.start_ts > p.window_ns:
        _begin(context, row)
    row.expires = context.ts + p.pause_ns
    if context.side > 0:
        row.bought += context.quantity
    else:
        row.sold += context.quantity
    if context.account != row.account:
        row.second = context.account
    if row.last_ts != context.ts:
        if row.trades:
            row.agreeing += 1 if row.last_side == context.side else -1
        if row.trades < EVIDENCE:
            row.keys[row.trades] = context.trade
        row.trades += 1
        row.last_ts = context.ts
        row.last_side = context.side
    if row.trades < p.min_trades or row.agreeing < p.min_autocorrelation * (row.trades - 1):
        return 0.0
    own = row.bought + row.sold
    volume = max(context.day_volume - row.volume_before, own)
    usual = context.recent_volume * (max(context.ts - row.start_ts, p.shortest_ns) / RECENT_NS)
    volume = max(volume, usual)
    if context.ts - context.opens_ts < p.warm_up_ns:
        return 0.0
    if own < p.min_share * volume or volume < p.min_volume * context.usual_trade:
        return 0.0
    side = 1.0 if row.bought > row.sold else -1.0
    if context.side != side:
        return 0.0
    row.move = ((context.bid + context.ask) / 2 - row.start) * side
    seconds = max((context.ts - row.start_ts) / SECOND, 1.0)
    sigma = row.sigma * np.sqrt(seconds)
    if not (row.move >= p.min_sigmas * sigma and row.move >= p.min_move_bp * 1e-4 * abs(row.start)):
        return 0.0
    row.share = own / volume
    strength = min(row.move / max(sigma, 1e-12) / (4 * max(p.min_sigmas, 0.1)), 1.0)
    row.start_ts = -row.start_ts
    return 0.8 + 0.08 * min(row.share / 0.4, 1.0) + 0.08 * strength


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the run and the price's way."""
    start, end = abs(int(row["start_ts"])), int(context["ts"])
    bought, sold = float(row["bought"]), float(row["sold"])
    first, move, share = float(row["start"]), float(row["move"]), float(row["share"])
    sigma, trades = float(row["sigma"]), int(row["trades"])
    sigmas = move / max(sigma * max((end - start) / 1e9, 1.0) ** 0.5, 1e-12)
    agreement = int(row["agreeing"]) / max(trades - 1, 1)
    up = bought > sold
    accounts = [int(key) for key in (row["account"], row["second"]) if key]
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=[
            f"{story.who(accounts[0])}{' and a linked account' if len(accounts) > 1 else ''} took liquidity in "
            f"{story.symbol} {trades} times within {duration(end - start)} from {story.at(start)} on "
            f"(threshold {p['min_trades']:g}): bought {amount(bought)} and sold {amount(sold)}, the signs of "
            f"neighbours correlating by {agreement:.2f} (threshold {p['min_autocorrelation']:g}).",
            f"That is {share:.0%} of all that traded meanwhile (threshold {p['min_share']:.0%}).",
            f"The mid {'rose' if up else 'fell'} from {amount(first)} by {move / abs(first) * 1e4:.1f} bp (threshold "
            f"{p['min_move_bp']:g}), {min(sigmas, 1e6):.1f} standard deviations (threshold {p['min_sigmas']:g}).",
        ],
        trades=[int(key) for key in row["keys"][: min(trades, EVIDENCE)]],
        accounts=accounts,
        tier=3 if context["owner_known"] else 2,
        metrics={
            "executions": float(trades),
            "autocorrelation": agreement,
            "share": share,
            "move_bp": move / abs(first) * 1e4,
            "sigmas": sigmas,
        },
        thresholds={
            name: p[name] for name in ("min_trades", "min_autocorrelation", "min_share", "min_sigmas", "min_move_bp")
        },
        baselines={"volatility": sigma},
    )

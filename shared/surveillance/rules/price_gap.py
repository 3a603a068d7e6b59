"""Price gap: a session opens far from where the one before it closed.

abs(open ÷ previous close − 1) is at least max(`min_gap`, `sigmas` × the root mean square of the last `MOVES` overnight
moves, where daily bars have told ten of them). Looked at are daily bars, and the first bar of any other interval after
a night: three hours or more without a bar, so that the reopening after a halt is no gap. The previous close is that of
the last bar, else the reference data's. Ratios within `split_tolerance` of a split's (2:1, 3:2 ... 1:100) are taken for
one: they raise nothing and count in no deviation. A gap is told once, by whichever bar shows it first.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_BARS
from surveillance.events import DAY, MINUTE, SECOND
from surveillance.features.bars import BREAK_NS, INTERVAL_NAMES
from surveillance.features.splits import is_split
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount

ID, VERSION, TITLE = "price_gap", 1, "Price gap"
KIND, TIER, ANSWERS = "condition", 0, ("price_gap",)
NEEDS = ("trade", "bar")
WANTS, KEY, BY_VENUE = ON_BARS, "market", False
ACROSS_SESSIONS = True

PARAMETERS = (
    Parameter("min_gap", 0.0175, "share of the previous close", 0.0001, 1, "smaller gaps are usual"),
    Parameter("sigmas", 3, "× usual overnight move", 0, 100, "how far beyond the usual"),
    Parameter("split_tolerance", 0.03, "share", 0, 0.2, "how near a split's ratio"),
)

MOVES, MOVES_NEEDED = 20, 10
_KEPT_NS = 400 * DAY
_SAME_GAP_NS = 20 * 60 * MINUTE
_DAY_S = DAY // SECOND
ROW = [
    ("closed_ts", "i8"),  # end of the last daily bar
    ("close", "f8"),
    ("ended", "i8"),  # end of the last bar of another interval
    ("last", "f8"),
    ("moves", "i8"),
    ("move", "f8", (MOVES,)),
    ("told_ts", "i8"),
    ("opened", "f8"),
    ("previous", "f8"),
    ("usual", "f8"),
    ("limit", "f8"),
]


@kernel
def _judge(row, opened, previous, ts, p):
    if not (opened > 0 and previous > 0) or is_split(opened / previous, p.split_tolerance):
        return 0.0
    count = min(row.moves, MOVES)
    squares = 0.0
    for k in range(count):
        squares += row.move[k] ** 2
    row.usual = np.sqrt(squares / count) if count >= MOVES_NEEDED else 0.0
    row.limit = max(p.min_gap, p.sigmas * row.usual)
    gap = abs(opened / previous - 1.0)
    if gap < row.limit:
        return 0.0
    row.told_ts = ts
    row.opened = opened
    row.previous = previous
    return min(0.6 + 0.1 * (gap / row.limit - 1.0), 0.89)


@kernel
def _in_session(bar, start):
    """Say whether the reference data's previous close is that of the bar's own session."""
    return bar.session > 0 and start + MINUTE > bar.session and not bar.close_stands_in


@kernel
def step(event, bar, row, p):
    """Look at a bar that may begin a session."""
    row.expires = bar.ts + _KEPT_NS
    if bar.interval_s == 0 or np.isnan(bar.bar_open):
        return 0.0
    score = 0.0
    if bar.interval_s == _DAY_S:
        if row.closed_ts and bar.ts > row.closed_ts:
            if row.told_ts == 0 or bar.ts - row.told_ts > _SAME_GAP_NS:
                score = _judge(row, bar.bar_open, row.close, bar.ts, p)
            if row.close > 0 and not is_split(bar.bar_open / row.close, p.split_tolerance):
                row.move[row.moves % MOVES] = bar.bar_open / row.close - 1.0
                row.moves += 1
        row.close = bar.bar_close
        row.closed_ts = bar.ts
        return score
    start = bar.ts - bar.interval_s * SECOND
    if row.ended == 0 or start - row.ended >= BREAK_NS:
        previous = bar.previous_close if _in_session(bar, start) else np.nan
        if row.ended > row.closed_ts:
            previous = row.last
        elif row.closed_ts and start - row.closed_ts >= BREAK_NS:
            previous = row.close
        score = _judge(row, bar.bar_open, previous, bar.ts, p)
    if bar.ts >= row.ended:
        row.ended = bar.ts
        row.last = bar.bar_close
    return score


def explain(row: np.void, bar: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the open beside the close before it, and what is usual."""
    seconds, end = int(bar["interval_s"]), int(bar["ts"])
    opened, previous, usual = float(row["opened"]), float(row["previous"]), float(row["usual"])
    gap = opened / previous - 1
    daily = seconds == _DAY_S
    known = f"{usual:.2%} is the usual overnight move" if usual > 0 else "the usual overnight move is not known"
    return Finding(
        start_ts=end if daily else end - seconds * SECOND,
        end_ts=end,
        sentences=[
            f"{story.symbol} opened at {amount(round(opened, 8))}, {abs(gap):.1%} {'above' if gap > 0 else 'below'} "
            f"the previous close of {amount(round(previous, 8))}, by the {INTERVAL_NAMES[seconds]} bar that ended at "
            f"{story.at(end)}.",
            f"{known[0].upper()}{known[1:]}; the threshold is {float(row['limit']):.2%} (at least {p['min_gap']:.2%}, "
            f"or {p['sigmas']:g} times the usual). No split has this ratio.",
        ],
        tier=0,
        first_evidence=f"{INTERVAL_NAMES[seconds]}@{end}",
        metrics={"gap": gap, "open": opened},
        thresholds={name: p[name] for name in ("min_gap", "sigmas")} | {"limit": float(row["limit"])},
        baselines={"previous_close": previous, "usual_move": usual},
    )

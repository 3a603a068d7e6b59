"""Price velocity: the trades of the last few seconds span more of the previous close than a market should move.

High − low of the prints that set prices within the trailing `window_s` is at least `min_move` of the previous close,
over two trades or more; below `plain_move` that is of low severity. Late, out-of-sequence and average-price prints are
left out; a cancelled or corrected print leaves the window. A print that a later one had eclipsed does not come back
with the later one's correction. After an alert the window begins anew with the last print.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_TRADES
from surveillance.features.bars import sets_price
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "price_velocity", 1, "Price velocity"
KIND, TIER, ANSWERS = "condition", 0, ("price_velocity",)
NEEDS = ("trade",)
WANTS, KEY, BY_VENUE = ON_TRADES, "market", False

PARAMETERS = (
    Parameter("window_s", 5, "s", 0.001, 600, "how far back the window reaches"),
    Parameter("min_move", 0.0044, "share of the previous close", 0.00001, 1, "high − low of the window"),
    Parameter("plain_move", 0.005, "share of the previous close", 0, 1, "low severity below this"),
)

EXTREMES = 128
PLAIN = 0.45
ROW = [
    ("told", "i8"),
    ("first_high", "i8"),
    ("highs", "i8"),
    ("first_low", "i8"),
    ("lows", "i8"),
    ("high_ts", "i8", (EXTREMES,)),
    ("high", "f8", (EXTREMES,)),
    ("high_key", "i8", (EXTREMES,)),
    ("low_ts", "i8", (EXTREMES,)),
    ("low", "f8", (EXTREMES,)),
    ("low_key", "i8", (EXTREMES,)),
]


@kernel
def _push(ts, key, price, first, count, held_ts, held, held_key, sign):
    """Add to a queue whose prices fall (sign 1) or rise (sign −1) from its front; a full one gives up an entry."""
    while count and (held[(first + count - 1) % EXTREMES] - price) * sign <= 0:
        count -= 1
    if count == EXTREMES:
        count -= 1
    place = (first + count) % EXTREMES
    held_ts[place] = ts
    held[place] = price
    held_key[place] = key
    return count + 1


@kernel
def _forget(key, first, count, held_ts, held, held_key):
    """Take a corrected print out of a queue."""
    kept = 0
    for k in range(count):
        place = (first + k) % EXTREMES
        if held_key[place] != key:
            to = (first + kept) % EXTREMES
            held_ts[to] = held_ts[place]
            held[to] = held[place]
            held_key[to] = held_key[place]
            kept += 1
    return kept


@kernel
def _take(event, context, row):
    row.highs = _push(
        context.ts, context.trade, event.price, row.first_high, row.highs, row.high_ts, row.high, row.high_key, 1.0
    )
    row.lows = _push(
        context.ts, context.trade, event.price, row.first_low, row.lows, row.low_ts, row.low, row.low_key, -1.0
    )


@kernel
def _keep_last(row):
    """Empty the window but for the last print, unless that was corrected away."""
    row.first_high = (row.first_high + max(row.highs - 1, 0)) % EXTREMES
    row.first_low = (row.first_low + max(row.lows - 1, 0)) % EXTREMES
    same_moment = row.high_ts[row.first_high] == row.low_ts[row.first_low]
    same_price = row.high[row.first_high] == row.low[row.first_low]
    if row.highs == 0 or row.lows == 0 or not same_moment or not same_price:
        row.highs = 0
        row.lows = 0
        return
    row.highs = 1
    row.lows = 1


@kernel
def step(event, context, row, p):
    """Slide the window to this trade and compare its span."""
    if event.correction:
        if context.trade:
            row.highs = _forget(context.trade, row.first_high, row.highs, row.high_ts, row.high, row.high_key)
            row.lows = _forget(context.trade, row.first_low, row.lows, row.low_ts, row.low, row.low_key)
        return 0.0
    if not sets_price(event):
        return 0.0
    if row.told:
        row.told = 0
        _keep_last(row)
    since = context.ts - p.window_ns
    while row.highs and row.high_ts[row.first_high] < since:
        row.first_high = (row.first_high + 1) % EXTREMES
        row.highs -= 1
    while row.lows and row.low_ts[row.first_low] < since:
        row.first_low = (row.first_low + 1) % EXTREMES
        row.lows -= 1
    _take(event, context, row)
    row.expires = context.ts + p.window_ns
    span = row.high[row.first_high] - row.low[row.first_low]
    if not (context.previous_close > 0 and span >= p.min_move * context.previous_close):
        return 0.0
    row.told = 1
    if span < p.plain_move * context.previous_close:
        return PLAIN
    return min(0.5 + 0.1 * (span / (p.min_move * context.previous_close) - 1.0), 0.89)


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell between which two prints the price moved."""
    high, low = int(row["first_high"]), int(row["first_low"])
    high_ts, low_ts = int(row["high_ts"][high]), int(row["low_ts"][low])
    top, bottom, close = float(row["high"][high]), float(row["low"][low]), float(context["previous_close"])
    rising = low_ts <= high_ts
    first, last = ("low", low) if rising else ("high", high), ("high", high) if rising else ("low", low)
    ends = [(float(row[name][k]), int(row[f"{name}_ts"][k]), int(row[f"{name}_key"][k])) for name, k in (first, last)]
    stands_in = (
        " (no previous close is known; the session's first trade stands in)" if context["close_stands_in"] else ""
    )
    return Finding(
        start_ts=ends[0][1],
        end_ts=int(context["ts"]),
        sentences=[
            f"{story.symbol} {'rose' if rising else 'fell'} from {amount(ends[0][0])} at {story.at(ends[0][1])} to "
            f"{amount(ends[1][0])} at {story.at(ends[1][1])}, within {duration(ends[1][1] - ends[0][1])}.",
            f"That is {(top - bottom) / close:.2%} of the previous close of {amount(close)}{stands_in}; the threshold "
            f"is "
            f"{p['min_move']:.2%} within {p['window_s']:g} s.",
        ],
        trades=[key for _, _, key in ends],
        tier=0,
        metrics={"move": (top - bottom) / close, "high": top, "low": bottom},
        thresholds={name: p[name] for name in ("min_move", "plain_move", "window_s")},
        baselines={"previous_close": close},
    )

"""Volatility spike: returns vary far more than they used to.

The standard deviation of the last `WINDOW` returns (close to close, of one interval) exceeds the 95th percentile of its
own last `HISTORY` values in two bars running; at least `min_history` of them are needed. It is over once below the 80th
percentile, and one alert tells it. One bar in twenty lies above the 95th percentile by construction, so this alone is
of low severity; it is medium from `multiple` × the median on, and told anew as it grows to three quarters of that and
to all of it. Returns over a night are left out, as are those of days that open in the ratio of a split to the close
before; minutes without a trade count as unchanged. While a spike of medium severity lasts, its values do not become
history, for `HELD_BACK` bars at most: a second one is one too.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_BARS
from surveillance.events import DAY, SECOND
from surveillance.features.bars import BREAK_NS, INTERVAL_NAMES, INTERVAL_SECONDS, interval_place
from surveillance.features.splits import TOLERANCE, is_split
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, duration

ID, VERSION, TITLE = "volatility_spike", 1, "Volatility spike"
KIND, TIER, ANSWERS = "condition", 0, ("volatility_spike",)
NEEDS = ("trade", "bar")
WANTS, KEY, BY_VENUE = ON_BARS, "market", False
ACROSS_SESSIONS = True

PARAMETERS = (
    Parameter("on_share", 0.95, "share of its history", 0.5, 1, "what it must exceed, twice running"),
    Parameter("off_share", 0.8, "share of its history", 0, 1, "what it must fall below to be over"),
    Parameter("min_history", 100, "values", 10, 240, "before a percentile means something"),
    Parameter("multiple", 2.15, "× median of its history", 0.1, 1000, "for medium severity"),
)

WINDOW, HISTORY = 10, 240
HELD_BACK = 30
MOST_OF_SECONDS = 0.69
"""Ten seconds that are restless beside four minutes are of medium severity at most."""
_MINUTE_S = 60
NEARLY = 0.75
MEDIUM = 3
"""The level told last, once it was told as medium."""
ALIKE = 1.0 - 1e-9
"""What differs by less is rounding."""
_KEPT_NS = 400 * DAY
_KINDS = len(INTERVAL_SECONDS)
ROW = [
    ("ended", "i8", (_KINDS,)),
    ("close", "f8", (_KINDS,)),
    ("returns", "i8", (_KINDS,)),
    ("past", "i8", (_KINDS,)),
    ("above", "i8", (_KINDS,)),  # bars running above the 95th percentile
    ("since_ts", "i8", (_KINDS,)),
    ("told", "i8", (_KINDS,)),
    ("change", "f8", (_KINDS, WINDOW)),
    ("history", "f8", (_KINDS, HISTORY)),
    ("deviation", "f8"),
    ("median", "f8"),
    ("share", "f8"),
    ("held", "i8"),
]


@kernel
def _deviation(row, kind):
    total = 0.0
    for k in range(WINDOW):
        total += row.change[kind, k]
    mean = total / WINDOW
    squares = 0.0
    for k in range(WINDOW):
        squares += (row.change[kind, k] - mean) ** 2
    return np.sqrt(squares / (WINDOW - 1))


@kernel
def _share_below(row, kind, value):
    count = min(row.past[kind], HISTORY)
    below = 0
    for k in range(count):
        if row.history[kind, k] < value * ALIKE:
            below += 1
    return below / count


@kernel
def _median(row, kind):
    """Give the lower median: the value that as many lie below as above, found by counting."""
    count = min(row.past[kind], HISTORY)
    for k in range(count):
        value = row.history[kind, k]
        below, same = 0, 0
        for n in range(count):
            if row.history[kind, n] < value:
                below += 1
            elif row.history[kind, n] == value:
                same += 1
        if below <= (count - 1) // 2 < below + same:
            return value
    return np.nan


@kernel
def _return(row, kind, value, start_ts, end_ts, p):
    """Take one more return; give a score where two windows running stand out."""
    row.change[kind, row.returns[kind] % WINDOW] = value
    row.returns[kind] += 1
    if row.returns[kind] < WINDOW:
        return 0.0
    deviation = _deviation(row, kind)
    score = 0.0
    if row.past[kind] >= p.min_history:
        share = _share_below(row, kind, deviation)
        if share >= p.on_share:
            row.above[kind] += 1
            if row.above[kind] == 1 and row.told[kind] == 0:
                row.since_ts[kind] = start_ts
            if row.above[kind] >= 2 and row.told[kind] < MEDIUM:
                median = _median(row, kind)
                level = 1
                if median > 0 and deviation >= p.multiple * median:
                    level = MEDIUM
                    score = min(0.55 + 0.1 * (deviation / (p.multiple * median) - 1.0), 0.85)
                elif median > 0 and deviation >= NEARLY * p.multiple * median:
                    level = 2
                if level > row.told[kind]:
                    row.told[kind] = level
                    row.deviation = deviation
                    row.share = share
                    row.median = median
                    row.held = min(row.past[kind], HISTORY)
                    score = max(score, 0.3)
                else:
                    score = 0.0
        else:
            row.above[kind] = 0
            if share < p.off_share:
                row.told[kind] = 0
    if row.told[kind] < MEDIUM or row.above[kind] == 0 or row.above[kind] > HELD_BACK:
        row.history[kind, row.past[kind] % HISTORY] = deviation
        row.past[kind] += 1
    return score


@kernel
def step(event, bar, row, p):
    """Take a closed bar's return."""
    row.expires = bar.ts + _KEPT_NS
    kind = interval_place(bar.interval_s)
    if kind < 0 or np.isnan(bar.bar_close) or bar.bar_close <= 0:
        return 0.0
    length = bar.interval_s * SECOND
    score = 0.0
    daily = length >= DAY
    broken = is_split(bar.bar_open / row.close[kind], TOLERANCE) if daily else bar.ts - row.ended[kind] > BREAK_NS
    if row.ended[kind] and not broken:
        for _ in range(min(bar.empty_before, WINDOW)):
            score = max(score, _return(row, kind, 0.0, bar.ts - length, bar.ts, p))
        score = max(score, _return(row, kind, bar.bar_close / row.close[kind] - 1.0, bar.ts - length, bar.ts, p))
    row.close[kind] = bar.bar_close
    row.ended[kind] = bar.ts
    return score if bar.interval_s >= _MINUTE_S else min(score, MOST_OF_SECONDS)


def explain(row: np.void, bar: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the deviation beside its own past."""
    seconds, end = int(bar["interval_s"]), int(bar["ts"])
    kind = INTERVAL_SECONDS.index(seconds)
    since = int(row["since_ts"][kind])
    deviation, median = float(row["deviation"]), float(row["median"])
    name = INTERVAL_NAMES[seconds]
    times = f"{deviation / median:.1f} times their median" if median > 0 else "whose median is 0"
    return Finding(
        start_ts=min(since, end),
        end_ts=end,
        sentences=[
            f"The {name} returns of {story.symbol} became restless at {story.at(since)} and stayed so for "
            f"{duration(end - since)}: over the last {WINDOW} bars they deviate by {deviation * 1e4:.1f} bp.",
            f"{row['share']:.0%} of the {row['held']} values before lie below that (threshold {p['on_share']:.0%}, "
            f"twice running), {times} (threshold for more than low severity {p['multiple']:g} times).",
        ],
        tier=0,
        first_evidence=f"{name}@{since}",
        metrics={"deviation": deviation, "share_below": float(row["share"])},
        thresholds={name: p[name] for name in ("on_share", "off_share", "multiple")},
        baselines={"median_deviation": median},
    )

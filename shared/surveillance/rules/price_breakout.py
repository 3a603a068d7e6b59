"""Price breakout: a bar closes beyond the range of the twenty bars before it, on more volume than they had.

The close lies above their highest high, or below their lowest low, by more than `min_range` × their mean true range,
and the bar's volume is at least `volume_multiple` × their mean. That alone is of low severity: trends begin so, and so
does much that is none. It is medium from `strong_range` and `strong_volume` on, if the volume is also `above_highest` ×
their highest. In one direction a breakout is told once, until a bar closes inside again. Each interval has a history of
its own, which a night begins anew; for daily bars, so does an open in the ratio of a split to the close before.

Source: the Donchian channel with the average true range of Wilder (1978).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_BARS
from surveillance.events import DAY, SECOND
from surveillance.features.bars import BREAK_NS, INTERVAL_NAMES, INTERVAL_SECONDS, interval_place
from surveillance.features.splits import TOLERANCE, is_split
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount

ID, VERSION, TITLE = "price_breakout", 1, "Price breakout"
KIND, TIER, ANSWERS = "condition", 0, ("price_breakout",)
NEEDS = ("trade", "bar")
WANTS, KEY, BY_VENUE = ON_BARS, "market", False
ACROSS_SESSIONS = True

PARAMETERS = (
    Parameter("min_range", 0.1, "× mean true range", 0, 100, "how far beyond"),
    Parameter("volume_multiple", 1.35, "× mean volume", 0, 1000, "on how much volume"),
    Parameter("strong_range", 4, "× mean true range", 0, 100, "for medium severity"),
    Parameter("strong_volume", 4.5, "× mean volume", 0, 1000, "for medium severity"),
    Parameter("above_highest", 1.25, "× highest volume", 0, 1000, "for medium severity"),
)

BARS_BEFORE = 20
_TOLD = ("min_range", "volume_multiple", "strong_range", "strong_volume", "above_highest")
MOST = 0.69
"""Medium at most: prices break out every day, and seldom because somebody means them to."""
_KEPT_NS = 400 * DAY
_KINDS = len(INTERVAL_SECONDS)
ROW = [
    ("bars", "i8", (_KINDS,)),
    ("ended", "i8", (_KINDS,)),
    ("close", "f8", (_KINDS,)),
    ("side", "i8", (_KINDS,)),  # told already
    ("high", "f8", (_KINDS, BARS_BEFORE)),
    ("low", "f8", (_KINDS, BARS_BEFORE)),
    ("range", "f8", (_KINDS, BARS_BEFORE)),
    ("volume", "f8", (_KINDS, BARS_BEFORE)),
    ("edge", "f8"),
    ("mean_range", "f8"),
    ("mean_volume", "f8"),
]


@kernel
def _push(row, kind, high, low, volume):
    place = row.bars[kind] % BARS_BEFORE
    close = row.close[kind]
    if row.bars[kind] == 0:
        close = low
    row.high[kind, place] = high
    row.low[kind, place] = low
    row.range[kind, place] = max(high, close) - min(low, close)
    row.volume[kind, place] = volume
    row.bars[kind] += 1


@kernel
def _judge(row, bar, kind, p):
    highest, lowest = -np.inf, np.inf
    ranges, volumes, most = 0.0, 0.0, 0.0
    for k in range(BARS_BEFORE):
        highest = max(highest, row.high[kind, k])
        lowest = min(lowest, row.low[kind, k])
        place = (row.bars[kind] + k) % BARS_BEFORE
        ranges += row.range[kind, place]
        volumes += row.volume[kind, place]
        most = max(most, row.volume[kind, place])
    row.mean_range = ranges / BARS_BEFORE
    row.mean_volume = volumes / BARS_BEFORE
    side = 0
    if bar.bar_close > highest + p.min_range * row.mean_range:
        side = 1
        row.edge = highest
    elif bar.bar_close < lowest - p.min_range * row.mean_range:
        side = -1
        row.edge = lowest
    if side == 0:
        row.side[kind] = 0
        return 0.0
    if row.side[kind] == side or not row.mean_volume > 0 or bar.volume < p.volume_multiple * row.mean_volume:
        return 0.0
    row.side[kind] = side
    beyond = abs(bar.bar_close - row.edge) / row.mean_range if row.mean_range > 0 else 0.0
    heavy = bar.volume >= p.strong_volume * row.mean_volume and bar.volume >= p.above_highest * most
    if beyond < p.strong_range or not heavy:
        return 0.3
    return min(0.55 + 0.05 * (beyond / p.strong_range - 1.0), MOST) if p.strong_range > 0 else 0.55


@kernel
def step(event, bar, row, p):
    """Compare a closed bar with the twenty before it, then remember it."""
    row.expires = bar.ts + _KEPT_NS
    kind = interval_place(bar.interval_s)
    if kind < 0 or np.isnan(bar.volume) or np.isnan(bar.bar_close):
        return 0.0
    daily = bar.interval_s * SECOND >= DAY
    broken = is_split(bar.bar_open / row.close[kind], TOLERANCE) if daily else bar.ts - row.ended[kind] > BREAK_NS
    if row.bars[kind] and broken:
        row.bars[kind] = 0
        row.side[kind] = 0
    if row.bars[kind]:
        for _ in range(min(bar.empty_before, BARS_BEFORE)):
            _push(row, kind, row.close[kind], row.close[kind], 0.0)
    score = 0.0
    if row.bars[kind] >= BARS_BEFORE:
        score = _judge(row, bar, kind, p)
    _push(row, kind, bar.bar_high, bar.bar_low, bar.volume)
    row.close[kind] = bar.bar_close
    row.ended[kind] = bar.ts
    return score


def explain(row: np.void, bar: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the close beside the range it left, and the volume beside its mean."""
    seconds, end = int(bar["interval_s"]), int(bar["ts"])
    close, edge, mean_range = float(bar["bar_close"]), float(row["edge"]), float(row["mean_range"])
    volume, mean_volume = float(bar["volume"]), float(row["mean_volume"])
    up = close > edge
    beyond = abs(close - edge) / mean_range if mean_range > 0 else None
    far = "which hardly moved" if beyond is None else f"{beyond:.1f} times their mean true range"
    return Finding(
        start_ts=end - seconds * SECOND,
        end_ts=end,
        sentences=[
            f"The {INTERVAL_NAMES[seconds]} bar of {story.symbol} that ended at {story.at(end)} closed at "
            f"{amount(round(close, 8))}, {'above the highest high' if up else 'below the lowest low'} of the 20 bars "
            f"before it, {amount(round(edge, 8))}, by {far} (threshold {p['min_range']:g} times).",
            f"Its volume of {amount(volume)} is {volume / mean_volume:.1f} times their mean (threshold "
            f"{p['volume_multiple']:g} times; for more than low severity {p['strong_range']:g} and "
            f"{p['strong_volume']:g} times).",
        ],
        tier=0,
        first_evidence=f"{INTERVAL_NAMES[seconds]}@{end}",
        metrics={"close": close, "volume_multiple": volume / mean_volume}
        | ({} if beyond is None else {"ranges_beyond": beyond}),
        thresholds={name: p[name] for name in _TOLD},
        baselines={"edge": edge, "mean_range": mean_range, "mean_volume": mean_volume},
    )

"""Abnormal volume: a bar traded more than three times the mean of the twenty bars before it.

The plain rule always alerts, at low severity: volume > `multiple` × the mean of the `BARS_BEFORE` bars before it,
strictly, with all twenty present and a mean above 0. It becomes medium where the volume also lies `min_mad_z` or more
above the twenty by 0.6745 (x − median) ÷ MAD and is worth `min_money` or more, and high at twice both. Each interval
has its own history; minutes without a trade count as 0.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_BARS
from surveillance.events import INTERVALS, SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount

ID, VERSION, TITLE = "abnormal_volume", 1, "Abnormal volume"
KIND, TIER, ANSWERS = "condition", 0, ("abnormal_volume",)
NEEDS = ("trade", "bar")
WANTS, KEY, BY_VENUE = ON_BARS, "market", False
ACROSS_SESSIONS = True

PARAMETERS = (
    Parameter("multiple", 3, "× mean of 20 bars", 1, 1000, "the plain rule"),
    Parameter("min_mad_z", 3.5, "MAD-z", 0, 1000, "for medium severity; twice for high"),
    Parameter("min_money", 50_000, "currency units", 0, 1e15, "for medium severity; twice for high"),
)

BARS_BEFORE = 20
_SECONDS = tuple(INTERVALS.values())
_NAMES = {seconds: name for name, seconds in INTERVALS.items()}
_KEPT_NS = 400 * 86_400 * SECOND
ROW = [
    ("bars", "i8", (len(_SECONDS),)),
    ("volume", "f8", (len(_SECONDS), BARS_BEFORE)),
    ("mean", "f8"),
    ("median", "f8"),
    ("mad_z", "f8"),
    ("scratch", "f8", (BARS_BEFORE,)),
]


@kernel
def _interval(seconds):
    for k in range(len(_SECONDS)):
        if _SECONDS[k] == seconds:
            return k
    return 0


@kernel
def _push(row, kind, volume):
    row.volume[kind, row.bars[kind] % BARS_BEFORE] = volume
    row.bars[kind] += 1


@kernel
def _middle(scratch):
    """Sort in place and give the median."""
    for i in range(1, BARS_BEFORE):
        value = scratch[i]
        k = i
        while k > 0 and scratch[k - 1] > value:
            scratch[k] = scratch[k - 1]
            k -= 1
        scratch[k] = value
    return (scratch[BARS_BEFORE // 2 - 1] + scratch[BARS_BEFORE // 2]) / 2


@kernel
def step(event, bar, row, p):
    """Compare a closed bar with the twenty before it, then remember it."""
    row.expires = bar.ts + _KEPT_NS
    if np.isnan(bar.volume):
        return 0.0
    kind = _interval(bar.interval_s)
    for _ in range(min(bar.empty_before, BARS_BEFORE)):
        _push(row, kind, 0.0)
    score = 0.0
    if row.bars[kind] >= BARS_BEFORE:
        total = 0.0
        for k in range(BARS_BEFORE):
            place = (row.bars[kind] + k) % BARS_BEFORE
            total += row.volume[kind, place]
            row.scratch[k] = row.volume[kind, place]
        row.mean = total / BARS_BEFORE
        if row.mean > 0 and bar.volume > p.multiple * row.mean:
            score = 0.3
            row.median = _middle(row.scratch)
            for k in range(BARS_BEFORE):
                row.scratch[k] = abs(row.scratch[k] - row.median)
            mad = _middle(row.scratch)
            row.mad_z = 0.6745 * (bar.volume - row.median) / mad if mad > 0 else 1e9
            if row.mad_z >= p.min_mad_z and bar.money >= p.min_money:
                score = 0.5
                if row.mad_z >= 2 * p.min_mad_z and bar.money >= 2 * p.min_money:
                    score = min(0.7 + 0.05 * (bar.volume / (p.multiple * row.mean) - 1.0), 0.89)
    _push(row, kind, bar.volume)
    return score


def explain(row: np.void, bar: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the bar's volume beside the mean it broke."""
    seconds = int(bar["interval_s"])
    end = int(bar["ts"])
    volume, mean, z = float(bar["volume"]), float(row["mean"]), float(row["mad_z"])
    made = " made from its trades" if bar["made"] else ""
    spread_out = f"{z:.1f}" if z < 1e6 else "beyond measure (the twenty bars hardly vary)"
    return Finding(
        start_ts=end - seconds * SECOND,
        end_ts=end,
        sentences=[
            f"{amount(volume)} {story.symbol} traded in the {_NAMES[seconds]} bar{made} that ended at {story.at(end)}: "
            f"{volume / mean:.1f} times the mean of {amount(round(mean, 2))} of the 20 bars before it (threshold: "
            f"more than "
            f"{p['multiple']:g} times).",
            f"Its distance from the median of those bars is {spread_out} in MAD-z (threshold for more than low "
            f"severity: "
            f"{p['min_mad_z']:g}), its value {amount(round(float(bar['money']), 2))} (threshold "
            f"{p['min_money']:,.0f}).",
        ],
        tier=0,
        first_evidence=f"{_NAMES[seconds]}@{end}",
        metrics={"volume": volume, "multiple": volume / mean, "mad_z": min(z, 1e9), "money": float(bar["money"])},
        thresholds={name: p[name] for name in ("multiple", "min_mad_z", "min_money")},
        baselines={"mean_volume": mean, "median_volume": float(row["median"])},
    )

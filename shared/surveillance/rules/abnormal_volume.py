"""Abnormal volume: a bar traded more than three times the mean of the twenty bars before it.

The plain rule always alerts, at low severity: volume > `multiple` × the mean of the `BARS_BEFORE` bars before it,
strictly, with all twenty present and a mean above 0. It becomes medium where the volume reaches `strong_multiple` × the
mean and `above_busy` × the third highest of the twenty (what comes in lumps seldom does), lies `min_mad_z` or more
above them by 0.6745 (x − median) ÷ MAD and is worth `min_money` or more. A minute must for that also reach
`minute_multiple` × what is usual at its time of day: the running median of the minutes of the same five-minute slot
(UTC), once a day before has told of it; so an open or a close is no surprise. It is high at twice all of these and
twice `multiple`, where the time of day is known or the bar a whole day: within a day volume comes in waves, and a quiet
quarter of an hour makes the next wave look like a flood. In the last `closing_s`
of a session, where indices are rebalanced and funds trade at the close, it stays low. Each interval has its own
history; minutes without a trade count as 0.
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_BARS
from surveillance.events import DAY, MINUTE, SECOND
from surveillance.features.bars import INTERVAL_NAMES, INTERVAL_SECONDS, interval_place
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount

ID, VERSION, TITLE = "abnormal_volume", 1, "Abnormal volume"
KIND, TIER, ANSWERS = "condition", 0, ("abnormal_volume",)
NEEDS = ("trade", "bar")
WANTS, KEY, BY_VENUE = ON_BARS, "market", False
ACROSS_SESSIONS = True

PARAMETERS = (
    Parameter("multiple", 3, "× mean of 20 bars", 1, 1000, "the plain rule"),
    Parameter("strong_multiple", 5, "× mean of 20 bars", 0, 1000, "for medium severity"),
    Parameter("above_busy", 2, "× third highest of 20 bars", 0, 1000, "for medium severity"),
    Parameter("min_mad_z", 3.5, "MAD-z", 0, 1000, "for medium severity; twice for high"),
    Parameter("minute_multiple", 2, "× usual volume at this time of day", 0, 1000, "for medium severity"),
    Parameter("closing_s", 600, "s", 0, 86_400, "before the close, low severity only"),
    Parameter("min_money", 50_000, "currency units", 0, 1e15, "for medium severity; twice for high"),
)

BARS_BEFORE = 20
_TOLD = ("multiple", "strong_multiple", "above_busy", "min_mad_z", "minute_multiple", "closing_s", "min_money")
SLOT_NS, SLOTS, SLOT_LEARNT = 5 * MINUTE, 288, 5
"""Times of day, and how many minutes of one make it known."""
_FAST, _SLOW = 1.25, 1.0625
_DAY_S = DAY // SECOND
_KEPT_NS = 400 * DAY
ROW = [
    ("bars", "i8", (len(INTERVAL_SECONDS),)),
    ("volume", "f8", (len(INTERVAL_SECONDS), BARS_BEFORE)),
    ("mean", "f8"),
    ("median", "f8"),
    ("mad_z", "f8"),
    ("usual", "f8"),  # at this time of day; 0 = not known
    ("usual_at", "f8", (SLOTS,)),
    ("minutes_at", "i2", (SLOTS,)),
    ("scratch", "f8", (BARS_BEFORE,)),
]


@kernel
def _push(row, kind, volume):
    row.volume[kind, row.bars[kind] % BARS_BEFORE] = volume
    row.bars[kind] += 1


@kernel
def _learn(row, slot, volume):
    """Move the median of a time of day a step towards a minute's volume, by a factor: it scales with the sizes."""
    if row.minutes_at[slot] == 0:
        row.usual_at[slot] = volume
    step_ = _FAST if row.minutes_at[slot] < 4 * SLOT_LEARNT else _SLOW
    if volume > row.usual_at[slot]:
        row.usual_at[slot] = max(row.usual_at[slot] * step_, volume / 16)
    elif volume < row.usual_at[slot]:
        row.usual_at[slot] /= step_
    row.minutes_at[slot] = min(row.minutes_at[slot] + 1, 4 * SLOT_LEARNT)


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
    kind = interval_place(bar.interval_s)
    slot = (bar.ts - SECOND) // SLOT_NS % SLOTS
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
            busy = row.scratch[BARS_BEFORE - 3]
            for k in range(BARS_BEFORE):
                row.scratch[k] = abs(row.scratch[k] - row.median)
            mad = _middle(row.scratch)
            row.mad_z = 0.6745 * (bar.volume - row.median) / mad if mad > 0 else 1e9
            known = bar.interval_s == 60 and row.minutes_at[slot] >= SLOT_LEARNT
            row.usual = row.usual_at[slot] if known else 0.0
            usual_fits = not known or bar.volume >= p.minute_multiple * row.usual
            stands_out = bar.volume >= p.strong_multiple * row.mean and bar.volume >= p.above_busy * busy
            closing = bar.interval_s <= 3600 and bar.close_ts - bar.session < DAY
            closing = closing and 0 <= bar.close_ts - bar.ts < p.closing_ns
            if not closing and usual_fits and stands_out and row.mad_z >= p.min_mad_z and bar.money >= p.min_money:
                score = 0.5
                surprising = bar.interval_s == _DAY_S or (known and bar.volume >= 2 * p.minute_multiple * row.usual)
                much = bar.volume / (2 * p.multiple * row.mean)
                if surprising and much >= 1 and row.mad_z >= 2 * p.min_mad_z and bar.money >= 2 * p.min_money:
                    score = min(0.7 + 0.05 * (much - 1.0), 0.89)
    _push(row, kind, bar.volume)
    if bar.interval_s == 60:
        _learn(row, slot, bar.volume)
    return score


def explain(row: np.void, bar: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the bar's volume beside the mean it broke."""
    seconds = int(bar["interval_s"])
    end = int(bar["ts"])
    volume, mean, z = float(bar["volume"]), float(row["mean"]), float(row["mad_z"])
    usual = float(row["usual"])
    made = " made from its trades" if bar["made"] else ""
    spread_out = f"{z:.1f}" if z < 1e6 else "beyond measure (the twenty bars hardly vary)"
    return Finding(
        start_ts=end - seconds * SECOND,
        end_ts=end,
        sentences=[
            f"{amount(volume)} {story.symbol} traded in the {INTERVAL_NAMES[seconds]} bar{made} that ended at "
            f"{story.at(end)}: "
            f"{volume / mean:.1f} times the mean of {amount(round(mean, 2))} of the 20 bars before it (threshold: "
            f"more than "
            f"{p['multiple']:g} times).",
            f"Its distance from the median of those bars is {spread_out} in MAD-z (threshold for more than low "
            f"severity: "
            f"{p['min_mad_z']:g}), its value {amount(round(float(bar['money']), 2))} (threshold "
            f"{p['min_money']:,.0f})."
            + (f" At this time of day {amount(round(usual, 2))} a minute is usual." if usual > 0 else ""),
        ],
        tier=0,
        first_evidence=f"{INTERVAL_NAMES[seconds]}@{end}",
        metrics={"volume": volume, "multiple": volume / mean, "mad_z": min(z, 1e9), "money": float(bar["money"])},
        thresholds={name: p[name] for name in _TOLD},
        baselines={"mean_volume": mean, "median_volume": float(row["median"])}
        | ({"usual_volume": usual} if usual > 0 else {}),
    )

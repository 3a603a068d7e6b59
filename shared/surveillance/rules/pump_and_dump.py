"""Pump and dump: a rush of buyers drives the price far above its mean, and whoever started it sells to them.

A rush order is an aggressive buy that the book answers with several prints at one moment. Prints are counted in chunks
of `chunk_s`. It is a pump where, within one chunk, (1) the rush orders lie `min_sigmas` above the mean of the chunks of
the last `window_s`, and are `min_rushes` or more; (2) the volume is at least `volume_multiple` × its mean of the last
hours; (3) the price is at least `min_rise` above its lowest of the last `LOWS` chunks. It is complete when, within
`dump_s` of the highest price, the mid has given back `dump_share` of the rise and sellers have been the aggressors in
at least `min_selling` of the volume since. A buying wave that holds its price is news, not a pump.

The mean volume comes from fed bars and from trades and must rest on `min_history_s` at least. The mean price of hours
is not asked: a share that has fallen can be pumped too. What is usual ends `HELD_BACK` chunks ago, so that the chunk
in which the rush begins, and in which the price has not risen far yet, does not pass for usual in the next. No chunk
moves it by more than `FAR` standard deviations: one wave of buyers must not hide the next.

The pump's highest price is reached within `LOWS` chunks of its last rush; a higher one later is not its doing, and the
wait is over. So it is where, after a price that has held for as long, another rush makes a pump of its own.

Source: La Morgia, Mei, Sassi and Stefa, "Pump and Dumps in the Bitcoin Era" (2020).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_TRADES
from surveillance.events import SECOND
from surveillance.features.bars import sets_price
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, duration

ID, VERSION, TITLE = "pump_and_dump", 1, "Pump and dump"
KIND, TIER, ANSWERS = "pattern", 0, ("pump_and_dump",)
NEEDS = ("trade",)
WANTS, KEY, BY_VENUE = ON_TRADES, "market", False

PARAMETERS = (
    Parameter("chunk_s", 25, "s", 1, 600, "length of a chunk"),
    Parameter("window_s", 25_200, "s", 60, 1_000_000, "what a chunk's rush orders are compared with"),
    Parameter("min_rushes", 6, "orders", 1, 100_000, "rush orders in the chunk"),
    Parameter("min_sigmas", 5, "σ of rush orders a chunk", 0, 1000, "how far above the mean"),
    Parameter("volume_multiple", 4, "× mean volume", 0, 10_000, "of the chunk"),
    Parameter("min_rise", 0.01, "share of the lowest price", 0.0001, 100, "how far the price has risen"),
    Parameter("dump_share", 0.5, "share of the rise", 0.01, 1, "that is given back"),
    Parameter("dump_s", 3600, "s", 1, 86_400, "how long after the highest price"),
    Parameter("min_selling", 0.55, "share of aggressive volume", 0, 1, "by sellers on the way down"),
    Parameter("min_history_s", 3600, "s", 0, 1_000_000, "what the means must rest on"),
    Parameter("warm_up_chunks", 8, "chunks", 1, 100_000, "before the rush orders of a chunk mean something"),
)

LOWS = 16
HELD_BACK = 4
FAR = 2.0
LONGEST_IDLE = 64
EVIDENCE = 32
ROW = [
    ("chunk", "i8"),
    ("chunks", "i8"),
    ("rushes", "i8"),
    ("volume", "f8"),
    ("low", "f8"),  # of the running chunk
    ("rush_mean", "f8"),
    ("rush_variance", "f8"),
    ("lows", "f8", (LOWS,)),  # of the chunks before
    ("counts", "f8", (HELD_BACK,)),  # rush orders of the chunks that are not yet usual
    ("rush_count", "i8"),
    ("rush_keys", "i8", (EVIDENCE,)),  # of the running chunk
    ("pumped", "i8"),
    ("told", "i8"),
    ("start_ts", "i8"),
    ("rush_chunk", "i8"),  # the last one with a rush
    ("peak_ts", "i8"),
    ("base", "f8"),
    ("peak", "f8"),
    ("bought", "f8"),
    ("sold", "f8"),  # by aggressors since the highest price, as `bought`
    ("told_rushes", "i8"),
    ("told_volume", "f8"),
    ("sigmas", "f8"),
    ("multiple", "f8"),
    ("count", "i8"),
    ("keys", "i8", (EVIDENCE,)),
]
_KEPT_NS = 86_400 * SECOND


@kernel
def _sigma(row):
    return np.sqrt(max(row.rush_variance, row.rush_mean, 0.25))


@kernel
def _turn(row, chunk, p):
    """Take the finished chunk, and fold an earlier one into what is usual.

    Chunks without a trade count as 0.
    """
    if row.chunk:
        count = np.float64(row.rushes)
        for _ in range(min(chunk - row.chunk, LONGEST_IDLE)):
            row.lows[row.chunks % LOWS] = row.low
            place = row.chunks % HELD_BACK
            row.chunks += 1
            if row.chunks > HELD_BACK:
                weight = 1.0 / min(row.chunks - HELD_BACK, p.window_ns / p.chunk_ns)
                far = FAR * _sigma(row)
                apart = min(max(row.counts[place] - row.rush_mean, -far), far)
                row.rush_mean += weight * apart
                row.rush_variance = (1.0 - weight) * (row.rush_variance + weight * apart * apart)
            row.counts[place] = count
            count = 0.0
    row.chunk = chunk
    row.rushes = 0
    row.rush_count = 0
    row.volume = 0.0
    row.low = np.inf


@kernel
def _base(row):
    """Give the lowest price of the last chunks: where the rise began."""
    lowest = row.low
    for k in range(min(row.chunks, LOWS)):
        lowest = min(lowest, row.lows[k])
    return lowest


@kernel
def _is_rush(row, p):
    return row.rushes >= p.min_rushes and row.rushes >= row.rush_mean + p.min_sigmas * _sigma(row)


@kernel
def _is_pump(event, context, row, p):
    if (
        not _is_rush(row, p)
        or row.chunks - HELD_BACK < p.warm_up_chunks
        or context.history_s * SECOND < p.min_history_ns
    ):
        return False
    if row.volume < p.volume_multiple * context.volume_rate * (p.chunk_ns / SECOND):
        return False
    base = _base(row)
    if row.pumped and base <= row.peak - p.dump_share * (row.peak - row.base):
        return False
    return event.price - base >= p.min_rise * abs(base)


@kernel
def _begin(event, context, row, p):
    row.pumped = 1
    row.start_ts = row.chunk * p.chunk_ns
    row.rush_chunk = row.chunk
    row.count = row.rush_count
    for k in range(row.rush_count):
        row.keys[k] = row.rush_keys[k]
    row.base = _base(row)
    row.peak = event.price
    row.peak_ts = context.ts
    row.bought = 0.0
    row.sold = 0.0
    row.told_rushes = row.rushes
    row.told_volume = row.volume
    row.sigmas = (row.rushes - row.rush_mean) / _sigma(row)
    row.multiple = row.volume / (context.volume_rate * (p.chunk_ns / SECOND))


@kernel
def _count(context, row, p):
    """Count a rush order, as evidence too."""
    row.rushes += 1
    if row.rush_count < EVIDENCE:
        row.rush_keys[row.rush_count] = context.trade
        row.rush_count += 1
    if row.pumped:
        if _is_rush(row, p):
            row.rush_chunk = row.chunk
        if row.count < EVIDENCE:
            row.keys[row.count] = context.trade
            row.count += 1


@kernel
def step(event, context, row, p):
    """Count rush orders by chunk; once there is a pump, wait for the dump."""
    if not sets_price(event):
        return 0.0
    row.expires = context.ts + _KEPT_NS
    chunk = context.ts // p.chunk_ns
    if chunk != row.chunk:
        _turn(row, chunk, p)
    row.volume += event.quantity
    row.low = min(row.low, event.price)
    if context.side > 0 and context.sweep_prints == 2:
        _count(context, row, p)
    if _is_pump(event, context, row, p):
        _begin(event, context, row, p)
        return 0.0
    if row.pumped == 0:
        return 0.0
    if event.price > row.peak:
        if chunk - row.rush_chunk > LOWS:
            row.pumped = 0
            return 0.0
        row.peak = event.price
        row.peak_ts = context.ts
        row.bought = 0.0
        row.sold = 0.0
    elif context.ts - row.peak_ts > p.dump_ns:
        row.pumped = 0
        return 0.0
    elif context.side > 0:
        row.bought += event.quantity
    elif context.side < 0:
        row.sold += event.quantity
    mid = (context.bid + context.ask) / 2
    if (event.price if np.isnan(mid) else mid) > row.peak - p.dump_share * (row.peak - row.base):
        return 0.0
    if row.sold <= 0 or row.sold < p.min_selling * (row.bought + row.sold):
        return 0.0
    row.pumped = 0
    rise = (row.peak - row.base) / max(abs(row.base), 1e-12)
    return 0.8 + 0.08 * min(rise / (4 * p.min_rise), 1.0) + 0.08 * min(row.sigmas / (4 * max(p.min_sigmas, 1.0)), 1.0)


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell the rush, the rise and the fall."""
    start, peak_ts, end = int(row["start_ts"]), int(row["peak_ts"]), int(context["ts"])
    base, peak = float(row["base"]), float(row["peak"])
    sold, bought = float(row["sold"]), float(row["bought"])
    rise = (peak - base) / max(abs(base), 1e-12)
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=[
            f"{int(row['told_rushes'])} aggressive buy orders that took several prints each came to {story.symbol} in "
            f"the {p['chunk_s']:g} s from {story.at(start)}: {float(row['sigmas']):.1f} standard deviations above the "
            f"chunks before (threshold {p['min_sigmas']:g}).",
            f"{amount(float(row['told_volume']))} traded in that time, {float(row['multiple']):.1f} times the mean of "
            f"the last hours (threshold {p['volume_multiple']:g} times).",
            f"The price rose from {amount(base)} to {amount(peak)} at {story.at(peak_ts)}: by {rise:.1%} "
            f"(threshold {p['min_rise']:.1%}).",
            f"By {story.at(end)}, {duration(end - peak_ts)} later, it had given back {p['dump_share']:.0%} of that; "
            f"sellers were the aggressors in {sold / (sold + bought):.0%} of the volume on the way down "
            f"(threshold {p['min_selling']:.0%}).",
        ],
        trades=[int(key) for key in row["keys"][: int(row["count"])]] + [int(context["trade"])],
        tier=0,
        metrics={
            "rush_orders": float(row["told_rushes"]),
            "sigmas": float(row["sigmas"]),
            "volume_multiple": float(row["multiple"]),
            "rise": rise,
            "peak": peak,
            "selling_share": sold / (sold + bought),
            "seconds_to_dump": (end - peak_ts) / 1e9,
        },
        thresholds={
            name: p[name]
            for name in ("min_rushes", "min_sigmas", "volume_multiple", "min_rise", "dump_share", "min_selling")
        },
        baselines={"base": base, "rush_orders_a_chunk": float(row["rush_mean"])},
    )

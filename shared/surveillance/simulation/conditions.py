"""Conditions that a near miss brings about: what is near to one pattern is often an instance of another.

Who buys heavily on news does not pump, but does trade abnormal volume. Each such condition is measured on the tape by
its definition (start values of rules.md) and labelled apart, as an expected alert `within` the scene. Volume counts if
there had not been enough without the scene's own orders, or the scene stirred the background; a withdrawal of orders,
if it was scripted so.
"""

from collections.abc import Collection, Iterator
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from surveillance.events import EVERYTHING, MINUTE, SECOND
from surveillance.simulation.feed import SYMBOL
from surveillance.simulation.instruments import Instrument
from surveillance.simulation.kernels.state import (
    FILL_ROW,
    T_KIND,
    T_PRICE,
    T_SIZE,
    T_TAG,
    T_TIME,
    T_TRADE,
    TRADE_ROW,
    Integers,
)
from surveillance.simulation.labels import Label
from surveillance.simulation.scenarios.zscore_anomaly import TIMES_RATE
from surveillance.simulation.stage import QUIET, Stage

BARS_BEFORE: Final = 20
TIMES_MEAN_VOLUME: Final = 3.0
BREAKOUT_RANGE: Final = 0.1
BREAKOUT_VOLUME: Final = 1.5
TIMES_MEAN_MESSAGES: Final = TIMES_RATE
FAST_MOVE: Final = 0.005
FAST_NS: Final = 5 * SECOND
LEFT: Final = 0.3
LEAVES_NS: Final = SECOND
AFTERMATH_NS: Final = 30 * SECOND
"""How long after its last order a scene's price may still run on, or come back."""

Span = tuple[int, int]
Floats = npt.NDArray[np.float64]


def conditions_within(
    labels: list[Label], stages: list[Stage], merged: Integers, always_quiet: Collection[str]
) -> list[Label]:
    """Label the conditions that hold in near misses, never in controls, which have to be quiet.

    `labels` and `stages` are in the same order, tagged from 1; `merged` is the tape of all instruments.
    """
    near = [
        tag
        for tag, label in enumerate(labels, start=1)
        if label.expect == QUIET and label.pattern not in always_quiet and label.symbol != EVERYTHING
    ]
    trades = merged[merged[:, T_KIND] == TRADE_ROW]
    orders = merged[merged[:, T_KIND] < FILL_ROW]
    fills = merged[(merged[:, T_KIND] == FILL_ROW) & (merged[:, T_TAG] > 0)]
    found = []
    for tag in near:
        stage, label = stages[tag - 1], labels[tag - 1]
        tape = _Trades(
            stage.instrument,
            trades[trades[:, SYMBOL] == stage.instrument.number],
            fills[fills[:, T_TAG] == tag, T_TRADE],
            stage.script.stirred_from is not None,
        )
        begins = min(label.start_ts, stage.script.stirred_from or stage.start)
        label = msgspec.structs.replace(label, start_ts=begins)
        spans = {
            "abnormal_volume": tape.heavy(label),
            "price_breakout": tape.broken_out(label),
            "price_velocity": tape.fast(label),
            "liquidity_evaporation": _withdrawn(stage),
            "zscore_anomaly": _busy(stage.instrument, label, orders[orders[:, SYMBOL] == stage.instrument.number], tag),
        }
        found += [_within(label, pattern, span, stage.instrument.closes_at) for pattern, span in spans.items() if span]
    return found


class _Trades:
    """One instrument's trades by time, and its minutes since the open, beside one scene."""

    def __init__(self, instrument: Instrument, trades: Integers, own: Integers, stirs: bool) -> None:
        self.instrument, self.stirs = instrument, stirs
        self.ts, self.prices, self.sizes = trades[:, T_TIME], trades[:, T_PRICE], trades[:, T_SIZE].astype(np.float64)
        self.own = np.isin(trades[:, T_TRADE], own)
        self.first = instrument.opens_at // MINUTE
        self.minutes = self.ts // MINUTE - self.first
        count = (instrument.closes_at - 1) // MINUTE - self.first + 1
        self.volume = np.bincount(self.minutes, self.sizes, count)
        self.own_volume = np.bincount(self.minutes, self.sizes * self.own, count)

    def _bars(self, label: Label, times_mean: float) -> Iterator[int]:
        """Give the minutes of a scene with so many times the mean volume of the twenty before, if of its making."""
        first = max(label.start_ts // MINUTE - self.first, BARS_BEFORE)
        for minute in range(first, label.end_ts // MINUTE - self.first + 1):
            least = times_mean * self.volume[minute - BARS_BEFORE : minute].mean()
            its_own = self.stirs or self.volume[minute] - self.own_volume[minute] <= least
            if self.volume[minute] > least and its_own:
                yield minute

    def heavy(self, label: Label) -> Span | None:
        """Say from when to when minutes traded more than three times the mean of the twenty before."""
        return _span(self.first, list(self._bars(label, TIMES_MEAN_VOLUME)))

    def broken_out(self, label: Label) -> Span | None:
        """Say from when to when minutes closed beyond the twenty before, with volume."""
        broken = []
        for minute in self._bars(label, BREAKOUT_VOLUME):
            high, low, close = self._prices(minute - BARS_BEFORE, minute)
            before = np.concatenate([low[:1], close[:-1]])
            reach = BREAKOUT_RANGE * (np.maximum(high, before) - np.minimum(low, before)).mean()
            last = self.prices[self.minutes == minute][-1]
            if last > high.max() + reach or last < low.min() - reach:
                broken.append(minute)
        return _span(self.first, broken)

    def fast(self, label: Label) -> Span | None:
        """Say from when to when the trades of five seconds spanned half a percent of the previous close."""
        begin, end = np.searchsorted(self.ts, [label.start_ts - FAST_NS, label.end_ts + AFTERMATH_NS])
        ts, prices = self.ts[begin:end], self.prices[begin:end]
        firsts: list[int] = np.searchsorted(ts, ts - FAST_NS).tolist()
        least = FAST_MOVE * self.instrument.previous_close_ticks
        fast = [
            (int(ts[first]), int(ts[last]))
            for last, first in enumerate(firsts)
            if ts[last] >= label.start_ts and np.ptp(prices[first : last + 1]) >= least
        ]
        return (fast[0][0], fast[-1][1]) if fast else None

    def _prices(self, first: int, until: int) -> tuple[Floats, Floats, Floats]:
        """Give high, low and close of minutes, in ticks; one without trades repeats the close before it."""
        rows = np.full((3, until - first), np.nan)
        begin = int(np.searchsorted(self.minutes, first))
        last = float(self.prices[max(begin - 1, 0)])
        for place, minute in enumerate(range(first, until)):
            inside = self.prices[self.minutes == minute]
            rows[:, place] = (inside.max(), inside.min(), inside[-1]) if len(inside) else last
            last = rows[2, place]
        return rows[0], rows[1], rows[2]


def _busy(instrument: Instrument, label: Label, orders: Integers, tag: int) -> Span | None:
    """Say from when to when minutes had four times the mean messages of the twenty before, by its own orders."""
    first = instrument.opens_at // MINUTE
    orders = orders[orders[:, T_TIME] >= instrument.opens_at]
    minutes = orders[:, T_TIME] // MINUTE - first
    count = (instrument.closes_at - 1) // MINUTE - first + 1
    messages = np.bincount(minutes, minlength=count)
    own = np.bincount(minutes[orders[:, T_TAG] == tag], minlength=count)
    found = []
    for minute in range(max(label.start_ts // MINUTE - first, BARS_BEFORE), label.end_ts // MINUTE - first + 1):
        least = TIMES_MEAN_MESSAGES * messages[minute - BARS_BEFORE : minute].mean()
        if messages[minute] > least >= messages[minute] - own[minute]:
            found.append(minute)
    return _span(first, found)


def _span(first: int, minutes: list[int]) -> Span | None:
    """Give the time from the first to the last of minutes, which are counted from minute `first`."""
    return ((first + minutes[0]) * MINUTE, (first + minutes[-1] + 1) * MINUTE) if minutes else None


def _withdrawn(stage: Stage) -> Span | None:
    """Say when a scene had the background cancel as much as makes liquidity evaporate."""
    gone = [at for at, within_ns, share in stage.script.withdrawals if share >= 1.0 - LEFT and within_ns <= LEAVES_NS]
    return (gone[0], gone[-1] + 2 * LEAVES_NS) if gone else None


def _within(label: Label, pattern: str, span: Span, closes_at: int) -> Label:
    return Label(
        scenario_id=f"{label.scenario_id}+{pattern}",
        pattern=pattern,
        expect="alert",
        symbol=label.symbol,
        accounts=[],
        start_ts=span[0],
        end_ts=min(span[1], closes_at - 1),
        order_ids=[],
        trade_ids=[],
        difficulty=label.difficulty,
        within=label.scenario_id,
    )

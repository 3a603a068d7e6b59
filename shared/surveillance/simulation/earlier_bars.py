"""Bars of earlier days, for patterns that are only visible against a longer past. Restful by construction: no bar of
them stands out in volume or range, so that what alerts lies in the session.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from surveillance.events import DAY, MINUTE
from surveillance.simulation.instruments import TICKS_PER_UNIT, Instrument
from surveillance.simulation.venues import Row, bar

MINUTES_A_DAY: Final = 390
DAILY_BARS: Final = 25
FOLLOWED_DAYS: Final = 5
USUAL_OVERNIGHT: Final = 0.004
_ORDERS_OF_REFERENCE: Final = 25.0


def usual_move(instrument: Instrument, minutes: float = 1.0) -> float:
    """Give the standard deviation of returns over so many minutes, as measured in sessions; slow markets lag."""
    lag = min(1.0, (instrument.orders_per_second / _ORDERS_OF_REFERENCE) ** 0.2)
    return float(instrument.ticks_per_root_second * (60 * minutes) ** 0.5 / instrument.fair_ticks * lag)


def usual_volume(instrument: Instrument) -> float:
    """Give the shares traded a minute, as measured in sessions."""
    rate = instrument.orders_per_second
    return float(rate * 60 * 6.3 * (_ORDERS_OF_REFERENCE / rate) ** 0.15)


def earlier_sessions(opens_at: int, count: int) -> list[int]:
    """Give the opens of so many weekdays before a session, in order."""
    found: list[int] = []
    day = opens_at
    while len(found) < count:
        day -= DAY
        if (day // DAY + 3) % 7 < 5:
            found.append(day)
    return found[::-1]


def minutes_of_the_day_before(instrument: Instrument, chance: np.random.Generator) -> list[Row]:
    """Make the one-minute bars of the day before, up to its close."""
    close = instrument.previous_close_ticks / TICKS_PER_UNIT
    (opened,) = earlier_sessions(instrument.opens_at, 1)
    move = usual_move(instrument)
    steps = chance.normal(0.0, move, MINUTES_A_DAY)
    closes = close * np.exp(np.cumsum(steps[::-1])[::-1] * -1.0 + steps)
    closes[-1] = close
    rows = []
    previous = closes[0] * (1.0 - steps[0])
    for minute, last in enumerate(closes.tolist()):
        reach = close * move * chance.uniform(0.2, 0.6)
        rows.append(
            bar(
                instrument,
                "1m",
                opened + (minute + 1) * MINUTE,
                [_tick(each) for each in (previous, max(previous, last) + reach, min(previous, last) - reach, last)],
                round(usual_volume(instrument) * chance.uniform(0.8, 1.2)),
            )
        )
        previous = last
    return rows


def earlier_days(
    instrument: Instrument, close: float, overnight: Sequence[float], chance: np.random.Generator
) -> list[Row]:
    """Make daily bars up to the day before, which ended at `close`; `overnight` are the moves into their opens."""
    rows: list[Row] = []
    opens = earlier_sessions(instrument.opens_at, len(overnight))
    for opened, move in zip(opens[::-1], reversed(overnight), strict=True):
        first = close / (1.0 + chance.normal(0.0, 0.006))
        high, low = max(first, close) * 1.004, min(first, close) * 0.996
        volume = usual_volume(instrument) * MINUTES_A_DAY * chance.uniform(0.85, 1.15)
        ends = opened + MINUTES_A_DAY * MINUTE
        rows.append(bar(instrument, "1d", ends, [_tick(each) for each in (first, high, low, close)], round(volume)))
        close = first / (1.0 + move)
    return rows[::-1]


def bars_that_follow(
    instrument: Instrument, correlation: float, common: np.random.Generator, own: np.random.Generator
) -> list[Row]:
    """Make five-minute bars of five days whose returns correlate so with those that `common` alone would give."""
    count = FOLLOWED_DAYS * MINUTES_A_DAY // 5
    moves = correlation * common.normal(0.0, 1.0, count) + (1.0 - correlation**2) ** 0.5 * own.normal(0.0, 1.0, count)
    step = instrument.ticks_per_root_second * (5 * 60) ** 0.5 / instrument.fair_ticks
    closes = instrument.previous_close_ticks * np.exp(np.cumsum(step * (moves - moves.mean())))
    opens = earlier_sessions(instrument.opens_at, FOLLOWED_DAYS)
    rows: list[Row] = []
    for number, close in enumerate(closes.tolist()):
        day, place = divmod(number, MINUTES_A_DAY // 5)
        before = float(closes[max(number - 1, 0)])
        ticks = (before, max(before, close), min(before, close), close)
        ts = opens[day] + (place + 1) * 5 * MINUTE
        volume = round(5 * usual_volume(instrument) * own.uniform(0.9, 1.1))
        rows.append(bar(instrument, "5m", ts, [_tick(each / TICKS_PER_UNIT) for each in ticks], volume))
    return rows


def usual_overnight(chance: np.random.Generator) -> list[float]:
    """Draw overnight moves without an outlier."""
    moves = np.clip(chance.normal(0.0, USUAL_OVERNIGHT, DAILY_BARS), -2.5 * USUAL_OVERNIGHT, 2.5 * USUAL_OVERNIGHT)
    return [float(move) for move in moves]


def _tick(price: float) -> float:
    return round(price * TICKS_PER_UNIT) / TICKS_PER_UNIT

"""Pump and dump: a crowd is called to buy at once, the price runs up, and those who called sell to it.

Start values, where rules.md names none, as they were plain in the published cases: rush orders twelve standard
deviations above what is usual in 25 s, six times the usual volume, a rise of 2.5 %; at least half of it is given back
within minutes. Two earlier days of bars go before the session.
"""

from math import sqrt

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.instruments import VOLUME_PER_ORDER
from surveillance.simulation.script import ANY_CLIENT, at_market, behind_best, shares
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

DEVIATIONS = 12.0
TIMES_MEAN_VOLUME = 6.0
RISE = 0.025
GIVEN_BACK = 0.75
CHUNK_NS = 25 * SECOND
RUSHES_PER_RATE = 0.092
RUSH_DEVIATION = 1.5
"""Of the background's rush orders in 25 s: their mean per order a second, and √(variance ÷ mean), as measured."""
PUMP_NS = 3 * CHUNK_NS
DUMP_NS = 150 * SECOND
EARLIER_DAYS = 2
REFILLED = 1.5
LONGEST_NS = 6 * MINUTE
EARLIEST_NS = 8 * MINUTE

HEADLINES = ("Regulator approves merger", "Results well above expectations", "Large order from abroad announced")


def _rushes(stage: Stage, deviations: float) -> int:
    """Give the rush orders in 25 s that lie so far above the background's."""
    mean = RUSHES_PER_RATE * stage.instrument.orders_per_second
    return max(6, round(mean + deviations * RUSH_DEVIATION * sqrt(mean + 0.25)))


def _trade(stage: Stage, side: int, at: int, lasts_ns: int, orders: int, volume: float) -> None:
    """Have clients trade so many orders, of so many times the mean volume in all, evenly within a time."""
    every_ns = lasts_ns // orders
    instrument = stage.instrument
    size = shares(volume * instrument.orders_per_second * VOLUME_PER_ORDER * lasts_ns / SECOND / orders)
    stage.script.enter(
        at, ANY_CLIENT, side, at_market(), size, times=orders, every_ns=every_ns, jitter_ns=every_ns // 2
    )


def _rise(stage: Stage, share: float, at: int, lasts_ns: int) -> None:
    stage.script.drift(at, at + lasts_ns, share * stage.instrument.fair_ticks)


def pump(stage: Stage) -> None:
    """The pattern."""
    stage.needs_history(EARLIER_DAYS)
    script = stage.script
    organiser, _ = stage.trader()
    own = shares(stage.usual(5.0))
    for part in range(3):
        script.enter(stage.start + part * 5 * SECOND, organiser, 1, behind_best(0), own, life_ns=20 * SECOND)
    begins = stage.start + 20 * SECOND
    rise = stage.larger(RISE)
    orders = _rushes(stage, stage.larger(DEVIATIONS))
    _trade(stage, 1, begins, PUMP_NS, 3 * orders, stage.larger(TIMES_MEAN_VOLUME))
    _rise(stage, rise, begins, PUMP_NS)
    dumps = begins + PUMP_NS + round(stage.between(5, 30) * SECOND)
    script.enter(dumps, organiser, -1, at_market(), own, times=3, every_ns=3 * SECOND)
    _trade(stage, -1, dumps, DUMP_NS, orders, 0.4 * TIMES_MEAN_VOLUME)
    script.pressure(dumps, dumps + DUMP_NS, -0.8)
    _rise(stage, -rise * stage.between(GIVEN_BACK, 1.0), dumps, DUMP_NS)


def buy_on_news(stage: Stage) -> None:
    """All but the dump: a story is out, everybody buys, and the price stays where it has come to."""
    stage.needs_history(EARLIER_DAYS)
    headline = HEADLINES[int(stage.chance.integers(len(HEADLINES)))]
    stage.events.append(
        {
            "type": "news",
            "symbol": stage.instrument.symbol,
            "ts": stage.start,
            "news_id": f"N{stage.start // SECOND}",
            "headline": f"{stage.instrument.symbol}: {headline}",
            "source": "simulated",
            "sentiment": 0.8,
        }
    )
    begins = stage.start + 2 * SECOND
    orders = _rushes(stage, DEVIATIONS)
    _trade(stage, 1, begins, PUMP_NS, 3 * orders, TIMES_MEAN_VOLUME)
    _rise(stage, RISE, begins, PUMP_NS)


def rise_and_fall(stage: Stage) -> None:
    """All but the rush: the price goes as far up and down, in small trades."""
    stage.needs_history(EARLIER_DAYS)
    begins = stage.start
    script = stage.script
    ends = begins + PUMP_NS
    falls = ends + 10 * SECOND
    for side, at, lasts_ns in ((1, begins, PUMP_NS), (-1, falls, DUMP_NS)):
        script.enter(at, ANY_CLIENT, side, at_market(), shares(100), times=10, every_ns=lasts_ns // 10)
        _rise(stage, side * RISE, at, lasts_ns)
        for part in range(0, lasts_ns, 2 * SECOND):
            script.scatter(at + part, SECOND, 0.3)


def rush_both_ways(stage: Stage) -> None:
    """All but the rise: as many orders and as much volume, bought and sold, in a book that others fill again."""
    stage.needs_history(EARLIER_DAYS)
    orders = _rushes(stage, DEVIATIONS)
    for side in (1, -1):
        _trade(stage, side, stage.start, PUMP_NS, 3 * orders, 0.5 * TIMES_MEAN_VOLUME)
    stage.script.intensity(stage.start, stage.start + PUMP_NS, REFILLED)


SCENARIOS = (
    Scenario("pump_and_dump", ALERT, pump, LONGEST_NS, EARLIEST_NS, past="five_minutes"),
    Scenario("mass_buying_on_news", QUIET, buy_on_news, LONGEST_NS, EARLIEST_NS, past="five_minutes"),
    Scenario("pump_without_rush", QUIET, rise_and_fall, LONGEST_NS, EARLIEST_NS, past="five_minutes"),
    Scenario("pump_without_rise", QUIET, rush_both_ways, LONGEST_NS, EARLIEST_NS, past="five_minutes"),
)

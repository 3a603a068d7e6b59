"""Clients that trade more than usual within a minute, for the patterns that need volume."""

from surveillance.events import SECOND
from surveillance.simulation.script import ANY_CLIENT, at_market, of_bar_volume
from surveillance.simulation.stage import Stage

TRADES_PER_RATE = 2.0
PULLS = 4
PULLED_SHARE = 0.6
TRADES = (10, 120)
"""As many as the background would make, within these."""
LASTS_NS = 56 * SECOND


def trade_heavily(stage: Stage, start: int, times_mean_volume: float, lean: float = 0.0) -> None:
    """Trade so many times the mean volume of a minute from `start` on; `lean` 1 only buys, -1 only sells."""
    trades = 2 * round(min(max(TRADES_PER_RATE * stage.instrument.orders_per_second, TRADES[0]), TRADES[1]) / 2)
    every_ns = 2 * LASTS_NS // trades
    for side in (1, -1):
        stage.script.enter(
            start + (every_ns // 2 if side < 0 else 0),
            ANY_CLIENT,
            side,
            at_market(),
            of_bar_volume(times_mean_volume * (1.0 + side * lean) / trades),
            times=trades // 2,
            every_ns=every_ns,
            jitter_ns=every_ns // 3,
        )


def move(stage: Stage, start: int, within_ns: int, ticks: float) -> None:
    """Move fair value, and pull the patient orders that would hold the price back."""
    stage.script.drift(start, start + within_ns, ticks)
    for pull in range(PULLS):
        stage.script.scatter(start + pull * within_ns // PULLS, within_ns // PULLS, PULLED_SHARE)

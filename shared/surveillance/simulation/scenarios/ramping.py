"""Ramping: one owner buys, or sells, again and again at the best price, and the price goes with it.

Start values: rules.md, `ramping`: five trades or more (seven here), a fifth of the volume meanwhile, three standard
deviations.
"""

from math import sqrt

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.script import at_opposite, of_bar_volume
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

SHARE = 0.2
SIGMAS = 3.0
TRADES = 7.0
LASTS_NS = 120 * SECOND
BUSIER = 1.9
"""How much more is traded while the price runs than before."""
LAG = 1.3
"""The mid lags behind fair value."""
CALM = 0.4
LESS_BACK = 0.5
"""Of somebody who trades both ways: what comes back is of another size, and no wash trade."""
LEAD_NS = 90 * SECOND
PULLED, GIVES_WAY_NS = 0.15, 10 * SECOND
"""While the price moves, so much of the patient book is withdrawn in so much time."""
LONGEST_NS = 150 * SECOND
EARLIEST_NS = 21 * MINUTE


def _ramp(stage: Stage, trades: int, share: float, sigmas: float, both_ways: bool = False) -> None:
    """Trade so often, so much of all that trades, while fair value moves so far."""
    account, _ = stage.trader()
    side = stage.side()
    script = stage.script
    bars = BUSIER * share / (1.0 - share) * LASTS_NS / MINUTE / trades
    size, less = of_bar_volume(bars), of_bar_volume(LESS_BACK * bars)
    every_ns = LASTS_NS // trades
    ways = ((side, 0, size), (-side, 1, less)) if both_ways else ((side, 0, size),)
    for way, first, size_of_way in ways:
        script.enter(
            stage.start + first * every_ns,
            account,
            way,
            at_opposite(4),
            size_of_way,
            immediate=True,
            times=trades // len(ways),
            every_ns=every_ns * len(ways),
        )
    ticks = LAG * sigmas * stage.instrument.ticks_per_root_second * sqrt(LASTS_NS / SECOND)
    script.volatility(stage.start - LEAD_NS, stage.start + LASTS_NS, CALM)
    for at in range(stage.start, stage.start + LASTS_NS, GIVES_WAY_NS):
        script.scatter(at, GIVES_WAY_NS, PULLED)
    script.drift(stage.start, stage.start + LASTS_NS, side * ticks)


def ramp(stage: Stage) -> None:
    """The pattern."""
    trades = stage.count(TRADES, at_least=3)
    _ramp(stage, trades, stage.share(SHARE, bound=0.7), stage.larger(SIGMAS))


def slice_an_order(stage: Stage) -> None:
    """All but the share: a client has a broker work an order by VWAP, a twentieth of the volume, in a rising market."""
    _ramp(stage, 12, SHARE / 5.0, SIGMAS)


def buy_without_moving(stage: Stage) -> None:
    """All but the move: as much is bought, but others sell and the price does not rise."""
    _ramp(stage, round(TRADES), SHARE, -1.5)


def trade_both_ways(stage: Stage) -> None:
    """All but the direction: buys and sells in turn while the price moves."""
    _ramp(stage, round(TRADES), SHARE, SIGMAS, both_ways=True)


def trade_three_times(stage: Stage) -> None:
    """All but the number: the same volume in three trades."""
    _ramp(stage, 3, SHARE, SIGMAS)


SCENARIOS = tuple(
    Scenario(name, expect, play, LONGEST_NS, EARLIEST_NS, lead_ns=LEAD_NS)
    for name, expect, play in (
        ("ramping", ALERT, ramp),
        ("vwap_slicing", QUIET, slice_an_order),
        ("ramping_without_move", QUIET, buy_without_moving),
        ("ramping_both_ways", QUIET, trade_both_ways),
        ("ramping_in_three_trades", QUIET, trade_three_times),
    )
)

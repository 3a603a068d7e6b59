"""Ramping: one owner buys, or sells, again and again at the best price, and the price goes with it.

Start values: rules.md, `ramping`: five trades or more (seven here), a fifth of the volume meanwhile, three standard
deviations.
"""

from math import sqrt

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.earlier_bars import usual_volume
from surveillance.simulation.script import at_opposite, of_others_volume
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

SHARE = 0.2
SIGMAS = 3.0
TRADES = 7.0
LASTS_NS = 120 * SECOND
LIVELY = 2.0
"""The background is busier by this; so much the less waits to be taken as the mid keeps up with fair value."""
LAG = 1.1
"""The mid lags behind fair value."""
CALM = 0.4
LESS_BACK = 0.5
"""Of somebody who trades both ways: what comes back is of another size, and no wash trade."""
LEAD_NS = 90 * SECOND
LONGEST_NS = 150 * SECOND
LONGEST_SLICING_NS = 270 * SECOND
EARLIEST_NS = 21 * MINUTE


def _ramp(
    stage: Stage, trades: int, share: float, sigmas: float, both_ways: bool = False, lasts_ns: int = LASTS_NS
) -> None:
    """Trade so often, so much of all that trades, while fair value moves so far."""
    account, _ = stage.trader()
    side = stage.side()
    script = stage.script
    size, less = of_others_volume(share / (1.0 - share)), of_others_volume(LESS_BACK * share / (1.0 - share))
    every_ns = lasts_ns // trades
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
    until = stage.start + lasts_ns
    script.volatility(stage.start - LEAD_NS, until, CALM)
    stage.keep_up(stage.start, until)
    script.intensity(stage.start, until, LIVELY)
    ticks = LAG * sigmas * stage.instrument.ticks_per_root_second * sqrt(lasts_ns / SECOND)
    script.drift(stage.start, until, side * ticks)


def ramp(stage: Stage) -> None:
    """The pattern."""
    trades = stage.count(TRADES, at_least=3)
    _ramp(stage, trades, stage.share(SHARE, bound=0.7), stage.larger(SIGMAS))


def slice_an_order(stage: Stage) -> None:
    """All but the share: a client has a broker work an order by VWAP, half the share, in a rising market.

    In a thin market that takes longer: no slice is smaller than a round lot.
    """
    share = SHARE / 2.0
    slices = round(TRADES)
    volume = slices * stage.instrument.lot_size * (1.0 - share) / share
    lasts_ns = round(max(LASTS_NS, volume / usual_volume(stage.instrument) * MINUTE))
    _ramp(stage, slices, share, SIGMAS, lasts_ns=min(lasts_ns, LONGEST_SLICING_NS))


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
    Scenario(name, expect, play, longest_ns, EARLIEST_NS, lead_ns=LEAD_NS)
    for name, expect, play, longest_ns in (
        ("ramping", ALERT, ramp, LONGEST_NS),
        ("vwap_slicing", QUIET, slice_an_order, LONGEST_SLICING_NS),
        ("ramping_without_move", QUIET, buy_without_moving, LONGEST_NS),
        ("ramping_both_ways", QUIET, trade_both_ways, LONGEST_NS),
        ("ramping_in_three_trades", QUIET, trade_three_times, LONGEST_NS),
    )
)

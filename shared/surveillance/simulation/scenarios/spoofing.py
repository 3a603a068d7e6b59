"""Spoofing: a large order on one side lends pressure to a small one on the other, and is cancelled unfilled.

Start values: rules.md, `spoofing`: 5 times the usual size, three times the genuine order, 1 s (algorithmic) or 10 s
(manual). The genuine order waits at the touch and takes the best price if nobody comes.
"""

from surveillance.events import SECOND
from surveillance.simulation.script import (
    ANY_CLIENT,
    at_opposite,
    at_price_of,
    behind_best,
    inside,
    reaching,
    shares,
    threatened,
)
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

TIMES_USUAL_SIZE = 5.0
TIMES_GENUINE_SIZE = 3.0
ALGORITHMIC_NS = 1 * SECOND
MANUAL_NS = 10 * SECOND
LONGEST_NS = 12 * SECOND


def _distance(stage: Stage) -> int:
    """Ticks off the best price: near, but not next in line."""
    return 2 + round(stage.between(0.5, 1.5) * stage.instrument.half_spread_ticks)


def _life(stage: Stage) -> int:
    return stage.shorter(ALGORITHMIC_NS if stage.chance.random() < 0.5 else MANUAL_NS)


def _genuine(stage: Stage, account: int, side: int, size: float, life_ns: int) -> int:
    """Enter the order that is meant to trade; it crosses before the life of the other is over."""
    script = stage.script
    enters = stage.start + round(life_ns * stage.between(0.05, 0.2))
    crosses = stage.start + round(life_ns * stage.between(0.5, 0.8))
    order = script.enter(enters, account, side, inside(), shares(size), post_only=True)
    script.replace(order, side, at_opposite(), crosses)
    script.cancel(order, stage.start + life_ns + 20 * MILLISECOND)
    return order


def spoof(stage: Stage) -> None:
    """The pattern."""
    large_account, small_account = stage.trader(second_account=0.2)
    side = stage.side()
    lot = stage.instrument.lot_size
    size = round(stage.usual(stage.larger(TIMES_USUAL_SIZE)) / lot) * lot
    genuine_size = max(size / stage.larger(TIMES_GENUINE_SIZE) // lot, 1) * lot
    life_ns = _life(stage)
    large = stage.script.enter(stage.start, large_account, side, behind_best(_distance(stage)), shares(size))
    genuine = _genuine(stage, small_account, -side, genuine_size, life_ns)
    stage.script.cancel(large, when=threatened(large), deadline=stage.start + life_ns)
    stage.script.replace(genuine, -side, at_opposite(), when=threatened(large), delay_ns=MILLISECOND)


def _spoof_but(
    stage: Stage,
    *,
    size: float | None = None,
    genuine_size: float | None = None,
    distance: int | None = None,
    life_ns: int = ALGORITHMIC_NS,
) -> tuple[int, int]:
    """The pattern at its start values but for what is given; gives the large order and its side."""
    account, _ = stage.trader()
    side = stage.side()
    large_size = size or stage.usual(TIMES_USUAL_SIZE * stage.between(1.0, 1.2))
    stage.quiet_market(stage.start + life_ns)
    where = behind_best(distance or _distance(stage))
    large = stage.script.enter(stage.start, account, side, where, shares(large_size))
    stage.script.cancel(large, stage.start + life_ns)
    lot = stage.instrument.lot_size
    small_size = large_size / TIMES_GENUINE_SIZE // lot * lot if genuine_size is None else genuine_size
    if small_size > 0:
        _genuine(stage, account, -side, small_size, life_ns)
    return large, side


def spoof_without_opposite_trade(stage: Stage) -> None:
    """All but the trade on the other side."""
    _spoof_but(stage, genuine_size=0.0)


def spoof_with_usual_size(stage: Stage) -> None:
    """All but the size: one and a half times the usual, still three times the genuine order."""
    _spoof_but(stage, size=stage.usual(1.5), genuine_size=stage.instrument.lot_size)


def spoof_far_away(stage: Stage) -> None:
    """All but the distance: too far to matter."""
    _spoof_but(stage, distance=40 + round(20 * stage.instrument.half_spread_ticks))


def spoof_left_standing(stage: Stage) -> None:
    """All but the time: four times as long as a manual spoof."""
    distance = 6 + round(3 * stage.instrument.half_spread_ticks)
    _spoof_but(stage, distance=distance, life_ns=4 * MANUAL_NS)


def spoof_that_trades(stage: Stage) -> None:
    """All but unfilled: half of the large order is executed."""
    large, side = _spoof_but(stage, distance=2)
    meets = stage.start + round(0.9 * ALGORITHMIC_NS)
    stage.script.enter(meets, ANY_CLIENT, -side, at_price_of(large), reaching(large, 0.5), immediate=True, tagged=False)


SCENARIOS = (
    Scenario("spoofing", ALERT, spoof, LONGEST_NS),
    Scenario("spoofing_without_opposite_trade", QUIET, spoof_without_opposite_trade, LONGEST_NS),
    Scenario("spoofing_with_usual_size", QUIET, spoof_with_usual_size, LONGEST_NS),
    Scenario("spoofing_far_away", QUIET, spoof_far_away, LONGEST_NS),
    Scenario("spoofing_left_standing", QUIET, spoof_left_standing, 4 * LONGEST_NS),
    Scenario("spoofing_that_trades", QUIET, spoof_that_trades, LONGEST_NS),
)

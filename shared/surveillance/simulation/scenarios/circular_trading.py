"""Circular trading: shares go round a few owners and come home.

Start values: rules.md, `circular_trading`: 3 rounds, here one more, since not every hand-over meets, of three to five
owners.
"""

from itertools import pairwise

from surveillance.events import SECOND
from surveillance.simulation.script import (
    ANY_CLIENT,
    BUY,
    SELL,
    at_opposite,
    at_price_of,
    inside,
    of_opposite_best,
    shares,
)
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

ROUNDS = 4.0
OWNERS = (3, 4, 5)
BETWEEN_NS = 8 * SECOND
LONGEST_NS = 260 * SECOND


def _hand_over(stage: Stage, at: int, seller: int, buyer: int, size: float) -> None:
    """As soon as the spread has room, one offers inside it and the other takes it; somebody's trade makes the room."""
    level = of_opposite_best(1.0)
    stage.script.enter(at, ANY_CLIENT, SELL, at_opposite(), level, immediate=True, tagged=False)
    at += MILLISECOND // 2
    order = stage.script.enter(at, seller, SELL, inside(), shares(size), post_only=True)
    stage.script.enter(at + 5 * MILLISECOND, buyer, BUY, at_price_of(order), shares(size), immediate=True)
    stage.script.cancel(order, at + 30 * MILLISECOND)


def _go_round(stage: Stage, rounds: int, *, home: bool = True, uneven: bool = False) -> None:
    count = int(stage.chance.choice(OWNERS))
    groups = stage.owners(count + (0 if home else rounds))
    circle, strangers = [group[0] for group in groups[:count]], [group[0] for group in groups[count:]]
    lot = stage.instrument.lot_size
    size = lot * max(round(stage.usual(stage.between(1.0, 4.0)) / lot), 2)
    at = stage.start
    for turn in range(rounds):
        last = circle[0] if home else strangers[turn]
        for place, (seller, buyer) in enumerate(pairwise((*circle, last))):
            _hand_over(stage, at, seller, buyer, size * (2 if uneven and place % 2 else 1))
            at += round(min(stage.shorter(BETWEEN_NS), BETWEEN_NS * 1.3) * stage.between(0.5, 1.5))


def circulate(stage: Stage) -> None:
    """The pattern."""
    _go_round(stage, stage.count(ROUNDS, at_least=3))


def circulate_twice(stage: Stage) -> None:
    """All but the rounds."""
    _go_round(stage, 2)


def circulate_away(stage: Stage) -> None:
    """All but home: the last sells to somebody else each time."""
    _go_round(stage, round(ROUNDS), home=False)


def circulate_unevenly(stage: Stage) -> None:
    """All but the quantity: every other hand-over is twice as large."""
    _go_round(stage, round(ROUNDS), uneven=True)


SCENARIOS = (
    Scenario("circular_trading", ALERT, circulate, LONGEST_NS),
    Scenario("circular_trading_twice", QUIET, circulate_twice, LONGEST_NS),
    Scenario("circular_trading_not_home", QUIET, circulate_away, LONGEST_NS),
    Scenario("circular_trading_uneven", QUIET, circulate_unevenly, LONGEST_NS),
)

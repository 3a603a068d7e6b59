"""Pre-arranged trading: two owners enter opposite orders of the same size at the same time, again and again.

Start values: rules.md, `pre_arranged_trading`: entered at most a second apart, equal within 1 %, far more often than
by chance: five times.
"""

from surveillance.events import SECOND
from surveillance.simulation.script import ANY_CLIENT, at_opposite, at_price_of, inside, of_opposite_best, shares
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

MEETINGS = 5.0
BETWEEN_NS = 20 * SECOND
APART_NS = 40 * MILLISECOND
LONGEST_NS = 200 * SECOND


def _meet(stage: Stage, at: int, first: int, second: int, apart_ns: int, ratio: float = 1.0) -> None:
    """As soon as the spread has room, one enters inside it and the other takes it.

    Somebody else's trade makes the room.
    """
    side, lot = stage.side(), stage.instrument.lot_size
    size = lot * round(stage.usual(stage.between(1.0, 4.0)) / lot)
    level = of_opposite_best(1.0)
    stage.script.enter(at, ANY_CLIENT, side, at_opposite(), level, immediate=True, tagged=False)
    at += MILLISECOND // 2
    order = stage.script.enter(at, first, side, inside(), shares(size), post_only=True)
    takes = lot * max(round(size * ratio / lot), 1)
    stage.script.enter(at + apart_ns, second, -side, at_price_of(order), shares(takes), immediate=True)
    stage.script.cancel(order, at + apart_ns + 20 * MILLISECOND)


def _meetings(stage: Stage, pairs: list[tuple[int, int]], apart_ns: tuple[int, int], ratio: float = 1.0) -> None:
    at = stage.start
    for first, second in pairs:
        if stage.chance.random() < 0.5:
            first, second = second, first
        apart = round(stage.between(*apart_ns))
        _meet(stage, at, first, second, apart, ratio)
        at += round(stage.shorter(BETWEEN_NS) * stage.between(0.5, 1.5))


def _pair(stage: Stage) -> tuple[int, int]:
    (first, *_), (second, *_) = stage.owners(2)
    return first, second


def _soon(stage: Stage) -> tuple[int, int]:
    longest = min(stage.shorter(APART_NS), APART_NS)
    return longest // 8, longest


def pre_arrange(stage: Stage) -> None:
    """The pattern."""
    _meetings(stage, [_pair(stage)] * stage.count(MEETINGS), _soon(stage))


def pre_arrange_with_strangers(stage: Stage) -> None:
    """All but the pair: each time it is two others."""
    groups = stage.owners(2 * round(MEETINGS))
    _meetings(stage, [(one[0], two[0]) for one, two in zip(groups[::2], groups[1::2], strict=True)], _soon(stage))


def pre_arrange_unequal(stage: Stage) -> None:
    """All but the size: the second order is for a half more."""
    _meetings(stage, [_pair(stage)] * round(MEETINGS), _soon(stage), ratio=1.5)


def pre_arrange_apart(stage: Stage) -> None:
    """All but the time: the second order comes seconds after the first."""
    _meetings(stage, [_pair(stage)] * round(MEETINGS), (2 * SECOND, 4 * SECOND))


def pre_arrange_once(stage: Stage) -> None:
    """All but the number: they meet once."""
    _meetings(stage, [_pair(stage)], _soon(stage))


SCENARIOS = (
    Scenario("pre_arranged_trading", ALERT, pre_arrange, LONGEST_NS),
    Scenario("pre_arranged_trading_with_strangers", QUIET, pre_arrange_with_strangers, LONGEST_NS),
    Scenario("pre_arranged_trading_unequal", QUIET, pre_arrange_unequal, LONGEST_NS),
    Scenario("pre_arranged_trading_apart", QUIET, pre_arrange_apart, LONGEST_NS),
    Scenario("pre_arranged_trading_once", QUIET, pre_arrange_once, LONGEST_NS),
)

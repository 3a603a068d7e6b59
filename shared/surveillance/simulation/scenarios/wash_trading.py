"""Wash trading: an owner trades with himself, or buys and sells the same again and again, and ends where he began.

Start values: rules.md, `wash_trading`: the same size within 10 %, a few ticks, three times in ten minutes. Mostly one
order meets the other, of the same account or of another one of the owner; some go round trips against the market.
"""

from surveillance.events import SECOND
from surveillance.simulation.script import at_market, at_opposite, at_price_of, executed_of, inside, reaching, shares
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

MATCHES = 3.0
APART_NS = 25 * SECOND
TRIP_NS = 1 * SECOND
TRIP_TIMES_USUAL = 3.0
LONGEST_NS = 200 * SECOND
SHARE_OF_ROUND_TRIPS = 0.1


def _starts(stage: Stage, count: int) -> list[int]:
    """When each of the matches begins."""
    at, starts = stage.start, []
    for _ in range(count):
        starts.append(at)
        at += round(stage.shorter(APART_NS) * stage.between(0.5, 1.5))
    return starts


def _meet(stage: Stage, at: int, first: int, second: int, *, wait_ns: int, prevented: bool = False) -> None:
    """One order waits at the touch, the other takes it."""
    side = stage.side()
    size = shares(round(stage.usual(stage.between(1.0, 3.0))))
    order = stage.script.enter(at, first, side, inside(), size, post_only=True)
    stage.script.enter(
        at + wait_ns,
        second,
        -side,
        at_price_of(order),
        reaching(order, 1.0),
        immediate=True,
        may_self_trade=not prevented,
    )
    stage.script.cancel(order, at + wait_ns + 20 * MILLISECOND)


def _soon(stage: Stage) -> int:
    return round(stage.between(5, 40)) * MILLISECOND


def wash(stage: Stage) -> None:
    """The pattern."""
    starts = _starts(stage, stage.count(MATCHES))
    way = stage.chance.random()
    if way < SHARE_OF_ROUND_TRIPS:
        ((account, *_),) = stage.owners(1)
        for at in starts:
            _trip(stage, account, at, stage.usual(stage.larger(TRIP_TIMES_USUAL)))
        return
    (accounts,) = stage.owners(1, accounts=2 if way > 0.5 else 1)
    for at in starts:
        _meet(stage, at, accounts[0], accounts[-1], wait_ns=_soon(stage))


def _trip(stage: Stage, account: int, at: int, size: float, share: float = 1.0) -> None:
    """Buy and sell again, or the other way round."""
    side = stage.side()
    order = stage.script.enter(at, account, side, at_opposite(1), shares(size), immediate=True)
    back = at + round(stage.shorter(TRIP_NS) * stage.between(0.5, 1.5))
    if share > 0:
        stage.script.enter(back, account, -side, at_market(), executed_of(order, share))


def wash_but_prevented(stage: Stage) -> None:
    """All but the trades: the venue prevents self-trades and cancels the order that waits."""
    (accounts,) = stage.owners(1, accounts=2)
    for at in _starts(stage, 4):
        _meet(stage, at, accounts[0], accounts[-1], wait_ns=_soon(stage), prevented=True)


def wash_between_strangers(stage: Stage) -> None:
    """All but the owner: two owners happen to trade with each other, orders entered seconds apart."""
    (first, *_), (second, *_) = stage.owners(2)
    for at in _starts(stage, 3):
        _meet(stage, at, first, second, wait_ns=round(stage.between(2.0, 4.0) * SECOND))


def wash_one_way(stage: Stage) -> None:
    """All but the way back: what is bought is kept."""
    ((account, *_),) = stage.owners(1)
    for at in _starts(stage, 4):
        _trip(stage, account, at, stage.usual(TRIP_TIMES_USUAL), share=0.0)


def wash_of_unequal_sizes(stage: Stage) -> None:
    """All but the size: each way back is half as large."""
    ((account, *_),) = stage.owners(1)
    for at in _starts(stage, 4):
        _trip(stage, account, at, stage.usual(2 * TRIP_TIMES_USUAL), share=0.5)


SCENARIOS = (
    Scenario("wash_trading", ALERT, wash, LONGEST_NS),
    Scenario("wash_trading_prevented", QUIET, wash_but_prevented, LONGEST_NS),
    Scenario("wash_trading_between_strangers", QUIET, wash_between_strangers, LONGEST_NS),
    Scenario("wash_trading_one_way", QUIET, wash_one_way, LONGEST_NS),
    Scenario("wash_trading_of_unequal_sizes", QUIET, wash_of_unequal_sizes, LONGEST_NS),
)

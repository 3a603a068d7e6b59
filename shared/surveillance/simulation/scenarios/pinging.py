"""Pinging: tiny orders step through the book, each there for an instant, and a large order follows.

Start values: rules.md, `pinging`: 5 orders within 1 s that live 100 ms at most; 10 times as large an order within 1 s.
"""

from surveillance.events import SECOND
from surveillance.simulation.script import at_opposite, at_price_of, behind_best, shares
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

PINGS = 5.0
WITHIN_NS = 1 * SECOND
LIFE_NS = 100 * MILLISECOND
TIMES_PING_SIZE = 10.0
LONGEST_NS = 5 * SECOND


def _ping(
    stage: Stage, *, pings: int, within_ns: int, life_ns: int, ratio: float, follows_ns: int, step: int = 1
) -> None:
    """Enter tiny orders, each a tick nearer to the other side, then one that takes what is there."""
    account, _ = stage.trader()
    side = stage.side()
    script = stage.script
    lot = shares(stage.instrument.lot_size)
    every_ns = within_ns // pings
    immediate = stage.chance.random() < 0.5 and life_ns <= LIFE_NS
    stage.quiet_market(stage.start + within_ns + follows_ns)
    life = 0 if immediate else min(life_ns, LIFE_NS * 10)
    first = script.enter(stage.start, account, side, behind_best(pings), lot, life_ns=life, immediate=immediate)
    for place in range(1, pings):
        where = at_price_of(first, -place * step)
        at = stage.start + place * every_ns
        script.enter(at, account, side, where, lot, life_ns=life, immediate=immediate)
    size = shares(ratio * stage.instrument.lot_size)
    follows_at = stage.start + (pings - 1) * every_ns + follows_ns
    script.enter(follows_at, account, side, at_opposite(2), size, immediate=True)


def ping(stage: Stage) -> None:
    """The pattern."""
    _ping(
        stage,
        pings=stage.count(PINGS, at_least=2),
        within_ns=stage.shorter(WITHIN_NS),
        life_ns=stage.shorter(LIFE_NS * stage.between(0.3, 0.9)),
        ratio=stage.larger(TIMES_PING_SIZE),
        follows_ns=stage.shorter(WITHIN_NS * stage.between(0.2, 0.8)),
    )


def ping_slowly(stage: Stage) -> None:
    """All but the speed: four times as long from one to the next."""
    _ping(stage, pings=5, within_ns=5 * WITHIN_NS, life_ns=LIFE_NS // 2, ratio=12, follows_ns=WITHIN_NS // 2)


def ping_for_little(stage: Stage) -> None:
    """All but the large order: one of three times the size."""
    _ping(stage, pings=6, within_ns=WITHIN_NS, life_ns=LIFE_NS // 2, ratio=3, follows_ns=WITHIN_NS // 2)


def ping_one_price(stage: Stage) -> None:
    """All but the steps: always the same price."""
    _ping(stage, pings=6, within_ns=WITHIN_NS, life_ns=LIFE_NS // 2, ratio=12, follows_ns=WITHIN_NS // 2, step=0)


def ping_and_stay(stage: Stage) -> None:
    """All but the short life: each rests for a second."""
    _ping(stage, pings=6, within_ns=WITHIN_NS, life_ns=10 * LIFE_NS, ratio=12, follows_ns=WITHIN_NS // 2)


SCENARIOS = (
    Scenario("pinging", ALERT, ping, LONGEST_NS),
    Scenario("pinging_slowly", QUIET, ping_slowly, 2 * LONGEST_NS),
    Scenario("pinging_for_little", QUIET, ping_for_little, LONGEST_NS),
    Scenario("pinging_at_one_price", QUIET, ping_one_price, LONGEST_NS),
    Scenario("pinging_that_stays", QUIET, ping_and_stay, LONGEST_NS),
)

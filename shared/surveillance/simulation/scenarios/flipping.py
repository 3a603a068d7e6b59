"""Flipping: a large order doubles what is shown at its price, others join, it is cancelled, and its owner takes them.

Start values: rules.md, `flipping`: as much again as is shown at the price and five times the usual size; 5 ms
(algorithmic) or 100 ms from cancel to trade.
"""

from surveillance.events import SECOND
from surveillance.simulation.script import (
    ANY_CLIENT,
    at_price_of,
    behind_best,
    of_own_best,
    reaching,
    shares,
)
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

TIMES_SHOWN = 1.2
TIMES_USUAL_SIZE = 5.0
ALGORITHMIC_NS = 5 * MILLISECOND
MANUAL_NS = 100 * MILLISECOND
TAKES_TIMES_USUAL = 3.0
LONGEST_NS = 6 * SECOND
OYSTACHER_LOTS = (34, 460, 461)
"""Shown before, and what was added to it in two orders."""


def _join(stage: Stage, order: int, side: int, until: int) -> None:
    """Let others queue at the order's price."""
    for place in range(3):
        at = stage.start + (place + 1) * (until - stage.start) // 5
        size = shares(stage.usual(2.0))
        stage.script.enter(at, ANY_CLIENT, side, at_price_of(order), size, post_only=True, tagged=False)


def _take(stage: Stage, account: int, order: int, side: int, at: int) -> None:
    """Trade against those at the order's price, and with all that is better."""
    size = shares(stage.usual(TAKES_TIMES_USUAL))
    stage.script.enter(at, account, -side, at_price_of(order), size, immediate=True)


def flip(stage: Stage) -> None:
    """The pattern."""
    account, _ = stage.trader()
    side = stage.side()
    stands_ns = round(stage.between(0.4, 1.2) * SECOND)
    stage.quiet_market(stage.start + 2 * stands_ns)
    size = of_own_best(stage.larger(TIMES_SHOWN), stage.usual(stage.larger(TIMES_USUAL_SIZE)))
    order = stage.script.enter(stage.start, account, side, behind_best(0), size, post_only=True)
    cancels_at = stage.start + stands_ns
    _join(stage, order, side, cancels_at)
    stage.script.cancel(order, cancels_at)
    flips_ns = stage.shorter(ALGORITHMIC_NS if stage.chance.random() < 0.5 else MANUAL_NS)
    _take(stage, account, order, side, cancels_at + flips_ns)


def _flip_but(
    stage: Stage, *, usual: float = 0.0, flips_ns: int = ALGORITHMIC_NS, takes: bool = True, trades: bool = False
) -> None:
    """The pattern at its start values but for what is given."""
    account, _ = stage.trader()
    side = stage.side()
    stage.quiet_market(stage.start + 2 * SECOND + flips_ns)
    size = shares(stage.usual(usual)) if usual else of_own_best(TIMES_SHOWN, stage.usual(TIMES_USUAL_SIZE))
    order = stage.script.enter(stage.start, account, side, behind_best(0), size, post_only=True)
    cancels_at = stage.start + SECOND
    _join(stage, order, side, cancels_at)
    if trades:
        half = reaching(order, 0.5)
        at = stage.start + SECOND // 2
        stage.script.enter(at, ANY_CLIENT, -side, at_price_of(order), half, immediate=True, tagged=False)
    stage.script.cancel(order, cancels_at)
    if takes:
        _take(stage, account, order, side, cancels_at + flips_ns)


def flip_little(stage: Stage) -> None:
    """All but the size: hardly more than usual."""
    _flip_but(stage, usual=1.2)


def flip_late(stage: Stage) -> None:
    """All but the speed: three seconds pass."""
    _flip_but(stage, flips_ns=3 * SECOND)


def flip_without_trade(stage: Stage) -> None:
    """All but the trade on the other side."""
    _flip_but(stage, takes=False)


def flip_what_traded(stage: Stage) -> None:
    """All but unfilled: half of the large order is executed."""
    _flip_but(stage, trades=True)


def oystacher(stage: Stage) -> None:
    """Oystacher, 2014-01-06: 34 lots are offered; two orders of 921 in all join; gone and crossed within 5 ms."""
    account, _ = stage.trader()
    lot = stage.instrument.lot_size
    shown, first, second = (shares(lots * lot) for lots in OYSTACHER_LOTS)
    script = stage.script
    stage.quiet_market(stage.start + 2 * SECOND)
    offer = script.enter(stage.start, ANY_CLIENT, -1, behind_best(0), shown, post_only=True, tagged=False)
    large = [
        script.enter(stage.start + 100 * MILLISECOND, account, -1, at_price_of(offer), first, post_only=True),
        script.enter(stage.start + 101 * MILLISECOND, account, -1, at_price_of(offer), second, post_only=True),
    ]
    cancels_at = stage.start + 700 * MILLISECOND
    _join(stage, large[0], -1, cancels_at)
    for place, order in enumerate(large):
        script.cancel(order, cancels_at + place * MILLISECOND)
    script.enter(cancels_at + 3 * MILLISECOND, account, 1, at_price_of(large[0]), shown, immediate=True)


SCENARIOS = (
    Scenario("flipping", ALERT, flip, LONGEST_NS),
    Scenario("flipping_little", QUIET, flip_little, LONGEST_NS),
    Scenario("flipping_late", QUIET, flip_late, LONGEST_NS),
    Scenario("flipping_without_trade", QUIET, flip_without_trade, LONGEST_NS),
    Scenario("flipping_what_traded", QUIET, flip_what_traded, LONGEST_NS),
    Scenario("oystacher", ALERT, oystacher, LONGEST_NS, pattern="flipping"),
)

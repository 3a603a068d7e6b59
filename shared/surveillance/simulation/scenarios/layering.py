"""Layering: several levels on one side, held by one owner at once, are cancelled when a small order on the other side
trades.

Start values: rules.md, `layering`: 3 levels, 20 % of the side's depth, 90 % of the stack cancelled within 10 s of the
fill.
"""

from math import ceil

from surveillance.events import SECOND
from surveillance.simulation.script import (
    ANY_CLIENT,
    at_opposite,
    at_price_of,
    behind_best,
    filled,
    gone,
    inside,
    of_own_depth,
    reaching,
    shares,
    threatened,
)
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

LEVELS = 3.0
DEPTH_SHARE = 0.2
CANCELLED_SHARE = 0.9
WITHIN_NS = 10 * SECOND
GENUINE_TIMES_USUAL = 1.0
LONGEST_NS = 30 * SECOND
COSCIA_LOTS, COSCIA_SMALL_LOTS = (54.0, 85.0, 122.0), 17.0
SARAO_LOTS = 600


def _stack(
    stage: Stage, account: int, side: int, levels: int, share: float, nearest: int = 2, parts: int = 1
) -> list[int]:
    """Enter orders at so many levels, `parts` of equal size at each; all together are this share of their side."""
    script = stage.script
    of_others = share / ((1.0 - share) * levels * parts)
    distance = nearest + round(stage.between(0.5, 1.5) * stage.instrument.half_spread_ticks)
    apart_ns = round(stage.between(15, 60)) * MILLISECOND
    stack = [script.enter(stage.start, account, side, behind_best(distance), of_own_depth(of_others))]
    for place in range(1, levels * parts):
        size = of_own_depth(of_others / (1.0 + place * of_others))
        where = at_price_of(stack[0], place // parts)
        at = stage.start + place * apart_ns // parts
        stack.append(script.enter(at, account, side, where, size, post_only=True))
    return stack


def _trade(stage: Stage, account: int, side: int, at: int) -> int:
    """Wait at the touch, then take the best price."""
    size = shares(stage.usual(GENUINE_TIMES_USUAL))
    order = stage.script.enter(at - _wait_ns(stage), account, side, inside(), size, post_only=True)
    stage.script.replace(order, side, at_opposite(), at)
    return order


def _wait_ns(stage: Stage) -> int:
    """How long the genuine order waits at the touch."""
    return round(stage.between(0.3, 1.0) * SECOND)


def layer(stage: Stage) -> None:
    """The pattern; at fewer levels than three it would be the near miss."""
    stack_account, small_account = stage.trader(second_account=0.2)
    side = stage.side()
    script = stage.script
    levels = stage.count(LEVELS, at_least=round(LEVELS))
    stack = _stack(stage, stack_account, side, levels, stage.share(DEPTH_SHARE, bound=0.6))
    trades_at = stage.start + round(stage.between(2.0, 4.0) * SECOND)
    within_ns = stage.shorter(WITHIN_NS)
    genuine = _trade(stage, small_account, -side, trades_at)
    script.replace(genuine, -side, at_opposite(), when=threatened(stack[0]), delay_ns=MILLISECOND)
    script.cancel(genuine, trades_at + within_ns)
    cancelled = ceil(levels * stage.share(CANCELLED_SHARE) - 1e-9)
    for place, order in enumerate(stack):
        if place < cancelled:
            late_ns = round(within_ns * (1.0 - 0.1 * place / cancelled))
            script.cancel(order, when=threatened(stack[0]), delay_ns=2 * MILLISECOND)
            script.cancel(order, when=filled(genuine), delay_ns=late_ns, deadline=trades_at + late_ns)
        else:
            script.cancel(order, trades_at + within_ns + 40 * SECOND)


def _layer_but(
    stage: Stage,
    *,
    levels: int = 4,
    share: float = DEPTH_SHARE * 1.3,
    trades: bool = True,
    kept: int = 0,
    within_ns: int = 3 * SECOND,
    parts: int = 1,
) -> None:
    """The pattern at its start values but for what is given; in many parts no order of it is a spoof of its own."""
    account, _ = stage.trader()
    side = stage.side()
    stack = _stack(stage, account, side, levels, share, nearest=4, parts=parts)
    trades_at = stage.start + round(stage.between(2.0, 3.0) * SECOND)
    stage.quiet_market(trades_at + 45 * SECOND)
    if trades:
        genuine = _trade(stage, account, -side, trades_at)
        stage.script.cancel(genuine, trades_at + SECOND)
    for place, order in enumerate(stack):
        stage.script.cancel(order, trades_at + (within_ns if place >= kept else 40 * SECOND) - place * MILLISECOND)


def layer_two_levels(stage: Stage) -> None:
    """All but the levels: as much, at two."""
    _layer_but(stage, levels=2, parts=12)


def layer_thinly(stage: Stage) -> None:
    """All but the depth: a fortieth of the side."""
    _layer_but(stage, levels=3, share=DEPTH_SHARE / 8.0)


def layer_without_trade(stage: Stage) -> None:
    """All but the trade on the other side."""
    _layer_but(stage, trades=False)


def layer_and_stay(stage: Stage) -> None:
    """All but the cancels: three of four levels are still there long after the trade."""
    _layer_but(stage, kept=3)


def layer_and_wait(stage: Stage) -> None:
    """All but the time: the stack is cancelled four times too late."""
    _layer_but(stage, within_ns=4 * WITHIN_NS)


def _lean(stage: Stage, account: int, side: int, lots: tuple[float, ...], small_lots: float, at: int) -> None:
    """Wait with a small order, stack large ones against it, have it filled, and take the stack back."""
    script = stage.script
    lot = stage.instrument.lot_size
    small = script.enter(at, account, side, inside(), shares(small_lots * lot), post_only=True)
    stack = [
        script.enter(at + (20 + 8 * level) * MILLISECOND, account, -side, behind_best(1 + level), shares(each * lot))
        for level, each in enumerate(lots)
    ]
    meets = at + 150 * MILLISECOND
    for share, later in ((3 / 17, 0), (1.0, 20 * MILLISECOND)):
        script.enter(
            meets + later, ANY_CLIENT, -side, at_price_of(small), reaching(small, share), immediate=True, tagged=False
        )
    for order in stack:
        script.cancel(order, when=gone(small), delay_ns=10 * MILLISECOND, deadline=at + 290 * MILLISECOND)
    script.cancel(small, at + 295 * MILLISECOND)


def coscia(stage: Stage) -> None:
    """Coscia, Brent: buy 17, sell 54, 85, 122 above; the fill of 3 + 14 takes all three back; mirrored; 609 ms."""
    account, _ = stage.trader()
    stage.quiet_market(stage.start + SECOND)
    for place, side in enumerate((1, -1)):
        _lean(stage, account, side, COSCIA_LOTS, COSCIA_SMALL_LOTS, stage.start + place * 305 * MILLISECOND)


def trillium(stage: Stage) -> None:
    """Trillium: one order inside, several outside it on the other side, a fill, all cancelled; then mirrored."""
    account, _ = stage.trader()
    usual_lots = stage.instrument.usual_size / stage.instrument.lot_size
    stage.quiet_market(stage.start + 4 * SECOND)
    for place, side in enumerate((1, -1)):
        _lean(stage, account, side, (5.0 * usual_lots,) * 4, usual_lots, stage.start + place * 2 * SECOND)


def sarao(stage: Stage) -> None:
    """Sarao, 2010-05-06: five sells of 600, then a sixth, three levels and more off, moved with the market, all
    cancelled unfilled; he buys meanwhile."""
    account, _ = stage.trader()
    script = stage.script
    lots = shares(SARAO_LOTS * stage.instrument.lot_size)
    stack = []
    for level in range(6):
        at = stage.start + (level * 20 if level < 5 else 3000) * MILLISECOND
        stack.append(script.enter(at, account, -1, behind_best(3 + level), lots, post_only=True))
        script.replace(
            stack[-1],
            -1,
            behind_best(3 + level),
            at + 200 * MILLISECOND,
            times=100,
            every_ns=80 * MILLISECOND,
            post_only=True,
        )
    for place in range(3):
        size = shares(stage.usual(1.0))
        script.enter(stage.start + (2 + 2 * place) * SECOND, account, 1, at_opposite(), size, immediate=True)
    for order in stack:
        script.cancel(order, stage.start + 9 * SECOND)


SCENARIOS = (
    Scenario("layering", ALERT, layer, LONGEST_NS),
    Scenario("layering_at_two_levels", QUIET, layer_two_levels, LONGEST_NS),
    Scenario("layering_thinly", QUIET, layer_thinly, LONGEST_NS),
    Scenario("layering_without_trade", QUIET, layer_without_trade, LONGEST_NS),
    Scenario("layering_that_stays", QUIET, layer_and_stay, 2 * LONGEST_NS),
    Scenario("layering_that_waits", QUIET, layer_and_wait, 2 * LONGEST_NS),
    Scenario("sarao", ALERT, sarao, LONGEST_NS, pattern="layering"),
    Scenario("coscia", ALERT, coscia, LONGEST_NS, pattern="layering"),
    Scenario("trillium", ALERT, trillium, LONGEST_NS, pattern="layering"),
)

"""Layering: several levels on one side, held by one owner at once, are cancelled when a small order on the other side
trades.

Start values: rules.md, `layering`: 3 levels, 20 % of the side's depth, 90 % of the stack cancelled within 10 s of the
fill.
"""

from math import ceil

from surveillance.events import SECOND
from surveillance.simulation.script import (
    at_opposite,
    at_price_of,
    behind_best,
    filled,
    inside,
    of_own_depth,
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


def _stack(stage: Stage, account: int, side: int, levels: int, share: float, nearest: int = 2) -> list[int]:
    """Enter one order a level, so that all of them together are this share of their side."""
    script = stage.script
    of_others = share / ((1.0 - share) * levels)
    distance = nearest + round(stage.between(0.5, 1.5) * stage.instrument.half_spread_ticks)
    apart_ns = round(stage.between(15, 60)) * MILLISECOND
    stack = [script.enter(stage.start, account, side, behind_best(distance), of_own_depth(of_others))]
    for level in range(1, levels):
        size = of_own_depth(of_others / (1.0 + level * of_others))
        where = at_price_of(stack[0], level)
        stack.append(script.enter(stage.start + level * apart_ns, account, side, where, size, post_only=True))
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
    """The pattern."""
    stack_account, small_account = stage.trader(second_account=0.2)
    side = stage.side()
    script = stage.script
    levels = stage.count(LEVELS, at_least=2)
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
) -> None:
    """The pattern at its start values but for what is given."""
    account, _ = stage.trader()
    side = stage.side()
    stack = _stack(stage, account, side, levels, share, nearest=4)
    trades_at = stage.start + round(stage.between(2.0, 3.0) * SECOND)
    stage.quiet_market(trades_at + 45 * SECOND)
    if trades:
        genuine = _trade(stage, account, -side, trades_at)
        stage.script.cancel(genuine, trades_at + SECOND)
    for place, order in enumerate(stack):
        stage.script.cancel(order, trades_at + (within_ns if place >= kept else 40 * SECOND) - place * MILLISECOND)


def layer_two_levels(stage: Stage) -> None:
    """All but the levels: as much, at two."""
    _layer_but(stage, levels=2)


def layer_thinly(stage: Stage) -> None:
    """All but the depth: a twentieth of the side."""
    _layer_but(stage, share=DEPTH_SHARE / 4.0)


def layer_without_trade(stage: Stage) -> None:
    """All but the trade on the other side."""
    _layer_but(stage, trades=False)


def layer_and_stay(stage: Stage) -> None:
    """All but the cancels: three of four levels are still there long after the trade."""
    _layer_but(stage, kept=3)


def layer_and_wait(stage: Stage) -> None:
    """All but the time: the stack is cancelled four times too late."""
    _layer_but(stage, within_ns=4 * WITHIN_NS)


SCENARIOS = (
    Scenario("layering", ALERT, layer, LONGEST_NS),
    Scenario("layering_at_two_levels", QUIET, layer_two_levels, LONGEST_NS),
    Scenario("layering_thinly", QUIET, layer_thinly, LONGEST_NS),
    Scenario("layering_without_trade", QUIET, layer_without_trade, LONGEST_NS),
    Scenario("layering_that_stays", QUIET, layer_and_stay, 2 * LONGEST_NS),
    Scenario("layering_that_waits", QUIET, layer_and_wait, 2 * LONGEST_NS),
)

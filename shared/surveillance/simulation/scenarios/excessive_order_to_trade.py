"""Excessive order-to-trade ratio: a member enters and cancels order after order and hardly trades.

Start value: 500 orders an execution, entries and cancellations counted, from an account that does nothing else.
"""

from surveillance.events import MINUTE
from surveillance.simulation.script import at_market, behind_best, shares
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

ORDERS_PER_EXECUTION = 500.0
LASTS_NS = MINUTE
LONGEST_NS = 2 * MINUTE


def _busy(stage: Stage, account: int, messages: float, trades: int) -> None:
    """Send so many entries and cancellations, and trade so often meanwhile."""
    lot = shares(stage.instrument.lot_size)
    orders = max(1, round(messages / 2))
    lasts_ns = round(LASTS_NS * max(1.0, messages / ORDERS_PER_EXECUTION))
    every_ns = lasts_ns // orders
    side = stage.side()
    for place in range(trades):
        stage.script.enter(stage.start + place * lasts_ns // trades, account, side, at_market(), lot)
    stage.script.enter(
        stage.start,
        account,
        side,
        behind_best(10 + round(6 * stage.instrument.half_spread_ticks)),
        lot,
        times=orders,
        every_ns=every_ns,
        jitter_ns=every_ns // 4,
        life_ns=every_ns // 2,
        post_only=True,
    )


def order_much(stage: Stage) -> None:
    """The pattern, with one execution or none."""
    _busy(stage, stage.newcomer(), stage.larger(ORDERS_PER_EXECUTION), int(stage.chance.integers(2)))


def order_less(stage: Stage) -> None:
    """All but the orders: half as many."""
    _busy(stage, stage.newcomer(), ORDERS_PER_EXECUTION / 2, 0)


def order_and_trade(stage: Stage) -> None:
    """All but the ratio: as many orders, one in fifty is executed."""
    _busy(stage, stage.newcomer(), ORDERS_PER_EXECUTION * 1.2, 12)


def order_as_maker(stage: Stage) -> None:
    """All but the member: a market maker is exempt."""
    _busy(stage, stage.maker(), ORDERS_PER_EXECUTION * 1.2, 0)


SCENARIOS = (
    Scenario("excessive_order_to_trade", ALERT, order_much, LONGEST_NS),
    Scenario("order_to_trade_below_maximum", QUIET, order_less, LONGEST_NS),
    Scenario("order_to_trade_that_trades", QUIET, order_and_trade, LONGEST_NS),
    Scenario("order_to_trade_of_maker", QUIET, order_as_maker, LONGEST_NS),
)

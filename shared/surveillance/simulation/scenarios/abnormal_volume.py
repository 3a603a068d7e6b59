"""Abnormal volume: clients trade several times the usual volume within one minute.

Start values: rules.md, `abnormal_volume`: three times the mean of the twenty minutes before, on top of what the
background trades.
"""

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.script import ANY_CLIENT, at_market, of_bar_volume
from surveillance.simulation.stage import ALERT, Scenario, Stage

TIMES_MEAN_VOLUME = 3.0
TRADES_PER_RATE = 2.0
TRADES = (10, 120)
"""As many as the background would make, within these."""
LASTS_NS = 56 * SECOND


def trade_heavily(stage: Stage) -> None:
    """The pattern."""
    trades = 2 * round(min(max(TRADES_PER_RATE * stage.instrument.orders_per_second, TRADES[0]), TRADES[1]) / 2)
    share = stage.larger(TIMES_MEAN_VOLUME) / trades
    every_ns = 2 * LASTS_NS // trades
    for side in (1, -1):
        stage.script.enter(
            stage.start + SECOND + (every_ns // 2 if side < 0 else 0),
            ANY_CLIENT,
            side,
            at_market(),
            of_bar_volume(share),
            times=trades // 2,
            every_ns=every_ns,
            jitter_ns=every_ns // 3,
        )
    stage.lasts_until(stage.start + MINUTE)


SCENARIOS = (
    Scenario(
        "abnormal_volume",
        ALERT,
        trade_heavily,
        longest_ns=MINUTE,
        earliest_ns=22 * MINUTE,
        aligned_ns=MINUTE,
        names_orders=False,
    ),
)

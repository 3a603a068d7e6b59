"""Abnormal volume: clients trade several times the usual volume within one minute.

Start values: rules.md, `abnormal_volume`: three times the mean of the twenty minutes before, on top of what the
background trades.
"""

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.script import ANY_CLIENT, at_market, of_bar_volume
from surveillance.simulation.stage import ALERT, Scenario, Stage

TIMES_MEAN_VOLUME = 3.0
TRADES = 120
LASTS_NS = 56 * SECOND


def trade_heavily(stage: Stage) -> None:
    """The pattern."""
    share = stage.larger(TIMES_MEAN_VOLUME) / TRADES
    every_ns = 2 * LASTS_NS // TRADES
    for side in (1, -1):
        stage.script.enter(
            stage.start + SECOND + (every_ns // 2 if side < 0 else 0),
            ANY_CLIENT,
            side,
            at_market(),
            of_bar_volume(share),
            times=TRADES // 2,
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

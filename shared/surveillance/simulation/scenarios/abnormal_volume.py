"""Abnormal volume: clients trade several times the usual volume within one minute.

Start values: rules.md, `abnormal_volume`: three times the mean of the twenty minutes before, on top of what the
background trades.
"""

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.scenarios import heavy_trading
from surveillance.simulation.stage import ALERT, Scenario, Stage

TIMES_MEAN_VOLUME = 3.0


def trade_heavily(stage: Stage) -> None:
    """The pattern."""
    heavy_trading.trade_heavily(stage, stage.start + SECOND, stage.larger(TIMES_MEAN_VOLUME))
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
        fixed_length=True,
    ),
)

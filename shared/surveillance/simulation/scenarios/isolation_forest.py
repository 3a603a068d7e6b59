"""Isolation forest: for two minutes the price swings to and fro in heavy trading while orders are large on both sides.

rules.md, `isolation_forest`, gives no size: fair value swings every twenty seconds by eight times what it usually moves
in a minute, clients who push it trade five times the usual volume, and half as many orders again as usual are of five
times the usual size.
"""

from surveillance.simulation.scenarios.unusual_minutes import LASTS_NS, enter_more, scenarios, swing
from surveillance.simulation.stage import Stage

TIMES_USUAL_MOVE = 8.0
TIMES_VOLUME = 5.0
MORE_ORDERS = 0.5
TIMES_SIZE = 5.0


def stagger(stage: Stage) -> None:
    """The pattern."""
    swing(stage, stage.larger(TIMES_USUAL_MOVE), stage.larger(TIMES_VOLUME))
    enter_more(stage, MORE_ORDERS, stage.larger(TIMES_SIZE), (1, -1))
    stage.lasts_until(stage.start + LASTS_NS)


def swing_only(stage: Stage) -> None:
    """All but the orders: prices that move in heavy trading are nothing strange."""
    swing(stage, TIMES_USUAL_MOVE, TIMES_VOLUME)
    stage.lasts_until(stage.start + LASTS_NS)


def stagger_hardly(stage: Stage) -> None:
    """All but the size."""
    swing(stage, 0.3, 0.1)
    enter_more(stage, MORE_ORDERS, 1.0, (1, -1))
    stage.lasts_until(stage.start + LASTS_NS)


SCENARIOS = scenarios(
    ("isolation_forest", stagger), ("swings_alone", swing_only), ("hardly_staggering", stagger_hardly)
)

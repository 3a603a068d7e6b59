"""Half-space trees: for two minutes orders are large and one-sided while spreads are wider, an unusual mixture.

rules.md, `half_space_trees`, gives no size: two fifths more orders, of four times the usual size, and spreads two
fifths wider.
"""

from surveillance.simulation.scenarios.unusual_minutes import LASTS_NS, enter_more, scenarios
from surveillance.simulation.stage import Stage

MORE_ORDERS = 0.4
TIMES_SIZE = 4.0
WIDER = 0.4


def mix(stage: Stage) -> None:
    """The pattern."""
    stage.script.widen(stage.start, stage.start + LASTS_NS, 1.0 + stage.larger(WIDER))
    enter_more(stage, MORE_ORDERS, stage.larger(TIMES_SIZE), (stage.side(),))
    stage.lasts_until(stage.start + LASTS_NS)


def widen_only(stage: Stage) -> None:
    """All but the orders."""
    stage.script.widen(stage.start, stage.start + LASTS_NS, 1.0 + WIDER)
    stage.lasts_until(stage.start + LASTS_NS)


def enter_usual_orders(stage: Stage) -> None:
    """All but size, side and spread: only some orders more."""
    enter_more(stage, MORE_ORDERS, 1.0, (1, -1))
    stage.lasts_until(stage.start + LASTS_NS)


SCENARIOS = scenarios(
    ("half_space_trees", mix), ("spreads_alone_wider", widen_only), ("orders_of_usual_size_added", enter_usual_orders)
)

"""Liquidity evaporation: orders are withdrawn on both sides within a second, and nobody traded.

Start values: rules.md, `liquidity_evaporation`: 30 % of the depth is left, within 1 s.
"""

from surveillance.events import SECOND
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

LEFT = 0.3
REFILLED = 0.2
"""So much of what is to be left is left by the withdrawal: deeper levels move up, new orders come."""
WITHIN_NS = 1 * SECOND
LONGEST_NS = 10 * SECOND


def _withdraw(stage: Stage, left: float, within_ns: int) -> None:
    """Cancel what is not to be left of the background's orders, and let it hold back for a while."""
    stage.quiet_market(stage.start + within_ns + 3 * SECOND)
    stage.script.intensity(stage.start - SECOND // 10, stage.start + within_ns + 3 * SECOND, 0.2)
    stage.script.scatter(stage.start, within_ns, max(0.0, 1.0 - left))
    stage.lasts_until(stage.start + within_ns + SECOND)


def evaporate(stage: Stage) -> None:
    """The pattern."""
    left = stage.shorter(LEFT * SECOND) / SECOND
    _withdraw(stage, left * REFILLED, stage.shorter(WITHIN_NS * stage.between(0.3, 0.8)))


def evaporate_slowly(stage: Stage) -> None:
    """All but the speed: as much within eight seconds."""
    _withdraw(stage, LEFT * REFILLED, 8 * WITHIN_NS)


def evaporate_in_part(stage: Stage) -> None:
    """All but the depth that goes: two thirds are left."""
    _withdraw(stage, 0.7, WITHIN_NS // 2)


SCENARIOS = (
    Scenario("liquidity_evaporation", ALERT, evaporate, LONGEST_NS, names_orders=False),
    Scenario("liquidity_evaporation_slowly", QUIET, evaporate_slowly, 2 * LONGEST_NS, names_orders=False),
    Scenario("liquidity_evaporation_in_part", QUIET, evaporate_in_part, LONGEST_NS, names_orders=False),
)

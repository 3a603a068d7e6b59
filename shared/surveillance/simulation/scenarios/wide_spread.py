"""Wide spread: everybody keeps away from the mid.

Start values: rules.md, `wide_spread`: three times the usual spread for 5 s.
"""

from surveillance.events import SECOND
from surveillance.simulation.stage import ALERT, Scenario, Stage

TIMES_USUAL_SPREAD = 3.0
LASTS_NS = 5.0 * SECOND


def widen(stage: Stage) -> None:
    """The pattern."""
    end = stage.start + round(stage.larger(LASTS_NS))
    stage.script.widen(stage.start, end, stage.larger(TIMES_USUAL_SPREAD))
    stage.lasts_until(end)


SCENARIOS = (Scenario("wide_spread", ALERT, widen, 6 * SECOND, names_orders=False),)

"""Wide spread: everybody keeps away from the mid.

Start values: rules.md, `wide_spread`: three times the usual spread for 5 s.
"""

from surveillance.events import SECOND
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

TIMES_USUAL_SPREAD = 3.0
LASTS_NS = 5.0 * SECOND


def _widen(stage: Stage, times_usual: float, lasts_ns: int) -> None:
    end = stage.start + lasts_ns
    stage.script.widen(stage.start, end, times_usual)
    stage.lasts_until(end)


def widen(stage: Stage) -> None:
    """The pattern."""
    _widen(stage, stage.larger(TIMES_USUAL_SPREAD), round(stage.larger(LASTS_NS)))


def widen_for_a_moment(stage: Stage) -> None:
    """All but the time: two fifths of it."""
    _widen(stage, TIMES_USUAL_SPREAD, round(0.4 * LASTS_NS))


SCENARIOS = (
    Scenario("wide_spread", ALERT, widen, 6 * SECOND, names_orders=False),
    Scenario("wide_spread_for_a_moment", QUIET, widen_for_a_moment, 6 * SECOND, names_orders=False),
)

"""Feed staleness: the feed is silent though the session is open.

Start value: a silence of 30 s; the ingester says `silent` once three times the usual longest gap has passed.
"""

from surveillance.events import SECOND
from surveillance.simulation.stage import ALERT, Scenario, Stage

LASTS_NS = 30.0 * SECOND


def fall_silent(stage: Stage) -> None:
    """The pattern: the whole venue pauses."""
    end = stage.start + round(stage.larger(LASTS_NS))
    for script in stage.feed:
        script.pause(stage.start, end)
    stage.silences.append((stage.start, end))
    stage.lasts_until(end)


SCENARIOS = (Scenario("feed_staleness", ALERT, fall_silent, 35 * SECOND, names_orders=False, whole_feed=True),)

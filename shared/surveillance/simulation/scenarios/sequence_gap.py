"""Sequence gap: messages of the feed are lost on the way.

Start value: 20 messages.
"""

from surveillance.events import SECOND
from surveillance.simulation.stage import ALERT, Scenario, Stage

MESSAGES = 20.0


def lose(stage: Stage) -> None:
    """The pattern."""
    stage.losses.append((stage.start, stage.count(MESSAGES)))


SCENARIOS = (Scenario("sequence_gap", ALERT, lose, 2 * SECOND, names_orders=False, whole_feed=True),)

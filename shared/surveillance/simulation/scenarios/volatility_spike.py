"""Volatility spike: prices vary several times as much as they do in the bars of the day before.

rules.md, `volatility_spike`, gives no size: fair value varies five times as much as usual, prices about three times,
for nine minutes, out of a market that nothing else has stirred. The venue publishes one-minute bars of the instrument,
the day before included.
"""

from surveillance.events import MINUTE
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

TIMES_USUAL = 5.0
LASTS_NS = 9 * MINUTE
LEAD_NS = 12 * MINUTE
"""Longer than the windows over which returns are looked at."""
A_LITTLE = 1.25


def _shake(stage: Stage, times_usual: float, lasts_ns: int) -> None:
    stage.minute_bars = True
    end = stage.start + lasts_ns
    stage.script.volatility(stage.start, end, times_usual)
    stage.lasts_until(end)


def shake(stage: Stage) -> None:
    """The pattern."""
    _shake(stage, stage.larger(TIMES_USUAL), LASTS_NS)


def shake_a_little(stage: Stage) -> None:
    """All but the size."""
    _shake(stage, A_LITTLE, LASTS_NS)


def shake_for_a_minute(stage: Stage) -> None:
    """All but the time."""
    _shake(stage, 2.0, MINUTE)


SCENARIOS = tuple(
    Scenario(
        name,
        expect,
        play,
        longest_ns,
        aligned_ns=MINUTE,
        names_orders=False,
        past="minutes",
        lead_ns=LEAD_NS,
        fixed_length=True,
    )
    for name, expect, play, longest_ns in (
        ("volatility_spike", ALERT, shake, LASTS_NS),
        ("volatility_a_little_up", QUIET, shake_a_little, LASTS_NS),
        ("volatility_for_a_minute", QUIET, shake_for_a_minute, MINUTE),
    )
)

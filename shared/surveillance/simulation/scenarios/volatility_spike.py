"""Volatility spike: prices vary several times as much as they do in the bars of the day before.

rules.md, `volatility_spike`, gives no size: one-minute returns are three times as large as usual for nine minutes, up
and down, out of a market that nothing else has stirred. The venue publishes one-minute bars of the instrument, the day
before included.
"""

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.earlier_bars import usual_move
from surveillance.simulation.scenarios.heavy_trading import move
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

TIMES_USUAL = 3.0
UNEVEN = (0.8, 1.2)
LAG = 1.5
"""Prices lag behind fair value, and turn before they have caught up."""
MOVES_NS = 20 * SECOND
LASTS_NS = 9 * MINUTE
LEAD_NS = 18 * MINUTE
"""Longer than the windows over which returns are looked at."""
CALM = 0.6
"""Of fair value meanwhile: what was before is over."""
A_LITTLE = 1.25


def _shake(stage: Stage, times_usual: float, lasts_ns: int) -> None:
    stage.minute_bars = True
    end = stage.start + lasts_ns
    stage.script.volatility(stage.start - LEAD_NS, stage.start, CALM)
    stage.script.volatility(stage.start, end, 0.0)
    ticks = stage.side() * LAG * times_usual * usual_move(stage.instrument) * stage.instrument.fair_ticks
    for minute in range(lasts_ns // MINUTE):
        move(stage, stage.start + minute * MINUTE, MOVES_NS, (-1) ** minute * ticks * stage.between(*UNEVEN))
    stage.lasts_until(end)


def shake(stage: Stage) -> None:
    """The pattern."""
    _shake(stage, stage.larger(TIMES_USUAL), LASTS_NS)


def shake_a_little(stage: Stage) -> None:
    """All but the size."""
    _shake(stage, A_LITTLE, LASTS_NS)


def shake_for_a_minute(stage: Stage) -> None:
    """All but the time."""
    _shake(stage, TIMES_USUAL, MINUTE)


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

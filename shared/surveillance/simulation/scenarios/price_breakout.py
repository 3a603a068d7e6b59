"""Price breakout: the price leaves the range of the last twenty minutes on more volume than they had.

Start values: rules.md, `price_breakout`: 1.5 times the mean volume, on top of the background's; the range is unknown
when the scenario is written, so that the price moves by more than twenty minutes usually span, out of twenty calm ones.
"""

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.earlier_bars import usual_move
from surveillance.simulation.scenarios.heavy_trading import move, trade_heavily
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

TIMES_MEAN_VOLUME = 1.5
SIGMAS = 1.8
MINUTES = 20.0
LEAN = 0.5
LEAD_NS = 21 * MINUTE
CALM = 0.3


def _break(stage: Stage, volume: float, sigmas: float) -> None:
    side = stage.side()
    trade_heavily(stage, stage.start + SECOND, volume, side * LEAN if sigmas else 0.0)
    if sigmas:
        ticks = sigmas * usual_move(stage.instrument, MINUTES) * stage.instrument.fair_ticks
        stage.keep_up(stage.start + SECOND, stage.start + MINUTE)
        move(stage, stage.start + SECOND, 30 * SECOND, side * ticks)
    else:
        stage.quiet_market(stage.start + MINUTE)
    stage.lasts_until(stage.start + MINUTE)


def break_out(stage: Stage) -> None:
    """The pattern."""
    stage.script.volatility(stage.start - LEAD_NS, stage.start, CALM)
    _break(stage, stage.larger(TIMES_MEAN_VOLUME), stage.larger(SIGMAS))


def trade_within_the_range(stage: Stage) -> None:
    """All but the price."""
    _break(stage, TIMES_MEAN_VOLUME, 0.0)


SCENARIOS = tuple(
    Scenario(
        name,
        expect,
        play,
        MINUTE,
        22 * MINUTE,
        aligned_ns=MINUTE,
        names_orders=False,
        lead_ns=lead_ns,
        fixed_length=True,
    )
    for name, expect, play, lead_ns in (
        ("price_breakout", ALERT, break_out, LEAD_NS),
        ("breakout_of_volume_only", QUIET, trade_within_the_range, 0),
    )
)

"""Price gap: the session opens far from the close of the day before, which daily bars tell.

Start values: rules.md, `price_gap`: max(2 %, 3 σ of overnight moves).
"""

from collections.abc import Sequence

from surveillance.events import MINUTE
from surveillance.simulation.earlier_bars import DAILY_BARS, earlier_days, usual_overnight
from surveillance.simulation.instruments import TICKS_PER_UNIT
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

GAP = 0.02
SMALL_GAP = 0.011
RESTLESS_GAP = 0.027
RESTLESS_MOVES = (0.0125, 0.0155)
SPLIT = 2.0


def _open_away(stage: Stage, ratio: float, overnight: Sequence[float]) -> None:
    opened = stage.instrument.fair_ticks / TICKS_PER_UNIT
    close = round(opened / ratio * TICKS_PER_UNIT) / TICKS_PER_UNIT
    stage.previous_close = close
    stage.events += earlier_days(stage.instrument, close, overnight, stage.chance)
    stage.lasts_until(stage.start + MINUTE)


def gap(stage: Stage) -> None:
    """The pattern."""
    _open_away(stage, 1.0 + stage.side() * stage.larger(GAP), usual_overnight(stage.chance))


def gap_a_little(stage: Stage) -> None:
    """All but the size."""
    _open_away(stage, 1.0 + stage.side() * SMALL_GAP, usual_overnight(stage.chance))


def gap_as_usual(stage: Stage) -> None:
    """All but the distance from what is usual: this instrument moves so every night."""
    moves = [stage.side() * stage.between(*RESTLESS_MOVES) for _ in range(DAILY_BARS)]
    _open_away(stage, 1.0 + stage.side() * RESTLESS_GAP, moves)


def split(stage: Stage) -> None:
    """All but a move: two shares for one."""
    _open_away(stage, (1.0 + stage.side() * 0.003) / SPLIT, usual_overnight(stage.chance))


SCENARIOS = (
    Scenario("price_gap", ALERT, gap, 2 * MINUTE, names_orders=False, at_open=True, past="days", fixed_length=True),
    Scenario(
        "price_gap_small",
        QUIET,
        gap_a_little,
        2 * MINUTE,
        names_orders=False,
        at_open=True,
        past="days",
        fixed_length=True,
    ),
    Scenario(
        "price_gap_as_usual",
        QUIET,
        gap_as_usual,
        2 * MINUTE,
        names_orders=False,
        at_open=True,
        past="days",
        fixed_length=True,
    ),
    Scenario(
        "price_gap_by_split", QUIET, split, 2 * MINUTE, names_orders=False, at_open=True, past="days", fixed_length=True
    ),
)

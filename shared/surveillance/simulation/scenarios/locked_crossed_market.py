"""Locked or crossed market: another venue bids through what the simulated one asks, and stays there.

Start value: rules.md, `locked_crossed_market`: both quotes fresh, for 1 s.
"""

from surveillance.events import SECOND
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage
from surveillance.simulation.venues import Departure, Row, Tape, follow

LASTS_NS = 1.0 * SECOND
THROUGH_TICKS = 2
BEFORE_NS, AFTER_NS = 20 * SECOND, 5 * SECOND
SILENT_NS = 8 * SECOND
DRIFT = 0.0015


def _cross(stage: Stage, lasts_ns: int) -> None:
    start, end = stage.start, stage.start + lasts_ns

    def later(tape: Tape) -> list[Row]:
        asks = tape.quoted(start - SECOND // 5, end)[1]
        bid = int(asks.max()) + THROUGH_TICKS
        return follow(tape, start - BEFORE_NS, end + AFTER_NS, [Departure(start, end, bid, bid + 3)])

    stage.later.append(later)
    stage.lasts_until(end)


def cross(stage: Stage) -> None:
    """The pattern."""
    _cross(stage, round(stage.larger(LASTS_NS)))


def cross_for_a_moment(stage: Stage) -> None:
    """All but the time: a quarter of a second."""
    _cross(stage, 250 * MILLISECOND)


def cross_a_silent_venue(stage: Stage) -> None:
    """All but fresh: the market moves through the quote of a venue that has fallen silent."""
    stage.script.volatility(stage.start - SECOND, stage.start + 2 * SILENT_NS, 0.0)
    moves = stage.start + SILENT_NS
    ticks = max(4.0, DRIFT * stage.instrument.fair_ticks)
    stage.script.drift(moves, moves + 4 * SECOND, -ticks)
    end = moves + 9 * SECOND

    def later(tape: Tape) -> list[Row]:
        bids, asks = tape.quoted(stage.start, stage.start)
        bid, ask = int(bids[-1]), int(asks[-1])
        return follow(tape, stage.start - BEFORE_NS, end, [Departure(stage.start, end, bid, ask, silent=True)])

    stage.later.append(later)
    stage.lasts_until(end)


SCENARIOS = (
    Scenario("locked_crossed_market", ALERT, cross, 2 * SECOND, names_orders=False),
    Scenario("crossed_for_a_moment", QUIET, cross_for_a_moment, 2 * SECOND, names_orders=False),
    Scenario("crossed_silent_venue", QUIET, cross_a_silent_venue, 20 * SECOND, names_orders=False),
)

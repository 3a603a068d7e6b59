"""Stub quote: another venue keeps up a two-sided quote far away from the market.

Start values: rules.md, `stub_quote`: 8 % from the best prices, 20 % within 15 minutes of the open and 25 of the close.
"""

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage
from surveillance.simulation.venues import Departure, Row, Tape, follow

BAND, EDGE_BAND = 0.08, 0.20
OPENING_NS, CLOSING_NS = 15 * MINUTE, 25 * MINUTE
LASTS_NS = 3 * SECOND
BEFORE_NS, AFTER_NS = 10 * SECOND, 5 * SECOND
NEAR = 0.55
"""Share of the band that the near miss keeps."""


def _band(stage: Stage) -> float:
    edge = stage.start - stage.instrument.opens_at < OPENING_NS or stage.instrument.closes_at - stage.start < CLOSING_NS
    return EDGE_BAND if edge else BAND


def _quote_away(stage: Stage, below: float, above: float) -> None:
    """Show a bid so far below and an ask so far above the best ones; an `above` of 0 leaves the side empty."""
    start, end = stage.start, stage.start + LASTS_NS

    def later(tape: Tape) -> list[Row]:
        bids, asks = tape.quoted(start, start)
        bid, ask = int(bids[-1] * (1 - below)), int(asks[-1] * (1 + above)) if above else 0
        return follow(tape, start - BEFORE_NS, end + AFTER_NS, [Departure(start, end, bid, ask)])

    stage.later.append(later)
    stage.lasts_until(end)


def quote_away(stage: Stage) -> None:
    """The pattern."""
    away = stage.share(_band(stage), 0.95)
    _quote_away(stage, away, away)


def quote_rather_far(stage: Stage) -> None:
    """All but the distance."""
    _quote_away(stage, NEAR * _band(stage), NEAR * _band(stage))


def quote_one_side_away(stage: Stage) -> None:
    """All but two sides."""
    _quote_away(stage, 1.2 * _band(stage), 0.0)


SCENARIOS = (
    Scenario("stub_quote", ALERT, quote_away, 4 * SECOND, names_orders=False),
    Scenario("stub_quote_near", QUIET, quote_rather_far, 4 * SECOND, names_orders=False),
    Scenario("stub_quote_one_sided", QUIET, quote_one_side_away, 4 * SECOND, names_orders=False),
)

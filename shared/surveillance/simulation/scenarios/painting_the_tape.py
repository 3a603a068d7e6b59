"""Painting the tape: many small prints at even intervals, and hardly a position in the end.

Start values: rules.md, `painting_the_tape`: ten prints within 15 minutes, as small as they come, gaps that vary by less
than half.
"""

from surveillance.events import SECOND
from surveillance.simulation.script import at_market, at_opposite, inside, shares
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

PRINTS = 10.0
APART_NS = 20 * SECOND
LONGEST_NS = 270 * SECOND
UNEVEN = 0.3
"""Each gap lies within this share of the mean gap."""
LARGE = (2.0, 3.5, 6.0)
"""Times the usual size, in turn."""


def _paint(stage: Stage, accounts: list[int], count: int, gap_ns: float) -> None:
    side, at = stage.side(), stage.start
    for number in range(count):
        account = accounts[number % len(accounts)]
        stage.script.enter(at, account, side if number % 2 == 0 else -side, at_market(), shares(_smallest(stage)))
        at += round(gap_ns * stage.between(1.0 - UNEVEN, 1.0 + UNEVEN))


def _gap(stage: Stage) -> float:
    return stage.shorter(APART_NS) * stage.between(0.6, 1.2)


def _smallest(stage: Stage) -> float:
    return float(stage.instrument.lot_size)


def paint(stage: Stage) -> None:
    """The pattern, by one account or by two of one owner in turn."""
    (accounts,) = stage.owners(1, accounts=2 if stage.chance.random() < 0.5 else 1)
    _paint(stage, accounts[:2], stage.count(PRINTS), _gap(stage))


def paint_at_random(stage: Stage) -> None:
    """All but the even gaps: as often, but at random times; first one way, then back, which is no round trip."""
    ((account, *_),) = stage.owners(1)
    side, at = stage.side(), stage.start
    for number in range(round(PRINTS)):
        own = side if number < round(PRINTS) // 2 else -side
        stage.script.enter(at, account, own, at_market(), shares(_smallest(stage)))
        burst = number % 3 == 0
        at += round(APART_NS * (stage.between(1.8, 2.6) if burst else stage.between(0.05, 0.5)))


def paint_one_way(stage: Stage) -> None:
    """All but the sides: a parent order is sliced by the clock, and a position is left."""
    ((account, *_),) = stage.owners(1)
    side, gap_ns, at = stage.side(), _gap(stage), stage.start
    for _ in range(round(PRINTS) + 2):
        stage.script.enter(at, account, side, at_opposite(), shares(_smallest(stage)), immediate=True)
        at += round(gap_ns * stage.between(1.0 - UNEVEN, 1.0 + UNEVEN))


def paint_largely(stage: Stage) -> None:
    """All but the size: each print is many times the usual; none undoes the one before it."""
    ((account, *_),) = stage.owners(1)
    side, gap_ns, at = stage.side(), _gap(stage), stage.start
    for number in range(round(PRINTS)):
        size = shares(stage.usual(LARGE[number % len(LARGE)] * stage.between(0.9, 1.1)))
        stage.script.enter(at, account, side if number % 2 == 0 else -side, at_market(), size)
        at += round(gap_ns * stage.between(1.0 - UNEVEN, 1.0 + UNEVEN))


def paint_briefly(stage: Stage) -> None:
    """All but the number: four prints."""
    ((account, *_),) = stage.owners(1)
    _paint(stage, [account], 4, _gap(stage))


def paint_patiently(stage: Stage) -> None:
    """All but the taking: small orders on both sides by the clock wait for others to trade with them."""
    ((account, *_),) = stage.owners(1)
    side, gap_ns, at = stage.side(), _gap(stage), stage.start
    for number in range(round(PRINTS) + 2):
        own = side if number % 2 == 0 else -side
        stage.script.enter(at, account, own, inside(), shares(_smallest(stage)), post_only=True, life_ns=round(gap_ns))
        at += round(gap_ns * stage.between(1.0 - UNEVEN, 1.0 + UNEVEN))


SCENARIOS = (
    Scenario("painting_the_tape", ALERT, paint, LONGEST_NS),
    Scenario("painting_the_tape_at_random", QUIET, paint_at_random, LONGEST_NS),
    Scenario("painting_the_tape_one_way", QUIET, paint_one_way, LONGEST_NS + LONGEST_NS // 4),
    Scenario("painting_the_tape_largely", QUIET, paint_largely, LONGEST_NS),
    Scenario("painting_the_tape_briefly", QUIET, paint_briefly, LONGEST_NS),
    Scenario("painting_the_tape_patiently", QUIET, paint_patiently, LONGEST_NS + LONGEST_NS // 4),
)

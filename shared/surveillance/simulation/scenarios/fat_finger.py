"""Fat finger: one order trades far from the market, or is far larger than any other.

Start values: rules.md, `fat_finger`: 10 % from the mid up to a price of 25, 5 % up to 50, 3 % above, or ten times the
99th percentile of sizes. A forgotten order waits where the mistaken one ends, so that the book is swept up to there.
"""

from math import exp

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.kernels.agents import SIZE_SPREAD
from surveillance.simulation.script import ANY_CLIENT, at_market, behind_best, reaching, shares
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

BANDS = ((25.0, 0.10), (50.0, 0.05), (float("inf"), 0.03))
TIMES_LARGE_SIZE = 10.0
LARGE_TIMES_USUAL = exp(2.326 * SIZE_SPREAD)
"""The 99th percentile of the background's log-normal sizes, in usual sizes."""
NEARLY = 1.03
"""The price may move so much until the scenario plays; at the border of two bands the wider one holds."""
LONGEST_NS = 20 * SECOND
EARLIEST_NS = 10 * MINUTE


def _band_ticks(stage: Stage) -> float:
    """How far from the mid the band of the instrument's price reaches."""
    ticks = stage.instrument.fair_ticks
    price = ticks * stage.instrument.tick_size
    return next(share for limit, share in BANDS if price / NEARLY <= limit) * ticks


def _trade_away(stage: Stage, ticks: float, thin: bool = False) -> None:
    """Sell, or buy, down to a forgotten order so far away."""
    account, _ = stage.trader()
    side = stage.side()
    script = stage.script
    usual = stage.usual(2.0)
    forgotten = script.enter(
        stage.start, ANY_CLIENT, -side, behind_best(round(ticks)), shares(usual), post_only=True, tagged=False
    )
    at = stage.start + round(stage.between(1.0, 3.0) * SECOND)
    if thin:
        script.scatter(at - 450 * MILLISECOND, 400 * MILLISECOND, 0.95)
    script.enter(at, account, side, at_market(), reaching(forgotten, stage.between(0.3, 1.0)))
    script.cancel(forgotten, at + 5 * SECOND)


def _trade_too_much(stage: Stage, times_large: float) -> None:
    """Trade too much at once; what others show would not do, so a large client waits a little behind the best price."""
    account, _ = stage.trader()
    side = stage.side()
    script = stage.script
    size = stage.usual(times_large * LARGE_TIMES_USUAL)
    at = stage.start + round(stage.between(1.0, 2.0) * SECOND)
    behind = 2 + round(3.0 * stage.instrument.half_spread_ticks)
    resting = script.enter(
        at - 50 * MILLISECOND, ANY_CLIENT, -side, behind_best(behind), shares(size), post_only=True, tagged=False
    )
    script.enter(at, account, side, at_market(), shares(size))
    script.cancel(resting, at + 2 * SECOND)


def slip(stage: Stage) -> None:
    """The pattern: a price or a size that nobody can have meant."""
    if stage.chance.random() < 0.5:
        _trade_away(stage, stage.larger(1.0) * _band_ticks(stage))
    else:
        _trade_too_much(stage, stage.larger(TIMES_LARGE_SIZE))


def trade_within_band(stage: Stage) -> None:
    """All but the distance: two fifths of the band, in a book that is thin enough for a usual size to reach."""
    _trade_away(stage, 0.4 * _band_ticks(stage), thin=True)


def trade_much(stage: Stage) -> None:
    """All but the size: three times the 99th percentile."""
    _trade_too_much(stage, 0.3 * TIMES_LARGE_SIZE)


def run_far(stage: Stage) -> None:
    """All but the moment: the price goes as far, but takes 15 s for it, and trades all the way."""
    ticks = stage.side() * 1.2 * _band_ticks(stage)
    side = 1 if ticks > 0 else -1
    until = stage.start + 15 * SECOND
    stage.script.drift(stage.start, until, ticks)
    stage.script.pressure(stage.start, until, float(side))
    stage.keep_up(stage.start, until)
    stage.script.enter(
        stage.start,
        ANY_CLIENT,
        side,
        at_market(),
        shares(stage.usual(1.5)),
        times=75,
        every_ns=SECOND // 5,
        jitter_ns=SECOND // 10,
    )


SCENARIOS = (
    Scenario("fat_finger", ALERT, slip, LONGEST_NS, EARLIEST_NS),
    Scenario("fat_finger_within_band", QUIET, trade_within_band, LONGEST_NS, EARLIEST_NS),
    Scenario("fat_finger_not_so_large", QUIET, trade_much, LONGEST_NS, EARLIEST_NS),
    Scenario("fat_finger_in_a_fast_market", QUIET, run_far, LONGEST_NS, EARLIEST_NS),
)

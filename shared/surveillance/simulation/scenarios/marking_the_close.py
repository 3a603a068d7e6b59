"""Marking the close: one owner makes much of the last minutes' trading and moves the closing price.

Start values: rules.md, `marking_the_close`: 40 % of the volume of the last five minutes, a move of 2.5 standard
deviations. The case of Athena: more than 70 % of the volume of the last two seconds.
"""

from collections.abc import Callable
from math import sqrt

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.earlier_bars import usual_volume
from surveillance.simulation.script import at_opposite, of_bar_volume, of_opposite_best
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

SHARE = 0.4
WINDOW_NS = 5 * MINUTE
PUSH = 2.5
"""In standard deviations of fair value over the time it takes."""
ATHENA_NS = 2 * SECOND
GIVES_WAY_NS = 200 * MILLISECOND
LIVELY = 2.0
"""The background is busier by this; so much the less waits to be taken as the mid keeps up with fair value."""
BUSIER = 1.2
"""How much more is traded at the close than before it."""
EVERY_NS = 10 * SECOND
FEWEST = 6
"""Slices of at least a round lot; in a thin market a small share is not more than these."""
CALM = 0.4
LAST_NS = 100 * MILLISECOND
EARLIEST_NS = 21 * MINUTE


def _work(stage: Stage, accounts: tuple[int, ...], side: int, share: float, start: int, lasts_ns: int) -> None:
    """Have each account take its part of this share of all that trades, evenly."""
    minutes = BUSIER * share / (1.0 - share) * lasts_ns / MINUTE
    lots = int(minutes * usual_volume(stage.instrument) / stage.instrument.lot_size)
    slices = min(max(10, lasts_ns // EVERY_NS), max(FEWEST, lots))
    size = of_bar_volume(minutes / slices)
    every_ns = lasts_ns // slices
    for place, account in enumerate(accounts):
        mine = slices // len(accounts)
        stage.script.enter(
            start + place * every_ns,
            account,
            side,
            at_opposite(2),
            size,
            immediate=True,
            times=mine,
            every_ns=every_ns * len(accounts),
            jitter_ns=every_ns // 2,
        )


def _push(stage: Stage, side: int, sigmas: float, start: int, lasts_ns: int) -> None:
    ticks = sigmas * stage.instrument.ticks_per_root_second * sqrt(lasts_ns / SECOND)
    stage.script.volatility(start, start + lasts_ns, CALM)
    stage.keep_up(start, start + lasts_ns)
    stage.script.intensity(start, start + lasts_ns, LIVELY)
    stage.script.drift(start, start + lasts_ns, side * ticks)


def mark(stage: Stage) -> None:
    """The pattern: through one account, or two of one owner."""
    group = tuple(dict.fromkeys(stage.trader(second_account=0.3)))
    side = stage.side()
    start = max(stage.latest_end - stage.shorter(WINDOW_NS), stage.start)
    lasts_ns = stage.latest_end - LAST_NS - start
    _work(stage, group, side, stage.share(SHARE, bound=0.8), start, lasts_ns)
    _push(stage, side, stage.larger(PUSH), start, lasts_ns)


def mark_in_two_seconds(stage: Stage) -> None:
    """The case of Athena: nearly all of the last two seconds, and the price with it."""
    account, _ = stage.trader()
    side = stage.side()
    script = stage.script
    start = stage.latest_end - ATHENA_NS
    script.enter(
        start + LAST_NS,
        account,
        side,
        at_opposite(round(4 + 2 * stage.instrument.half_spread_ticks)),
        of_opposite_best(1.2),
        immediate=True,
        times=8,
        every_ns=(ATHENA_NS - 2 * LAST_NS) // 8,
    )
    script.accept(start)
    script.concede(start, start + ATHENA_NS, GIVES_WAY_NS)
    script.drift(start, start + ATHENA_NS, side * max(3.0, 2.0 * stage.instrument.ticks_per_root_second))


def _mark_but(stage: Stage, *, share: float = SHARE, push: float = PUSH, owners: int = 1) -> None:
    """The pattern at its start values but for what is given."""
    accounts = tuple(stage.trader()[0] for _ in range(owners))
    side = stage.side()
    lasts_ns = WINDOW_NS - LAST_NS
    start = stage.latest_end - WINDOW_NS
    for account in accounts:
        _work(stage, (account,), side, share / owners, start, lasts_ns)
    _push(stage, side, push, start, lasts_ns)


def trade_much_without_moving(stage: Stage) -> None:
    """All but the push: sellers hold the price."""
    _mark_but(stage, push=-PUSH)


def trade_little_at_the_close(stage: Stage) -> None:
    """All but the share: a twentieth of the volume, while the price moves."""
    _mark_but(stage, share=SHARE / 8.0)


def rebalance_an_index(stage: Stage) -> None:
    """All but the one owner: ten funds that follow an index buy at the close, each its part."""
    _mark_but(stage, share=0.6, owners=10)


def _at_close(name: str, expect: str, play: Callable[[Stage], None], pattern: str = "") -> Scenario:
    longest_ns = WINDOW_NS + 30 * SECOND
    return Scenario(name, expect, play, longest_ns, EARLIEST_NS, at_close=True, pattern=pattern)


SCENARIOS = (
    _at_close("marking_the_close", ALERT, mark),
    _at_close("marking_the_close_athena", ALERT, mark_in_two_seconds, "marking_the_close"),
    _at_close("close_without_push", QUIET, trade_much_without_moving),
    _at_close("close_with_small_share", QUIET, trade_little_at_the_close),
    _at_close("index_rebalance", QUIET, rebalance_an_index),
)

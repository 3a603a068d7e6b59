"""Momentum ignition: sweeps through the book set off a move, the one who sent them sells to those who follow.

Start values: rules.md, `momentum_ignition`: out of a flat market 38 bp and three standard deviations in 1.5 minutes,
through three levels a sweep, nine tenths of the aggressive volume on one side, at least half of the move given back.
"""

from math import sqrt

from surveillance.events import SECOND
from surveillance.simulation.script import (
    ANY_CLIENT,
    at_market,
    at_opposite,
    executed_of,
    of_opposite_best,
    shares,
)
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

MOVE = 0.0038
SIGMAS = 3.0
IGNITES_NS = 90.0 * SECOND
LEVELS = 3.0
SWEEPS = 4
"""Fewer than make a ramp."""
RETRACES = (1.0, 1.3)
THINS, MOST_THINS = 0.6, 0.9
THINS_NS = 2 * SECOND
"""So much of a full book is withdrawn before a sweep: those who wait shy away from the one before."""
FULL_BOOK = 200
"""Orders; of a book with fewer less is withdrawn, and its levels are further apart."""
EXITS_NS = 10 * SECOND
EXIT_SHARE = 0.5
EXITS_NEAR = 0.2
"""So much of the move the exits may give back."""
OWN_PUSH = 0.15
"""Share of the move that the sweeps make themselves."""
SWEPT = 1.2
"""What a sweep takes beyond the best price, a level: so much of what stands there."""
RETRACES_NS = 40 * SECOND
HURRIES_NS = SECOND / 2
"""Who has followed is in more of a hurry to get out."""
TREND_NS = 80 * SECOND
"""Of a market that is not flat: it takes so long to get where its price then stands."""
CALM_NS = 150 * SECOND
"""How long before it fair value hardly moves, so that the price has come to rest there."""
CALM = 0.2
FOLLOWS_NS = 10 * SECOND
LONGEST_NS = 160 * SECOND


def _ignite(
    stage: Stage,
    *,
    move: float,
    sigmas: float,
    lasts_ns: int,
    levels: int,
    exits: bool = True,
    retraces: bool = True,
    sweeps: bool = True,
    flat: bool = True,
    followed: bool = True,
) -> None:
    """Play the pattern but for what is not to happen."""
    account, other = stage.trader(second_account=0.2)
    side = stage.side()
    script = stage.script
    start = stage.start
    deviation = stage.instrument.ticks_per_root_second * sqrt(lasts_ns / SECOND)
    ticks = side * max(move * stage.instrument.fair_ticks, sigmas * deviation)
    through = levels - 1 + round(0.3 * levels * stage.instrument.half_spread_ticks)
    full = stage.instrument.resting_orders / FULL_BOOK
    extreme = start + lasts_ns
    settles = extreme + EXITS_NS
    script.accept(start - CALM_NS)
    script.volatility(start - CALM_NS, settles + 2 * RETRACES_NS, CALM)
    if not flat:
        script.drift(start - TREND_NS, start - SECOND, 2.0 * ticks)
        script.pressure(start - TREND_NS, start - SECOND, side)
        stage.keep_up(start - TREND_NS, start - SECOND)
        script.accept(start - SECOND)
        parts = TREND_NS // FOLLOWS_NS
        for number in range(parts):
            at, reach = start - TREND_NS + number * FOLLOWS_NS, at_opposite(round(2.0 * abs(ticks) / parts))
            script.enter(at, ANY_CLIENT, side, reach, shares(stage.usual(40.0)), immediate=True, tagged=False)
    script.drift(start, extreme, (1.0 - OWN_PUSH) * ticks)
    stage.keep_up(start, extreme)
    script.pressure(start, extreme + EXITS_NS, side if followed else -0.95 * side)
    taken = []
    for place in range(SWEEPS):
        at = start + place * lasts_ns // SWEEPS
        if sweeps:
            script.scatter(at - THINS_NS, THINS_NS, min(THINS * full, MOST_THINS))
            size, price = of_opposite_best(1.0 + SWEPT * levels), at_opposite(round(through / full))
        else:
            size, price = shares(stage.usual(0.5)), at_opposite()
        taken.append(script.enter(at, account, side, price, size, immediate=True))
        if not followed:
            script.enter(at + SECOND, ANY_CLIENT, -side, at_market(), executed_of(taken[-1], 0.4), tagged=False)
    if exits:
        near = at_opposite(max(2, round(EXITS_NEAR * abs(ticks))))
        for place, order in enumerate(taken):
            at = extreme + place * EXITS_NS // SWEEPS
            script.enter(at, other, -side, near, executed_of(order, EXIT_SHARE), immediate=True)
    script.accept(settles)
    if retraces:
        script.drift(settles, settles + RETRACES_NS, -stage.between(*RETRACES) * ticks)
        stage.keep_up(settles, settles + RETRACES_NS, HURRIES_NS)
        script.pressure(settles, settles + RETRACES_NS, -0.8 * side)


def ignite(stage: Stage) -> None:
    """The pattern."""
    _ignite(
        stage,
        move=stage.larger(MOVE),
        sigmas=stage.larger(SIGMAS),
        lasts_ns=stage.shorter(IGNITES_NS),
        levels=stage.count(LEVELS, at_least=2),
    )


def _but(stage: Stage, **lacks: bool) -> None:
    _ignite(stage, move=MOVE, sigmas=SIGMAS, lasts_ns=round(IGNITES_NS), levels=round(LEVELS), **lacks)


def ignite_and_keep(stage: Stage) -> None:
    """All but the exit: whoever moved the price wanted the shares."""
    _but(stage, exits=False)


def ignite_for_good(stage: Stage) -> None:
    """All but the retrace: the price stays where it has come to."""
    _but(stage, retraces=False)


def ignite_in_slices(stage: Stage) -> None:
    """All but the sweeps: small slices at the best price, while the market moves by itself."""
    _but(stage, sweeps=False)


def ignite_in_a_trend(stage: Stage) -> None:
    """All but the flat market: in the minute before, the price went twice as far."""
    _but(stage, flat=False)


def ignite_against_the_flow(stage: Stage) -> None:
    """All but the one-sidedness: others sell as much as is bought."""
    _but(stage, followed=False)


SCENARIOS = tuple(
    Scenario(name, expect, play, longest_ns, lead_ns=CALM_NS)
    for name, expect, play, longest_ns in (
        ("momentum_ignition", ALERT, ignite, LONGEST_NS),
        ("momentum_ignition_that_keeps", QUIET, ignite_and_keep, LONGEST_NS),
        ("momentum_ignition_for_good", QUIET, ignite_for_good, LONGEST_NS + 60 * SECOND),
        ("momentum_ignition_in_slices", QUIET, ignite_in_slices, LONGEST_NS),
        ("momentum_ignition_in_a_trend", QUIET, ignite_in_a_trend, LONGEST_NS),
        ("momentum_ignition_against_the_flow", QUIET, ignite_against_the_flow, LONGEST_NS),
    )
)

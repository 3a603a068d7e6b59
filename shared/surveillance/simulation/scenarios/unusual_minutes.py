"""What makes minutes unlike those before, for the statistical patterns; none of it is another pattern by itself."""

from collections.abc import Callable

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.script import ANY_CLIENT, at_market, behind_best, of_bar_volume, shares
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

LASTS_NS = 2 * MINUTE
"""A whole minute lies in it wherever it starts."""
EARLIEST_NS = 33 * MINUTE
"""Ten whole minutes make what is usual known, twenty more what a minute usually looks like."""
PLACES = (1, 2, 3, 5)
LIFE_NS = 20 * SECOND
SWING_NS = 20 * SECOND


def enter_more(stage: Stage, share: float, times_size: float, sides: tuple[int, ...]) -> None:
    """Have clients enter so many orders more, of so many times the usual size, behind the best prices."""
    every_ns = round(len(PLACES) * SECOND / (share * stage.instrument.orders_per_second))
    for number, place in enumerate(PLACES):
        stage.script.enter(
            stage.start + number * every_ns // len(PLACES),
            ANY_CLIENT,
            sides[number % len(sides)],
            behind_best(place),
            shares(stage.usual(times_size)),
            times=max(LASTS_NS // every_ns, 1),
            every_ns=every_ns,
            jitter_ns=every_ns // 2,
            life_ns=LIFE_NS,
            post_only=True,
        )


def swing(stage: Stage, times_usual: float, times_volume: float) -> None:
    """Let fair value swing to and fro by so many times what it usually moves in a minute.

    Clients push it, buying and selling by turns so many times what usually trades.
    """
    ticks = times_usual * stage.instrument.ticks_per_root_second * 60**0.5
    pushes = round(min(max(stage.instrument.orders_per_second, 4), 40))
    side = stage.side()
    for number, at in enumerate(range(stage.start, stage.start + LASTS_NS, SWING_NS)):
        stage.script.drift(at, at + SWING_NS, side * ticks * (0.5 if number == 0 else 1.0))
        stage.script.enter(
            at,
            ANY_CLIENT,
            side,
            at_market(),
            of_bar_volume(times_volume * SWING_NS / MINUTE / pushes),
            times=pushes,
            every_ns=SWING_NS // pushes,
            jitter_ns=SWING_NS // pushes // 2,
        )
        side = -side


def scenarios(*played: tuple[str, Callable[[Stage], None]]) -> tuple[Scenario, ...]:
    """Declare a pattern and, after it, its near misses."""
    return tuple(
        Scenario(
            name,
            QUIET if place else ALERT,
            play,
            LASTS_NS,
            earliest_ns=EARLIEST_NS,
            names_orders=False,
            fixed_length=True,
        )
        for place, (name, play) in enumerate(played)
    )

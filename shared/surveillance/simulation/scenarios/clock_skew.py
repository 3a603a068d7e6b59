"""Clock skew: what the feed sends is stamped seconds away from the ingester's clock.

Start value: 5 s, from where on the ingester says `skewed`.
"""

from collections.abc import Callable

from surveillance.events import EVERYTHING, MINUTE, SECOND
from surveillance.simulation.instruments import CHANNEL
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

SKEW_NS = 5.0 * SECOND
INTO_THE_MINUTE_NS = 10 * SECOND
"""So that the ingester's clock, which is ahead, closes no minute that still has trades to come."""


def _say_skewed(stage: Stage, skew_ns: int) -> None:
    stamped = stage.start + INTO_THE_MINUTE_NS
    fixed = {"type": "status", "symbol": EVERYTHING, "channel": CHANNEL, "state": "skewed"}
    stage.events.append({**fixed, "ts": stamped + skew_ns, "since_ts": stamped})
    stage.start = stamped
    stage.lasts_until(stamped + skew_ns)


def skew(stage: Stage) -> None:
    """The pattern."""
    _say_skewed(stage, round(stage.larger(SKEW_NS)))


def skew_a_little(stage: Stage) -> None:
    """All but the size."""
    _say_skewed(stage, 400 * MILLISECOND)


def _scenario(name: str, expect: str, play: Callable[[Stage], None]) -> Scenario:
    return Scenario(
        name,
        expect,
        play,
        20 * SECOND,
        aligned_ns=MINUTE,
        names_orders=False,
        whole_feed=True,
        fixed_length=True,
        only_said=True,
    )


SCENARIOS = (_scenario("clock_skew", ALERT, skew), _scenario("clock_skew_small", QUIET, skew_a_little))

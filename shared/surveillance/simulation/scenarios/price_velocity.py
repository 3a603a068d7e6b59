"""Price velocity: the price runs away within seconds.

Start values: rules.md, `price_velocity`: half a percent of the previous close within 5 s. Fair value moves, patient
orders are pulled, and clients sweep what stands in the way.
"""

from surveillance.events import SECOND
from surveillance.simulation.script import ANY_CLIENT, at_market, at_price_of, behind_best, reaching, shares
from surveillance.simulation.stage import ALERT, MILLISECOND, Scenario, Stage

SHARE_OF_PREVIOUS_CLOSE = 0.005
WITHIN_NS = 5 * SECOND
SWEEP_NS = 100 * MILLISECOND


def run_away(stage: Stage) -> None:
    """The pattern: an order that waits so far away is where it ends, however busy the market is."""
    direction = stage.side()
    ticks = stage.larger(SHARE_OF_PREVIOUS_CLOSE) * stage.instrument.previous_close_ticks
    moves_ns = round(stage.between(0.5, 0.7) * WITHIN_NS)
    settles_ns = round(0.2 * WITHIN_NS)
    script = stage.script
    far = script.enter(
        stage.start,
        ANY_CLIENT,
        -direction,
        behind_best(round(ticks)),
        shares(stage.usual(2.0)),
        post_only=True,
        tagged=False,
    )
    script.drift(stage.start, stage.start + moves_ns, direction * ticks)
    for part in range(5):
        script.scatter(stage.start + part * moves_ns // 5, moves_ns // 5, 0.7)
    script.enter(
        stage.start + SWEEP_NS,
        ANY_CLIENT,
        direction,
        at_price_of(far),
        shares(stage.usual(1.5)),
        times=moves_ns // SWEEP_NS,
        every_ns=SWEEP_NS,
        jitter_ns=SWEEP_NS // 2,
        immediate=True,
    )
    end = stage.start + moves_ns + settles_ns
    script.enter(end - SWEEP_NS, ANY_CLIENT, direction, at_market(), reaching(far, 0.5))
    script.cancel(far, end + SECOND)
    stage.lasts_until(end)


SCENARIOS = (Scenario("price_velocity", ALERT, run_away, 5 * SECOND, names_orders=False),)

"""Cross-product spoofing: orders in one instrument that are never meant to trade help a fill in another that moves with
it.

Start values: rules.md, `cross_product_spoofing`: a correlation of .7 and a cancel 4 s after the fill (of at most 5);
`spoofing`: 5 times the usual size, three times the worth of the fill, 10 s. The other instrument moves by four and a
half spreads meanwhile. That the two move together is known from five days of five-minute bars.
"""

from math import copysign

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.script import ANY_CLIENT, Script, at_opposite, at_price_of, behind_best, reaching, shares
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

CORRELATION, MOST_CORRELATION = 0.7, 0.97
TIMES_USUAL_SIZE = 5.0
TIMES_FILL = 3.0
LIFE_NS = 10 * SECOND
LAG_NS = 4 * SECOND
GAIN_SPREADS = 4.5
LONGEST_NS = 50 * SECOND
RETURN_SHARE, COMES_BACK_NS = 0.7, 3 * SECOND
MOST_SWEEPS, SWEEP, PULLED_SHARE = 8, 40.0, 0.25


def _push(script: Script, start: int, until: int, end: int, ticks: float, size: float) -> None:
    """Have others take the other instrument's book that way, hold it there, and let it come back."""
    script.volatility(start, end, 0.0)
    _sweep(script, start, until, ticks, size)
    _sweep(script, end, end + COMES_BACK_NS, -RETURN_SHARE * ticks, size)


def _sweep(script: Script, start: int, until: int, ticks: float, size: float) -> None:
    script.drift(start, until, ticks)
    side, steps = (1 if ticks > 0 else -1), min(max(round(abs(ticks)), 2), MOST_SWEEPS)
    through = -(-round(abs(ticks)) // steps)
    for step in range(steps):
        at = start + step * (until - start) // steps
        script.scatter(at, (until - start) // steps, PULLED_SHARE)
        script.enter(at, ANY_CLIENT, side, at_opposite(through), shares(SWEEP * size), immediate=True, tagged=False)


def _play(
    stage: Stage,
    *,
    times_usual: float,
    correlation: float = CORRELATION,
    correlated: bool = True,
    times_fill: float = TIMES_FILL,
    life_ns: int = LIFE_NS,
    lag_ns: int = LAG_NS,
    gain_spreads: float = GAIN_SPREADS,
    right_side: bool = True,
    own: bool = True,
    filled: bool = False,
    second_account: float = 0.0,
) -> None:
    if correlated:
        other, correlation = stage.companion(correlation)
    else:
        other = stage.stranger()
    there = stage.feed[other.number]
    account, second = stage.trader(second_account)
    if not own:
        second = stage.trader()[0]
    for each in (account, second):
        there.mute(each, stage.start - MINUTE, stage.start + life_ns + MINUTE)
    side = stage.side()
    fill_side = round(-side * copysign(1.0, correlation)) * (1 if right_side else -1)
    lot = stage.instrument.lot_size
    price, other_price = stage.instrument.fair_ticks, other.fair_ticks
    quantity = max(stage.usual(times_usual), times_fill * lot * other_price / price)
    fill = max(quantity * price / (times_fill * other_price) // lot, 1) * lot
    stage.quiet_market(stage.start + life_ns)
    fills_at = stage.start + life_ns - lag_ns
    levels = 1 if filled else int(stage.chance.integers(1, 4))
    distance = 3 + round(stage.between(1.0, 2.0) * stage.instrument.half_spread_ticks)
    stack = [
        stage.script.enter(
            stage.start + place * 20 * MILLISECOND,
            account,
            side,
            behind_best(distance + place),
            shares(-(-quantity // (levels * lot)) * lot),
            post_only=True,
        )
        for place in range(levels)
    ]
    pushes_at, until = stage.start + 100 * MILLISECOND, fills_at - (fills_at - stage.start) // 4
    ticks = -fill_side * gain_spreads * 2 * other.half_spread_ticks
    if gain_spreads:
        _push(there, pushes_at, until, stage.start + life_ns, ticks, stage.usual(1.0))
    else:
        there.volatility(stage.start, stage.start + life_ns, 0.0)
    there.enter(fills_at, second, fill_side, at_opposite(), shares(fill), immediate=True)
    if filled:
        stage.script.enter(
            stage.start + life_ns // 2,
            ANY_CLIENT,
            -side,
            at_price_of(stack[0]),
            reaching(stack[0], 0.5),
            immediate=True,
            tagged=False,
        )
    for place, order in enumerate(stack):
        stage.script.cancel(order, stage.start + life_ns - place * 10 * MILLISECOND)


def spoof_across(stage: Stage) -> None:
    """The pattern."""
    life_ns = stage.shorter(LIFE_NS)
    _play(
        stage,
        correlation=stage.share(CORRELATION, bound=MOST_CORRELATION),
        times_usual=stage.larger(TIMES_USUAL_SIZE),
        times_fill=stage.larger(TIMES_FILL),
        life_ns=life_ns,
        lag_ns=min(stage.shorter(LAG_NS), 8 * life_ns // 10),
        gain_spreads=stage.larger(GAIN_SPREADS),
        second_account=0.2,
    )


def _but(**changed: object) -> object:
    def play(stage: Stage) -> None:
        plain = {"times_usual": TIMES_USUAL_SIZE * stage.between(1.0, 1.2)}
        _play(stage, **(plain | changed))  # type: ignore[arg-type]

    play.__module__ = __name__
    return play


SCENARIOS = (
    Scenario("cross_product_spoofing", ALERT, spoof_across, LONGEST_NS, past="pair"),
    *(
        Scenario(f"cross_product_spoofing_{name}", QUIET, play, LONGEST_NS + 10 * SECOND, past="pair")  # type: ignore[arg-type]
        for name, play in (
            ("uncorrelated", _but(correlated=False)),
            ("other_side", _but(right_side=False)),
            ("usual_size", _but(times_usual=1.0, times_fill=0.3)),
            ("left_standing", _but(life_ns=40 * SECOND)),
            ("late_cancel", _but(life_ns=18 * SECOND, lag_ns=16 * SECOND)),
            ("without_gain", _but(gain_spreads=0.0)),
            ("of_two_owners", _but(own=False)),
            ("that_trades", _but(filled=True)),
        )
    ),
)

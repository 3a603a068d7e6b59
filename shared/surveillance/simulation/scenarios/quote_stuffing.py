"""Quote stuffing: one account enters and cancels far more messages than the instrument usually sees.

Start values: rules.md, `quote_stuffing`: 500 messages a second, or 200 in 25 ms, and 20 standard deviations of the
usual rate, by the second and by the minute; nearly all cancelled, hardly any trade.
"""

from math import sqrt

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.script import ANY_CLIENT, at_price_of, behind_best, inside, reaching, shares
from surveillance.simulation.stage import ALERT, MILLISECOND, QUIET, Scenario, Stage

MESSAGES_PER_SECOND = 500.0
BURST_MESSAGES = 200.0
BURST_NS = 25 * MILLISECOND
DEVIATIONS = 20.0
MESSAGES_PER_ORDER = 2.05
VARIANCE_TO_MEAN = 4.0
VARIANCE_TO_MEAN_PER_RATE = 0.055
"""Of the background's message counts a second, as measured at 3, 25 and 250 orders a second: 3.8, 5.4, 17.6."""


def _deviation(stage: Stage, seconds: float) -> float:
    """Standard deviation of the background's messages in so many seconds."""
    rate = stage.instrument.orders_per_second
    return sqrt(MESSAGES_PER_ORDER * rate * seconds * (VARIANCE_TO_MEAN + VARIANCE_TO_MEAN_PER_RATE * rate))


def _rate(stage: Stage) -> float:
    return max(MESSAGES_PER_SECOND, DEVIATIONS * _deviation(stage, 1.0))


def _messages(stage: Stage) -> float:
    return DEVIATIONS * _deviation(stage, 60.0)


def _flutter(stage: Stage, account: int, messages: float, per_second: float, start: int, life_ns: int = 0) -> None:
    """Enter and cancel at a steady rate, off the best price."""
    every_ns = round(2 * SECOND / per_second)
    stage.script.enter(
        start,
        account,
        stage.side(),
        behind_best(5 + int(stage.chance.integers(10))),
        shares(stage.instrument.lot_size),
        times=max(1, round(messages / 2)),
        every_ns=every_ns,
        jitter_ns=every_ns // 4,
        life_ns=life_ns or max(every_ns // 2, 50_000),
        post_only=True,
    )


def stuff(stage: Stage) -> None:
    """The pattern: steadily, or in bursts."""
    account, _ = stage.trader()
    messages = stage.larger(_messages(stage))
    per_second = stage.larger(_rate(stage))
    if stage.chance.random() < 0.5:
        _flutter(stage, account, messages, per_second, stage.start)
        return
    burst = max(stage.larger(BURST_MESSAGES), 2.0)
    bursts = max(1, round(messages / burst))
    gap_ns = round(burst / per_second * SECOND)
    for place in range(bursts):
        _flutter(stage, account, burst, burst / BURST_NS * SECOND, stage.start + place * gap_ns)


def stuff_slowly(stage: Stage) -> None:
    """All but the rate: a quarter of it; by a market maker, as honest quoting of that pace is."""
    account = stage.maker()
    _flutter(stage, account, _messages(stage) / 2, _rate(stage) / 4.0, stage.start)


def stuff_and_rest(stage: Stage) -> None:
    """All but the cancels: half of the orders stay, for a quarter of a minute and more."""
    account = stage.maker()
    _flutter(stage, account, _messages(stage) * 0.6, _rate(stage) * 0.6, stage.start)
    for part in range(1, 7):
        life_ns = part * MINUTE // 4
        _flutter(stage, account, _messages(stage) * 0.2, _rate(stage) * 0.2, stage.start, life_ns=life_ns)


def stuff_and_trade(stage: Stage) -> None:
    """All but the trades: one message in twenty is an execution of its own."""
    account = stage.maker()
    messages, per_second = 1.2 * _messages(stage), 1.2 * _rate(stage)
    _flutter(stage, account, messages, per_second, stage.start)
    every_ns = round(20 * SECOND / per_second)
    trades = round(messages / 20)
    side, size = stage.side(), shares(2 * trades * stage.instrument.lot_size)
    rests = stage.script.enter(stage.start, account, side, inside(), size, post_only=True, tagged=False)
    stage.script.enter(
        stage.start + MILLISECOND,
        ANY_CLIENT,
        -side,
        at_price_of(rests),
        reaching(rests, 1.0 / trades),
        times=trades,
        every_ns=every_ns,
        immediate=True,
        tagged=False,
    )
    stage.script.cancel(rests, stage.start + round(messages / per_second * SECOND) + SECOND)


def nanex(stage: Stage) -> None:
    """Nanex, 2010: 200 quotes in 25 ms, and only the size flutters."""
    account, _ = stage.trader()
    side = stage.side()
    script = stage.script
    lot = stage.instrument.lot_size
    order = script.enter(stage.start, account, side, behind_best(8), shares(lot), post_only=True)
    every_ns = round(2 * BURST_NS / BURST_MESSAGES)
    for place in range(2):
        script.replace(
            order,
            side,
            at_price_of(order),
            stage.start + MILLISECOND + place * every_ns // 2,
            size=shares((2 - place) * lot),
            times=round(BURST_MESSAGES / 2),
            every_ns=every_ns,
        )
    script.cancel(order, stage.start + 2 * BURST_NS)


SCENARIOS = (
    Scenario("quote_stuffing", ALERT, stuff, 15 * SECOND),
    Scenario("quote_stuffing_slowly", QUIET, stuff_slowly, MINUTE),
    Scenario("quote_stuffing_that_rests", QUIET, stuff_and_rest, 2 * MINUTE),
    Scenario("quote_stuffing_that_trades", QUIET, stuff_and_trade, MINUTE),
    Scenario("nanex", ALERT, nanex, SECOND, pattern="quote_stuffing"),
)

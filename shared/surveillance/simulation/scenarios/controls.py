"""Quiet controls: honest trading that looks like abuse until it is looked at.

A two-sided market maker with many cancels, a hedger who cancels the rest after a partial fill, everybody cancelling on
news.
"""

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.script import ANY_CLIENT, at_price_of, behind_best, filled, inside, reaching, shares
from surveillance.simulation.stage import MILLISECOND, QUIET, Scenario, Stage

HEADLINES = (
    "Chief financial officer to step down at the end of the year",
    "Company updates its outlook for the coming quarter",
    "Supplier reports delay of new product line",
)


def make_markets(stage: Stage) -> None:
    """A market maker quotes both sides for a minute and cancels nearly all of it."""
    account = stage.maker()
    lasts_ns = MINUTE
    for layer in range(3):
        every_ns = round(stage.between(0.15, 0.4) * SECOND)
        size = shares(stage.usual(stage.between(1.0, 2.0)))
        for side in (1, -1):
            stage.script.enter(
                stage.start,
                account,
                side,
                behind_best(layer),
                size,
                times=lasts_ns // every_ns,
                every_ns=every_ns,
                jitter_ns=every_ns // 2,
                life_ns=round(stage.between(0.2, 1.0) * SECOND),
                post_only=True,
            )


def hedge_and_cancel_rest(stage: Stage) -> None:
    """A hedger's larger order is filled in part; what is left is no longer needed and is cancelled."""
    account = stage.hedger()
    side = stage.side()
    script = stage.script
    order = script.enter(stage.start, account, side, inside(), shares(stage.usual(5.0)), post_only=True)
    reacts_ns = round(stage.between(20, 200)) * MILLISECOND
    meets = stage.start + round(stage.between(0.5, 3.0) * SECOND)
    script.cancel(order, when=filled(order), delay_ns=reacts_ns, deadline=stage.start + 20 * SECOND)
    share = stage.between(0.2, 0.6)
    script.enter(meets, ANY_CLIENT, -side, at_price_of(order), reaching(order, share), immediate=True, tagged=False)


def cancel_on_news(stage: Stage) -> None:
    """A story is out: most orders are cancelled at once, the price moves a little, trading is busier for a while."""
    script = stage.script
    direction = stage.side()
    headline = HEADLINES[int(stage.chance.integers(len(HEADLINES)))]
    stage.events.append(
        {
            "type": "news",
            "symbol": stage.instrument.symbol,
            "ts": stage.start,
            "news_id": f"N{stage.start // SECOND}",
            "headline": f"{stage.instrument.symbol}: {headline}",
            "source": "simulated",
            "sentiment": 0.2 * direction,
        }
    )
    script.scatter(stage.start + 50 * MILLISECOND, 800 * MILLISECOND, 0.6)
    script.drift(stage.start, stage.start + 2 * SECOND, direction * 4.0 * stage.instrument.half_spread_ticks)
    script.intensity(stage.start, stage.start + 30 * SECOND, 1.5)
    stage.lasts_until(stage.start + 30 * SECOND)


SCENARIOS = (
    Scenario("market_maker_cancels", QUIET, make_markets, 2 * MINUTE),
    Scenario("hedger_cancels_rest", QUIET, hedge_and_cancel_rest, MINUTE),
    Scenario("mass_cancel_on_news", QUIET, cancel_on_news, MINUTE, names_orders=False),
)

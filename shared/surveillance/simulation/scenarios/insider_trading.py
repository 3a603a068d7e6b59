"""Insider trading: somebody builds a position that is unusual for it, then news makes it profitable.

Start value: rules.md, `insider_trading`: 3 σ of the owner's own days, here of twenty earlier ones, in which everybody's
positions are known from trades. The story moves the price by 5 σ of usual ten minutes.
"""

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.earlier_bars import earlier_sessions, usual_move, usual_volume
from surveillance.simulation.instruments import TICKS_PER_UNIT, VENUE
from surveillance.simulation.scenarios.heavy_trading import move
from surveillance.simulation.script import at_market, shares
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage
from surveillance.simulation.venues import Row

Z = 3.0
NEWS_SIGMAS = 5.0
MINUTES = 10.0
DAYS = 20
POSITION = 0.03
"""Of an hour's volume: what an owner usually has at the end of a day, in the mean."""
SPREAD = 0.6
ORDERS = 40
BUILDS_NS = 20 * MINUTE
LONGEST_NS = 36 * MINUTE


def _usual_position(stage: Stage) -> float:
    return POSITION * 60 * usual_volume(stage.instrument)


def _earlier_days(stage: Stage, account: int, times: float) -> list[Row]:
    """Let every owner trade once a day with another; that of `account` so many times as much as others."""
    rows: list[Row] = []
    names = stage.first_accounts()
    insider = stage.owner_of(account)
    mean = _usual_position(stage)
    for opened in earlier_sessions(stage.instrument.opens_at, DAYS):
        order = [int(owner) for owner in stage.chance.permutation(sorted(names))]
        pairs = [tuple(order[place : place + 2]) for place in range(0, len(order) - 1, 2)]
        for place, (buyer, seller) in enumerate(pairs):
            size = mean * max(0.05, 1.0 + SPREAD * stage.chance.normal())
            size *= times if insider in (buyer, seller) else 1.0
            rows.append(
                {
                    "type": "trade",
                    "symbol": stage.instrument.symbol,
                    "ts": opened + place * SECOND,
                    "venue": VENUE,
                    "price": stage.instrument.previous_close_ticks / TICKS_PER_UNIT,
                    "size": float(max(round(size / stage.instrument.lot_size), 1) * stage.instrument.lot_size),
                    "trade_id": f"H{stage.tag}-{len(rows)}",
                    "buy_account": names[buyer],
                    "sell_account": names[seller],
                }
            )
    return rows


def _build(stage: Stage, account: int, side: int, quantity: float, start: int) -> None:
    lot = stage.instrument.lot_size
    each = max(round(quantity / ORDERS / lot), 1) * lot
    every = BUILDS_NS // ORDERS
    stage.script.enter(
        start, account, side, at_market(), shares(each), times=ORDERS, every_ns=every, jitter_ns=every // 3
    )


def _play(
    stage: Stage,
    *,
    z: float,
    sigmas: float = NEWS_SIGMAS,
    profitable: bool = True,
    times: float = 1.0,
    before: bool = True,
    round_trip: bool = False,
) -> None:
    account, _ = stage.trader()
    stage.needs_history(DAYS)
    stage.events += _earlier_days(stage, account, times)
    rises = stage.side()
    side = rises if profitable else -rises
    quantity = _usual_position(stage) * (1.0 + SPREAD * z)
    published = stage.start + (BUILDS_NS + 2 * MINUTE if before else MINUTE // 2)
    builds = stage.start if before else stage.start + 3 * MINUTE
    _build(stage, account, side, quantity, builds)
    if round_trip:
        _build(stage, account, -side, quantity, builds + 15 * SECOND)
    symbol = stage.instrument.symbol
    stage.events.append(
        {
            "type": "news",
            "symbol": symbol,
            "ts": published,
            "news_id": f"N{published // SECOND}-{stage.tag}",
            "headline": f"{symbol}: {'raises' if rises > 0 else 'lowers'} its forecast",
            "source": "simulated",
            "sentiment": 0.6 * rises,
        }
    )
    ticks = sigmas * usual_move(stage.instrument, MINUTES) * stage.instrument.fair_ticks
    if ticks:
        move(stage, published + 5 * SECOND, 60 * SECOND, rises * ticks)
    stage.script.volatility(published + 2 * MINUTE, published + 12 * MINUTE, 0.5 if ticks else 0.0)
    stage.lasts_until(published)


def trade_ahead_of_news(stage: Stage) -> None:
    """The pattern."""
    _play(stage, z=stage.larger(Z), sigmas=stage.larger(NEWS_SIGMAS))


def trade_other_way(stage: Stage) -> None:
    """All but profitable: the news goes against the position."""
    _play(stage, z=Z, profitable=False)


def trade_as_usual(stage: Stage) -> None:
    """All but the size: as much as on other days."""
    _play(stage, z=0.5)


def trade_much_every_day(stage: Stage) -> None:
    """All but unusual: this owner's positions are as large every day."""
    _play(stage, z=Z, times=3.0)


def trade_after_news(stage: Stage) -> None:
    """All but before: the position is a reaction."""
    _play(stage, z=Z, before=False)


def trade_ahead_of_nothing(stage: Stage) -> None:
    """All but the move: the story leaves the price where it is."""
    _play(stage, z=Z, sigmas=0.0)


def trade_both_ways(stage: Stage) -> None:
    """All but a position: as much is sold as is bought."""
    _play(stage, z=Z, round_trip=True)


SCENARIOS = tuple(
    Scenario(name, expect, play, LONGEST_NS, past="days", fixed_length=True)
    for name, expect, play in (
        ("insider_trading", ALERT, trade_ahead_of_news),
        ("insider_trading_other_way", QUIET, trade_other_way),
        ("insider_trading_usual_size", QUIET, trade_as_usual),
        ("insider_trading_every_day", QUIET, trade_much_every_day),
        ("insider_trading_after_news", QUIET, trade_after_news),
        ("insider_trading_without_move", QUIET, trade_ahead_of_nothing),
        ("insider_trading_both_ways", QUIET, trade_both_ways),
    )
)

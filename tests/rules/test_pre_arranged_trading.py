"""Promise: two owners who meet by appointment again and again are told; each condition alone keeps the rule quiet."""

import pytest

from tests.rules.market import Market, seconds

RULE = "pre_arranged_trading"


def scene(
    count: int = 4,
    apart_ms: float = 30,
    ratio: float = 1.0,
    partners: tuple[str, ...] = ("bob",),
    traded: float = 1.0,
    eve: str = "eve-1",
) -> Market:
    """Among the trades of others, Eve and Bob meet every 20 s."""
    market = Market().book()
    for number in range(40):
        buyer, seller = f"crowd-{number}", f"crowd-{number + 1}"
        market.trade(100.0, 100, trade_id=f"x{number}", buy_account=buyer, sell_account=seller).wait(5000)
    for number in range(count):
        size = 200.0 + 100 * number
        partner = partners[number % len(partners)]
        sell, buy = (f"ask{number}", f"bid{number}") if number % 2 == 0 else (f"bid{number}", f"ask{number}")
        market.new(sell, "sell", 100.0, size, eve).wait(apart_ms).new(buy, "buy", 100.0, size * ratio, partner)
        for name in (sell, buy):
            market.fill(name, 100.0, size * traded, trade_id=f"t{number}")
        market.trade(100.0, size * traded, trade_id=f"t{number}", aggressor="buy").wait(20_000)
    return market


def test_pair_that_meets_by_appointment_is_told() -> None:
    (alert,) = scene().alerts(RULE)
    assert (alert.severity, alert.revision, alert.data_tier) == ("high", 2, 2)
    assert alert.accounts == ["bob", "eve-1"]
    assert alert.trade_ids == ["t0", "t1", "t2", "t3"]
    assert alert.metrics["meetings"] == 4
    assert alert.metrics["volume"] == 200 + 300 + 400 + 500
    assert alert.detected_ts - alert.start_ts == 2 * seconds(20.03)
    assert "Account eve-1 and Account bob met in 4 trades of AAA" in alert.explanation
    assert "entered at most 30 ms apart (threshold 1 s)" in alert.explanation


def test_two_market_makers_meet_all_day() -> None:
    assert scene(eve="maker", partners=("dealer",)).alerts(RULE) == []
    assert len(scene(eve="maker").alerts(RULE)) == 1


@pytest.mark.parametrize(
    "market",
    [
        scene(count=2),
        scene(apart_ms=1001),
        scene(ratio=1.5),
        scene(traded=0.5),
        scene(partners=("bob", "ted", "ann", "joe")),
        scene(partners=("eve-2",)),
    ],
    ids=["twice", "apart", "unequal", "half traded", "strangers", "one owner"],
)
def test_meetings_that_lack_one_thing_are_quiet(market: Market) -> None:
    assert market.alerts(RULE) == []


def test_pair_that_makes_up_the_market_meets_by_chance() -> None:
    market = scene(count=12)
    market.events = [event for event in market.events if not event.get("buy_account")]
    busy = Market()
    busy.ts = market.ts
    for number in range(80):
        size = 100.0
        busy.new(f"m{number}", "sell", 100.0, size, "eve-1").wait(30_000).new(f"n{number}", "buy", 100.0, size, "bob")
        busy.fill(f"m{number}", 100.0, size, trade_id=f"y{number}").fill(
            f"n{number}", 100.0, size, trade_id=f"y{number}"
        )
        busy.trade(100.0, size, trade_id=f"y{number}")
    late = [event | {"ts": event["ts"] + busy.ts - market.events[0]["ts"]} for event in scene(count=3).events[-15:]]
    busy.events += late
    assert busy.alerts(RULE) == []

"""Promise: who trades with himself, or round and round, is told; accidents are low, strangers are quiet."""

import pytest

from tests.rules.market import Market, seconds

RULE = "wash_trading"


def match(market: Market, number: int, seller: str, buyer: str, size: float = 200) -> Market:
    """An order waits at 100, another one takes it."""
    market.new(f"ask{number}", "sell", 100.0, size, seller).wait(20).new(f"bid{number}", "buy", 100.0, size, buyer)
    for name in (f"ask{number}", f"bid{number}"):
        market.fill(name, 100.0, size, trade_id=f"t{number}")
    return market.trade(100.0, size, trade_id=f"t{number}", aggressor="buy").wait(20_000)


def scene(seller: str = "eve-1", buyer: str = "eve-2", count: int = 3) -> Market:
    market = Market().book()
    for number in range(count):
        match(market, number, seller, buyer)
    return market


def test_accounts_linked_only_by_owner_are_found_and_told() -> None:
    (alert,) = scene().alerts(RULE)
    assert (alert.severity, alert.revision, alert.data_tier) == ("critical", 3, 3)
    assert alert.accounts == ["eve-1", "eve-2"]
    assert alert.order_ids == ["bid0", "ask0", "bid1", "ask1", "bid2", "ask2"]
    assert alert.trade_ids == ["t0", "t1", "t2"]
    assert alert.metrics == {"self_matches": 3, "volume": 600}
    assert alert.end_ts - alert.start_ts == 2 * seconds(20.02)
    lines = alert.explanation.splitlines()
    assert "Account eve-2 and Account eve-1, which have the same beneficial owner" in lines[0]
    assert "200 AAA at 100" in lines[0]
    assert "number 3 of such trades within 600 s, 600 in all (a pattern from 3 on)" in lines[1]


def test_same_account_on_both_sides_is_found_without_reference_data() -> None:
    (alert,) = scene("bob", "bob").alerts(RULE)
    assert (alert.accounts, alert.data_tier, alert.severity) == (["bob"], 2, "critical")


@pytest.mark.parametrize(("count", "severity"), [(1, "low"), (2, "medium"), (3, "critical")])
def test_severity_rises_with_repetition(count: int, severity: str) -> None:
    (alert,) = scene(count=count).alerts(RULE)
    assert alert.severity == severity


def test_trade_that_names_the_accounts_is_enough() -> None:
    market = Market().trade(100.0, 5, trade_id="t", buy_account="eve-1", sell_account="eve-2")
    (alert,) = market.alerts(RULE)
    assert (alert.order_ids, alert.trade_ids, alert.accounts) == ([], ["t"], ["eve-1", "eve-2"])


def test_strangers_are_quiet() -> None:
    assert scene("eve-1", "bob").alerts(RULE) == []


def test_self_trade_prevention_is_quiet() -> None:
    market = Market().book()
    for number in range(4):
        market.new(f"ask{number}", "sell", 100.0, 200, "eve-1").wait(20).new(f"bid{number}", "buy", 100.0, 200, "eve-2")
        market.cancel(f"ask{number}", reason="self_trade_prevention").cancel(f"bid{number}").wait(20_000)
    assert market.alerts(RULE) == []


def trips(
    count: int = 3, back: float = 300, price: float = 100.0, held_s: float = 1.0, account: str = "eve-1"
) -> Market:
    """Eve buys 300 and sells so much again, against whoever is there, a minute apart."""
    market = Market().book()
    for number in range(30):
        market.trade(100.0, 100, trade_id=f"x{number}").wait(20_000)
    for number in range(count):
        take(market, f"in{number}", "buy", 100.0, 300, account).wait(1000 * held_s)
        take(market, f"out{number}", "sell", price, back, account).wait(60_000)
    return market


def take(market: Market, name: str, side: str, price: float, size: float, account: str = "eve-1") -> Market:
    market.new(name, side, None, size, account, time_in_force="ioc").fill(name, price, size, trade_id=f"t-{name}")
    return market.trade(price, size, trade_id=f"t-{name}", aggressor=side)


def test_round_trips_are_told() -> None:
    (alert,) = trips().alerts(RULE)
    assert alert.severity == "high"
    assert alert.order_ids == ["in0", "out0", "in1", "out1", "in2", "out2"]
    assert alert.metrics["round_trips"] == 3
    assert alert.metrics["matched_share"] == 1
    assert "bought and sold AAA 3 times within 2.0 min" in alert.explanation


@pytest.mark.parametrize(
    "market",
    [trips(count=2), trips(back=150), trips(price=101.0), trips(held_s=120), trips(account="maker")],
    ids=["two", "half as large", "another price", "slow, likely by chance", "a market maker"],
)
def test_round_trips_that_lack_one_thing_are_quiet(market: Market) -> None:
    assert market.alerts(RULE) == []


def test_round_trips_among_much_other_trading_are_quiet() -> None:
    market = Market().book()
    for number in range(30):
        market.trade(100.0, 100, trade_id=f"x{number}").wait(20_000)
    for number in range(3):
        take(market, f"in{number}", "buy", 100.0, 300).wait(1000)
        take(market, f"out{number}", "sell", 100.0, 300).wait(20_000)
        take(market, f"more{number}", "buy", 100.0, 400).wait(400_000 if number == 2 else 20_000)
    assert market.alerts(RULE) == []

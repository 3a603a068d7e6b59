"""Promise: an owner who makes much of the last trading and moves the price is told; what lacks one condition is not."""

from datetime import UTC, datetime

import pytest
from surveillance.events import DAY

from tests.rules.market import SYMBOL, Market

RULE = "marking_the_close"
"""The scene's symbol has no schedule: the UTC day is its session, midnight its close."""
TEN_MINUTES = 600_000


def day(own: float = 0.0) -> Market:
    """Ten minutes of a market that trades 100 a second and hardly moves, up to five minutes before midnight."""
    market = Market()
    market.ts = market.ts // DAY * DAY + DAY - 2 * TEN_MINUTES // 2 * 1_000_000 - 5 * 60_000_000_000
    for number in range(600):
        market.quote(99.96875 + number % 2 / 256, 100.03125 + number % 2 / 256)
        buyer, size = ("eve-1", own) if own else ("a", 100.0)
        market.trade(100.0, size, aggressor="buy", buy_account=buyer, sell_account=f"c{number}")
        market.trade(100.0, 100.0, aggressor="sell", buy_account="b", sell_account=f"c{number}").wait(1000)
    return market


def close(
    size: float = 2000,
    trades: int = 8,
    step: float = 0.0625,
    sides: str = "b",
    who: str = "eve-1",
    every_s: float = 30,
    own: float = 0.0,
    late_s: float = 0.0,
) -> Market:
    """Eve buys on and on in the last five minutes; the mid goes up by `step` after each."""
    market, mid = day(own), 100.0
    market.wait(late_s * 1000)
    for number in range(trades):
        side, other = ("buy", "sell") if sides[number % len(sides)] == "b" else ("sell", "buy")
        fields = {f"{side}_account": who if number else "eve-1", f"{other}_account": f"d{number}", "aggressor": side}
        market.quote(mid - 0.03125, mid + 0.03125)
        market.trade(mid, size, trade_id=f"t{number}", **fields)
        mid += step
        for part in range(5):
            market.wait(every_s * 200).trade(
                mid, 300, aggressor="sell", buy_account=f"y{number}-{part}", sell_account=f"x{part}"
            )
    return market


def test_owner_that_moves_the_close_is_told_in_order() -> None:
    market = close()
    assert datetime.fromtimestamp(market.events[-1]["ts"] / 1e9, UTC).hour == 23
    (alert,) = market.alerts(RULE)
    assert alert.trade_ids[:3] == ["t0", "t1", "t2"]
    assert (alert.accounts, alert.data_tier, alert.candidate) == (["eve-1"], 3, False)
    lines = alert.explanation.splitlines()
    assert f"{SYMBOL} in 6 executions from 23:55:00.000 UTC" in lines[0]
    assert "up to 2.5 min before the reference time 00:00:00.000 UTC" in lines[0]
    assert "of the volume of the window of 2.5 min (threshold 17%)" in lines[1]
    assert "The mid went from 100 to 100.3125 meanwhile: 31.2 bp" in lines[2]


def test_linked_accounts_are_one_owner() -> None:
    (alert,) = close(who="eve-2").alerts(RULE)
    assert alert.accounts == ["eve-1", "eve-2"]


@pytest.mark.parametrize(
    "market",
    [
        pytest.param(close(size=200), id="small share"),
        pytest.param(close(step=0.0), id="no push"),
        pytest.param(close(step=-0.0625), id="the price goes against it"),
        pytest.param(close(sides="bs"), id="both ways"),
        pytest.param(close(trades=4, size=8000, every_s=60), id="four executions"),
        pytest.param(close(trades=5, every_s=20), id="in the first half of the window"),
        pytest.param(close(own=100.0, size=700), id="no more than its share of the day"),
    ],
)
def test_near_miss_is_quiet(market: Market) -> None:
    assert market.alerts(RULE) == []


def test_same_trading_earlier_in_the_day_is_quiet() -> None:
    market = close()
    for event in market.events:
        event["ts"] -= TEN_MINUTES * 1_000_000
    assert market.alerts(RULE) == []


def test_proxy_close_of_a_market_that_never_closes_is_watched() -> None:
    market = close()
    for event in market.events:
        event["ts"] -= TEN_MINUTES * 1_000_000
    (alert,) = market.alerts(RULE, reference_s=86_400 - 600)
    assert "before the reference time 23:50:00.000 UTC" in alert.explanation


def test_last_two_seconds_need_no_more_than_three_executions() -> None:
    market = close(trades=4, size=2000, every_s=0.4, late_s=298.2)
    (alert,) = market.alerts(RULE)
    assert alert.trade_ids == ["t0", "t1", "t2"]
    assert "of the volume of the window of 800 ms (threshold 60%)" in alert.explanation


@pytest.mark.parametrize(("push_bp", "count"), [(1.56, 1), (1.57, 0)])
def test_move_of_the_last_two_seconds_has_a_threshold_of_its_own(push_bp: float, count: int) -> None:
    market = close(trades=3, size=2000, every_s=0.4, late_s=298.2, step=0.0078125)
    assert len(market.alerts(RULE, min_sigmas=0, burst_push_bp=push_bp)) == count

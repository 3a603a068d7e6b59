"""Promise: a run of one owner's aggressive trades that takes the price along is told; what lacks a condition is not."""

import pytest

from tests.rules.market import Market

RULE = "ramping"


def usual(minutes: int = 5, size: float = 100.0) -> Market:
    """A market that trades 100 a second and hardly moves."""
    market = Market()
    for number in range(60 * minutes):
        market.quote(99.96875 + number % 2 / 256, 100.03125 + number % 2 / 256)
        market.trade(100.0, size, aggressor="buy" if number % 2 else "sell", buy_account="a", sell_account=f"c{number}")
        market.wait(1000)
    return market


def run(
    trades: int = 6,
    size: float = 600,
    step: float = 0.125,
    sides: str = "bbbbbb",
    pause_s: float = 20,
    who: str = "eve-1",
) -> Market:
    """Eve takes again and again; the mid goes up by `step` after each."""
    market, mid = usual(), 100.0
    for number in range(trades):
        side, other = ("buy", "sell") if sides[number % len(sides)] == "b" else ("sell", "buy")
        account = who if number else "eve-1"
        fields = {f"{side}_account": account, f"{other}_account": f"d{number}", "aggressor": side}
        market.quote(mid - 0.03125, mid + 0.03125)
        market.trade(mid, size, trade_id=f"t{number}", **fields)
        mid += step
        for part in range(round(pause_s)):
            market.trade(mid, 50, aggressor="sell", buy_account="a", sell_account=f"x{number}-{part}").wait(1000)
    return market


def test_ramp_alerts_and_is_told_in_order() -> None:
    (alert,) = run().alerts(RULE)
    assert alert.trade_ids == ["t0", "t1", "t2", "t3", "t4", "t5"]
    assert (alert.accounts, alert.data_tier, alert.candidate) == (["eve-1"], 3, False)
    lines = alert.explanation.splitlines()
    assert "Account eve-1 took liquidity in AAA 6 times within 100.0 s" in lines[0]
    assert "bought 3,600 and sold 0, the signs of neighbours correlating by 1.00" in lines[0]
    assert "of all that traded meanwhile (threshold 18%)" in lines[1]
    assert "The mid rose from 100 by 62.5 bp" in lines[2]


def test_linked_accounts_ramp_together() -> None:
    (alert,) = run(who="eve-2").alerts(RULE)
    assert alert.accounts == ["eve-1", "eve-2"]


@pytest.mark.parametrize(
    "market",
    [
        pytest.param(run(size=100), id="small share"),
        pytest.param(run(step=0.0), id="no move"),
        pytest.param(run(step=-0.125), id="the price goes against it"),
        pytest.param(run(sides="bs"), id="both ways"),
        pytest.param(run(trades=5, size=900), id="five trades"),
        pytest.param(run(pause_s=61, size=2500), id="pauses"),
    ],
)
def test_near_miss_is_quiet(market: Market) -> None:
    assert market.alerts(RULE) == []


@pytest.mark.parametrize(("agreement", "count"), [(0.6, 1), (0.61, 0)])
def test_autocorrelation_counts_from_the_threshold_on(agreement: float, count: int) -> None:
    assert len(run(sides="sbbbbb").alerts(RULE, min_autocorrelation=agreement)) == count


def test_first_minutes_after_the_open_are_quiet() -> None:
    assert run().alerts(RULE, warm_up_s=86_400) == []

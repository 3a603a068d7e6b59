"""Promise: a flood of orders taken back at once is told, and each condition alone keeps the rule quiet."""

import pytest

from tests.rules.market import Market

RULE = "quote_stuffing"


def flood(
    pairs: int = 60, gap_ms: float = 1, kept: int = 0, account: str | None = "eve-1", accounts: bool = True
) -> Market:
    """Eve enters and cancels so many orders, a message each `gap_ms`; the last `kept` cancels are left out."""
    market = Market(accounts)
    market.new("b", "buy", 99.99, 100, "bob").new("s", "sell", 100.01, 100, "bob").wait(1000)
    for number in range(pairs):
        market.new(f"f{number}", "buy", 99.98, 100, account).wait(gap_ms)
        if number < pairs - kept:
            market.cancel(f"f{number}", account=account).wait(gap_ms)
    return market


def test_flood_that_is_taken_back_alerts_and_is_told_in_order() -> None:
    (alert,) = flood(80).alerts(RULE)
    assert (alert.accounts, alert.data_tier, alert.candidate) == (["eve-1"], 3, False)
    assert alert.order_count == len(alert.order_ids) >= 60
    lines = alert.explanation.splitlines()
    assert "Account eve-1 sent 120 messages in AAA" in lines[0]
    assert "(thresholds 120 messages and 350 a second)" in lines[0]
    assert (
        "100% of the orders entered were cancelled again (threshold 90%), and it had 0 executions meanwhile"
        in (lines[1])
    )
    assert "standard deviations above" in lines[2]


def test_flood_without_accounts_names_nobody() -> None:
    (alert,) = flood(80, accounts=False).alerts(RULE)
    assert (alert.accounts, alert.data_tier) == ([], 1)
    assert "Participants the feed does not name sent" in alert.explanation


def test_burst_that_watching_begins_at_is_not_counted() -> None:
    assert flood(70).alerts(RULE) == []


@pytest.mark.parametrize(("messages", "count"), [(120, 1), (121, 0)])
def test_messages_count_from_the_threshold_on(messages: int, count: int) -> None:
    assert len(flood().alerts(RULE, watch_burst=1, min_messages=messages)) == count


@pytest.mark.parametrize(("rate", "count"), [(600, 1), (600.1, 0)])
def test_rate_counts_from_the_threshold_on(rate: float, count: int) -> None:
    market = flood(60, gap_ms=200 / 119)
    for number, event in enumerate(market.events[2:]):
        event["ts"] = market.events[2]["ts"] + number * 200_000_000 // 119
    assert len(market.alerts(RULE, watch_burst=1, min_rate=rate)) == count


@pytest.mark.parametrize(("share", "count"), [(0.9, 1), (0.91, 0)])
def test_cancelled_share_counts_from_the_threshold_on(share: float, count: int) -> None:
    assert len(flood(100, kept=10).alerts(RULE, watch_burst=1, min_messages=190, min_cancelled_share=share)) == count


@pytest.mark.parametrize(("fills", "count"), [(2, 1), (3, 0)])
def test_executions_count_up_to_the_threshold(fills: int, count: int) -> None:
    market = flood(100)
    executions = Market().new("r", "buy", 99.98, 100, "eve-1", ts=market.events[2]["ts"]).events
    for _ in range(fills):
        executions += Market().fill("r", 99.98, 1, ts=market.events[2]["ts"]).events
    market.events[2:2] = executions
    assert len(market.alerts(RULE, watch_burst=1, min_messages=200)) == count


@pytest.mark.parametrize(("trades", "count"), [(2, 1), (3, 0)])
def test_trades_of_the_market_count_up_to_the_threshold_where_nobody_is_named(trades: int, count: int) -> None:
    market = flood(100, accounts=False)
    for _ in range(trades):
        market.events[3:3] = Market().trade(99.99, 1, ts=market.events[2]["ts"]).events
    assert len(market.alerts(RULE, watch_burst=1, min_messages=200)) == count


def test_mass_cancel_of_older_orders_is_quiet() -> None:
    market = flood(100, kept=100, gap_ms=20)
    for number in range(100):
        market.wait(1).cancel(f"f{number}", account="eve-1")
    assert market.alerts(RULE, watch_burst=1, min_messages=60) == []


@pytest.mark.parametrize(("sigmas", "count"), [(120, 1), (120.1, 0)])
def test_sigmas_count_from_the_threshold_on(sigmas: float, count: int) -> None:
    assert len(flood().alerts(RULE, watch_burst=1, min_sigmas=sigmas)) == count


@pytest.mark.parametrize(("pause_ms", "count"), [(500, 1), (500.001, 0)])
def test_flood_ends_with_half_a_second_of_silence(pause_ms: float, count: int) -> None:
    market = flood()
    for event in market.events[62:]:
        event["ts"] += round((pause_ms - 1) * 1_000_000)
    assert len(market.alerts(RULE, watch_burst=1, min_rate=10)) == count


def test_busy_market_needs_a_larger_flood() -> None:
    calm, busy = flood(80), Market()
    for minute in range(3):
        for number in range(1500):
            busy.new(f"m{minute}-{number}", "buy", 99.9, 100, f"crowd-{number}").wait(40)
    for event in calm.events:
        event["ts"] += busy.ts - busy.events[0]["ts"]
    assert len(calm.alerts(RULE, min_sigmas=80)) == 1
    calm.events = busy.events + calm.events
    assert calm.alerts(RULE, min_sigmas=80) == []


@pytest.mark.parametrize(("dispersion", "accounts", "count"), [(25, True, 1), (1_000_000, True, 0), (25, False, 0)])
def test_drift_of_the_day_does_not_hide_a_named_owners_flood(dispersion: float, accounts: bool, count: int) -> None:
    flooded, market = flood(80, accounts=accounts), Market(accounts)
    for minute, messages in enumerate((100, 1500, 100, 1500, 100)):
        for number in range(messages):
            market.new(f"m{minute}-{number}", "buy", 99.9, 100, f"crowd-{number}").wait(60_000 / messages)
    late = market.ts - market.events[0]["ts"]
    market.events += [event | {"ts": event["ts"] + late} for event in flooded.events]
    assert len(market.alerts(RULE, max_dispersion=dispersion)) == count


def test_two_owners_who_share_a_flood_are_quiet() -> None:
    market = flood(100)
    for number, event in enumerate(market.events[2:]):
        event["account"] = ("eve-1", "bob")[number // 2 % 2]
    assert market.alerts(RULE, watch_burst=1) == []

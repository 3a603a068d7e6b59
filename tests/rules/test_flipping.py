"""Promise: a large order that goes and is traded against at its price alerts, and each condition alone keeps quiet."""

import pytest

from tests.rules.market import Market

RULE = "flipping"


def scene(
    size: float = 1000, price: float = 99.99, within_ms: float = 5, at: float = 99.99, account: str = "eve-2"
) -> Market:
    """Eve bids a thousand where two hundred stand, two join her; she cancels and sells to them within 5 ms."""
    market = Market().book().new("large", "buy", price, size, "eve-1").wait(200)
    market.new("join", "buy", 99.99, 300, "ann").wait(200).cancel("large")
    market.wait(within_ms).new("taker", "sell", at, 300, account)
    return market.fill("taker", at, 300, trade_id="t1").fill("join", at, 300, trade_id="t1")


def test_flip_alerts_and_is_told_in_order() -> None:
    (alert,) = scene().alerts(RULE)
    assert alert.order_ids == ["large", "taker"]
    assert alert.trade_ids == ["t1"]
    assert (alert.accounts, alert.candidate, alert.data_tier) == (["eve-1", "eve-2"], False, 3)
    assert alert.metrics["milliseconds_to_flip"] == 5.0
    lines = alert.explanation.splitlines()
    assert "Account eve-1 entered a buy order for 1,000 AAA at 99.99" in lines[0]
    assert "where 600 was shown" in lines[0]
    assert "cancelled at" in lines[1]
    assert "5 ms later (threshold 250 ms) the same owner traded 300 on the other side (sell)" in lines[2]


@pytest.mark.parametrize(("size", "count"), [(250, 1), (249, 0)])
def test_size_multiple_counts_from_the_threshold_on(size: float, count: int) -> None:
    assert len(scene(size=size).alerts(RULE, shown_multiple=0)) == count


@pytest.mark.parametrize(("multiple", "count"), [(1000 / 600, 1), (1.67, 0)])
def test_order_must_add_to_what_is_shown(multiple: float, count: int) -> None:
    assert len(scene().alerts(RULE, shown_multiple=multiple)) == count


@pytest.mark.parametrize(("within_ms", "count"), [(250, 1), (250.001, 0)])
def test_time_to_the_trade_counts_up_to_the_threshold(within_ms: float, count: int) -> None:
    assert len(scene(within_ms=within_ms).alerts(RULE)) == count


@pytest.mark.parametrize(("lifetime", "count"), [(0.4, 1), (0.399, 0)])
def test_lifetime_counts_up_to_the_threshold(lifetime: float, count: int) -> None:
    assert len(scene().alerts(RULE, lifetime_s=lifetime)) == count


@pytest.mark.parametrize(("levels", "count"), [(3, 1), (2, 0)])
def test_better_levels_count_up_to_the_threshold(levels: int, count: int) -> None:
    assert len(scene(price=99.96, at=99.96).alerts(RULE, max_levels_away=levels)) == count


@pytest.mark.parametrize(("filled", "count"), [(250, 1), (251, 0)])
def test_filled_share_counts_up_to_the_threshold(filled: float, count: int) -> None:
    market = scene()
    fill = Market().fill("large", 99.99, filled, ts=market.events[61]["ts"]).events
    market.events[62:62] = fill
    assert len(market.alerts(RULE)) == count


@pytest.mark.parametrize(("at", "limit", "count"), [(99.98, 99.98, 0), (100.0, 99.99, 1), (100.0, 100.0, 0)])
def test_better_price_counts_if_the_order_would_have_taken_that_one(at: float, limit: float, count: int) -> None:
    market = scene(at=at)
    market.events[-3]["price"] = limit
    assert len(market.alerts(RULE)) == count


def test_large_order_that_the_venue_cancels_to_prevent_a_self_trade_is_quiet() -> None:
    market = scene()
    next(event for event in market.events if event.get("action") == "cancel")["reason"] = "self_trade_prevention"
    assert market.alerts(RULE) == []


def test_somebody_elses_trade_is_quiet() -> None:
    assert scene(account="ann").alerts(RULE) == []


def test_order_that_stood_before_the_large_one_is_quiet() -> None:
    market = Market().book().new("taker", "sell", 100.01, 300, "eve-2").wait(10)
    market.new("large", "buy", 99.99, 1000, "eve-1").wait(200).cancel("large").wait(1)
    assert market.fill("taker", 99.99, 300).alerts(RULE) == []


def test_order_that_takes_is_no_show() -> None:
    assert scene(price=100.02, at=100.02).alerts(RULE) == []


def test_without_accounts_nothing_is_told() -> None:
    market = scene()
    for event in market.events:
        event.pop("account", None)
    assert market.alerts(RULE) == []

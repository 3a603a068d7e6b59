"""Promise: tiny orders that step through the book and a large one after them alert; each condition alone is quiet."""

import pytest

from tests.rules.market import Market

RULE = "pinging"


def scene(
    pings: int = 5,
    size: float = 10,
    life_ms: float = 20,
    gap_ms: float = 180,
    step: float = 0.01,
    large: float = 100,
    follows_ms: float = 300,
    account: str = "eve-2",
    pinger: str = "eve-1",
) -> Market:
    """Eve bids ten shares for an instant, a cent higher each time, and then a hundred."""
    market = Market().book()
    for number in range(pings):
        market.new(f"p{number}", "buy", round(99.9 + number * step, 2), size, pinger).wait(life_ms)
        market.cancel(f"p{number}").wait(gap_ms)
    return market.wait(follows_ms).new("large", "buy", 100.01, large, account)


def test_pings_and_the_large_order_are_told_in_order() -> None:
    (alert,) = scene().alerts(RULE)
    assert alert.order_ids == ["p0", "p1", "p2", "p3", "p4", "large"]
    assert (alert.accounts, alert.candidate, alert.data_tier) == (["eve-1", "eve-2"], False, 3)
    assert (alert.metrics["pings"], alert.metrics["prices"], alert.metrics["size_ratio"]) == (5.0, 5.0, 10.0)
    lines = alert.explanation.splitlines()
    assert "Account eve-1 entered 5 buy orders of at most 10 AAA within 800 ms" in lines[0]
    assert "They went from 99.9 to 99.94 over 5 prices" in lines[1]
    assert "entered a buy order for 100, 10.0 times the largest of them" in lines[2]


def test_known_market_maker_is_left_out() -> None:
    assert scene(pinger="maker", account="maker").alerts(RULE) == []
    assert len(scene(pinger="bob", account="bob").alerts(RULE)) == 1


@pytest.mark.parametrize(("other_side", "count"), [(4, 1), (5, 0)])
def test_owner_that_enters_orders_on_both_sides_makes_a_market(other_side: int, count: int) -> None:
    market = Market()
    for number in range(other_side):
        market.new(f"q{number}", "sell", 100.05, 100, "eve-1")
    market.events += scene().events
    assert len(market.alerts(RULE)) == count


@pytest.mark.parametrize(("pings", "count"), [(4, 1), (3, 0)])
def test_pings_count_from_the_threshold_on(pings: int, count: int) -> None:
    assert len(scene(pings).alerts(RULE)) == count


@pytest.mark.parametrize(("multiple", "count"), [(10 / 61, 1), (10 / 63, 0)])
def test_ping_size_counts_up_to_the_threshold(multiple: float, count: int) -> None:
    # At the last ping the usual size has learnt from the small ones: 100 / 1.125^4 / 1.0078125 = 61.9.
    assert len(scene().alerts(RULE, ping_multiple=multiple, min_pings=5)) == count


@pytest.mark.parametrize(("life_ms", "count"), [(150, 1), (150.001, 0)])
def test_ping_life_counts_up_to_the_threshold(life_ms: float, count: int) -> None:
    assert len(scene(life_ms=life_ms, gap_ms=10).alerts(RULE)) == count


@pytest.mark.parametrize(("prices", "count"), [(5, 1), (6, 0)])
def test_prices_count_from_the_threshold_on(prices: int, count: int) -> None:
    assert len(scene().alerts(RULE, min_steps=prices)) == count


@pytest.mark.parametrize(("large", "count"), [(81, 1), (80, 0)])
def test_size_ratio_counts_from_the_threshold_on(large: float, count: int) -> None:
    assert len(scene(large=large).alerts(RULE, size_ratio=8.1)) == count


@pytest.mark.parametrize(("follows_ms", "count"), [(1100, 1), (1100.001, 0)])
def test_large_order_must_follow_in_time(follows_ms: float, count: int) -> None:
    assert len(scene(follows_ms=follows_ms).alerts(RULE)) == count


def test_step_back_begins_anew() -> None:
    market = scene()
    for event in market.events:
        if event["order_id"] == "p2" and event["action"] == "new":
            event["price"] = 99.85
    assert market.alerts(RULE) == []


def test_one_price_is_quiet() -> None:
    assert scene(step=0).alerts(RULE) == []


def test_somebody_elses_large_order_is_quiet() -> None:
    assert scene(account="ann").alerts(RULE) == []


def test_filled_pings_count_too() -> None:
    market = scene()
    for event in market.events:
        if event["order_id"] in ("p1", "p3") and event["action"] == "cancel":
            event |= {"action": "fill", "price": 99.9, "size": 10}
    assert len(market.alerts(RULE)) == 1

"""Promise: a withdrawn large order that helped a small one is told, and each condition alone keeps the rule quiet."""

import pytest

from tests.rules.market import Market, seconds

RULE = "spoofing"


def scene(
    size: float = 1000,
    price: float = 99.99,
    lived_ms: float = 500,
    fill: float = 100,
    fill_by: str = "eve-1",
    fill_side: str = "sell",
    accounts: bool = True,
    **large: object,
) -> Market:
    """Eve enters a large buy order, sells a little, and cancels."""
    market = Market(accounts).book()
    market.new("large", "buy", price, size, "eve-1", **large).wait(100)
    market.new("small", fill_side, 100.01, fill, fill_by).wait(100)
    market.fill("small", 100.01, fill, trade_id="t1").wait(lived_ms - 200)
    return market.cancel("large")


def test_large_order_that_helped_a_fill_alerts_and_is_told_in_order() -> None:
    (alert,) = scene().alerts(RULE)
    assert alert.order_ids == ["large", "small"]
    assert alert.trade_ids == ["t1"]
    assert (alert.accounts, alert.candidate, alert.data_tier) == (["eve-1"], False, 3)
    assert alert.end_ts - alert.start_ts == seconds(0.5)
    lines = alert.explanation.splitlines()
    assert [line[:2] for line in lines] == ["1.", "2.", "3.", "4."]
    assert "Account eve-1 entered a buy order for 1,000 AAA at 99.99 at 14:30:06.000 UTC (09:30:06 EST)" in lines[0]
    assert "10.0 times the usual order size of 100 (threshold 4 times)" in lines[0]
    assert "100 on the other side (sell) was filled at 100.01" in lines[1]
    assert "cancelled after 500 ms (threshold 10 s)" in lines[2]
    assert "data tier 3: orders and trades with the beneficial owners" in lines[3]


def test_linked_account_on_the_other_side_counts_as_the_same_owner() -> None:
    (alert,) = scene(fill_by="eve-2").alerts(RULE)
    assert alert.accounts == ["eve-1", "eve-2"]


def test_account_without_known_owner_is_tier_two() -> None:
    market = Market().book().new("large", "sell", 100.01, 1000, "mallory").new("small", "buy", 99.99, 50, "mallory")
    market.fill("small", 99.99, 50).wait(100).cancel("large")
    (alert,) = market.alerts(RULE)
    assert (alert.accounts, alert.data_tier) == (["mallory"], 2)


@pytest.mark.parametrize(
    "market",
    [
        pytest.param(scene(fill_by="bob"), id="somebody else's fill"),
        pytest.param(scene(fill_side="buy"), id="a fill on the same side"),
        pytest.param(scene(hidden=True), id="a hidden order deceives nobody"),
        pytest.param(scene(price=None), id="a market order"),
    ],
)
def test_near_miss_is_quiet(market: Market) -> None:
    assert market.alerts(RULE) == []


def test_order_that_is_left_standing_is_quiet() -> None:
    market = scene()
    market.events.pop()
    assert market.alerts(RULE) == []


def test_halted_market_is_quiet() -> None:
    market = Market().book().status("halted")
    market.events += scene().events[60:]
    assert market.alerts(RULE) == []


@pytest.mark.parametrize(("size", "count"), [(400, 1), (399, 0)])
def test_size_multiple_counts_from_the_threshold_on(size: float, count: int) -> None:
    assert len(scene(size=size).alerts(RULE)) == count


@pytest.mark.parametrize(("fill", "count"), [(300, 1), (301, 0)])
def test_size_ratio_counts_from_the_threshold_on(fill: float, count: int) -> None:
    assert len(scene(size=900, fill=fill).alerts(RULE)) == count


@pytest.mark.parametrize(("lived_ms", "count"), [(10_000, 1), (10_000.001, 0)])
def test_lifetime_counts_up_to_the_threshold(lived_ms: float, count: int) -> None:
    assert len(scene(lived_ms=lived_ms).alerts(RULE)) == count


@pytest.mark.parametrize(("price", "count"), [(99.5, 1), (99.49, 0)])
def test_distance_counts_up_to_the_threshold(price: float, count: int) -> None:
    assert len(scene(price=price).alerts(RULE)) == count


@pytest.mark.parametrize(("levels", "count"), [(5, 1), (4, 0)])
def test_better_levels_count_up_to_the_threshold(levels: int, count: int) -> None:
    assert len(scene(price=99.94).alerts(RULE, max_levels_away=levels)) == count


@pytest.mark.parametrize(("orders", "count"), [(60, 1), (61, 0)])
def test_warm_up_counts_orders_before_the_large_one(orders: int, count: int) -> None:
    assert len(scene().alerts(RULE, warm_up_orders=orders)) == count


@pytest.mark.parametrize(("filled", "count"), [(10, 1), (11, 0)])
def test_filled_share_counts_up_to_the_threshold(filled: float, count: int) -> None:
    market = scene()
    cancel = market.events.pop()
    market.fill("large", 99.99, filled)
    market.events.append(cancel)
    assert len(market.alerts(RULE)) == count


@pytest.mark.parametrize(("after_ms", "count"), [(1000, 1), (1000.001, 0)])
def test_fill_after_the_cancel_counts_up_to_the_threshold(after_ms: float, count: int) -> None:
    market = Market().book().new("large", "buy", 99.99, 1000, "eve-1").wait(300).cancel("large")
    market.new("small", "sell", 100.01, 100, "eve-1").wait(after_ms).fill("small", 100.01, 100)
    assert len(market.alerts(RULE)) == count


@pytest.mark.parametrize(("before_s", "count"), [(6, 1), (5.999, 0)])
def test_fill_of_an_order_counts_if_it_was_entered_no_longer_before(before_s: float, count: int) -> None:
    market = Market().new("small", "sell", 100.01, 100, "eve-1").book().new("large", "buy", 99.99, 1000, "eve-1")
    market.wait(100).fill("small", 100.01, 100, trade_id="t1").wait(100).cancel("large")
    assert len(market.alerts(RULE, before_s=before_s)) == count


@pytest.mark.parametrize(
    ("reason", "count"), [("user", 1), ("expired", 1), ("self_trade_prevention", 0), ("halt", 0), ("session_end", 0)]
)
def test_what_the_venue_cancels_was_not_withdrawn(reason: str, count: int) -> None:
    market = scene()
    market.events[-1]["reason"] = reason
    assert len(market.alerts(RULE)) == count


def test_known_market_maker_needs_a_much_larger_order() -> None:
    market = Market().book().new("large", "buy", 99.99, 1000, "maker").new("small", "sell", 100.01, 100, "maker")
    market.fill("small", 100.01, 100).wait(100).cancel("large")
    assert [len(market.alerts(RULE, quoting_factor=factor)) for factor in (2.5, 2.51)] == [1, 0]


@pytest.mark.parametrize(("against", "count"), [(0.25, 1), (0.375, 0)])
def test_price_may_move_so_many_spreads_against_the_fill_and_no_more(against: float, count: int) -> None:
    market = Market().book().quote(99.875, 100.125).new("large", "buy", 99.875, 1000, "eve-1")
    market.quote(99.875 - against, 100.125 - against).new("small", "sell", 100.125, 100, "eve-1")
    market.fill("small", 100.125, 100).cancel("large")
    assert len(market.alerts(RULE, max_against_spreads=1)) == count


@pytest.mark.parametrize(("resting", "count"), [(333, 1), (334, 0)])
def test_owner_with_comparable_interest_on_the_other_side_is_quiet(resting: float, count: int) -> None:
    market = Market().book().new("resting", "sell", 100.05, resting, "eve-2")
    market.events += scene().events[60:]
    assert len(market.alerts(RULE)) == count


@pytest.mark.parametrize(("left", "count"), [(999, 1), (1000, 0)])
def test_owner_that_keeps_as_much_on_that_side_is_quiet(left: float, count: int) -> None:
    market = Market().book().new("kept", "buy", 99.5, left, "eve-2")
    market.events += scene().events[60:]
    assert len(market.alerts(RULE, max_distance_bp=10)) == count


@pytest.mark.parametrize(("sells", "factor", "count"), [(4, 20, 1), (5, 20, 0), (5, 2.5, 1)])
def test_owner_that_quotes_both_sides_needs_a_much_larger_order(sells: int, factor: float, count: int) -> None:
    market = Market().book()
    for number in range(12):
        side, price = ("sell", 100.05) if number < sells else ("buy", 99.95)
        market.new(f"q{number}", side, price, 100, "eve-2").cancel(f"q{number}")
    market.events += scene().events[60:]
    assert len(market.alerts(RULE, quoting_factor=factor)) == count


def test_rename_by_replace_is_followed_and_both_ids_are_evidence() -> None:
    market = scene()
    cancel = market.events.pop()
    market.replace("renamed", previous_order_id="large", size=900)
    market.events.append(cancel | {"order_id": "renamed"})
    (alert,) = market.alerts(RULE)
    assert alert.order_ids == ["large", "renamed", "small"]


def test_repricing_begins_the_life_anew() -> None:
    market = scene(lived_ms=9000)
    market.events.pop()
    market.replace("large", price=99.98).wait(9000).cancel("large")
    (alert,) = market.alerts(RULE)
    assert alert.metrics["lifetime_s"] == 9.0


@pytest.mark.parametrize(("stood_ms", "count"), [(10_000, 1), (10_000.001, 0)])
def test_order_that_stood_longer_than_a_lifetime_is_no_suspect_again(stood_ms: float, count: int) -> None:
    market = scene(lived_ms=stood_ms)
    market.events.pop()
    market.replace("large", price=99.98).wait(500).cancel("large")
    assert len(market.alerts(RULE)) == count


def test_replace_that_changes_nothing_does_not_hide_a_spoof() -> None:
    market = scene()
    cancel = market.events.pop()
    market.replace("large", price=99.99, size=1000)
    market.events.append(cancel)
    assert len(market.alerts(RULE)) == 1


def anonymous(push: float, back: float) -> Market:
    """A nameless large order: the mid moves with it by `push`, and returns by `back` once it is gone."""
    market = Market(accounts=False).book().quote(99.875, 100.125).new("large", "buy", 99.875, 1000, None).wait(100)
    market.new("small", "sell", 100.125, 100, None).fill("small", 100.125, 100).wait(100)
    market.quote(99.875 + push, 100.125 + push).wait(100).cancel("large").wait(100)
    market.quote(99.875 + push - back, 100.125 + push - back).wait(100)
    return market.new("next", "sell", 100.25, 100, None)


@pytest.mark.parametrize(
    ("push", "back", "count"), [(0.25, 0.25, 1), (0.125, 0.0625, 1), (0.0625, 0.0625, 0), (0.125, 0.03125, 0)]
)
def test_without_accounts_the_mid_must_follow_and_return(push: float, back: float, count: int) -> None:
    alerts = anonymous(push, back).alerts(RULE)
    assert len(alerts) == count
    for alert in alerts:
        assert (alert.candidate, alert.data_tier, alert.accounts, alert.severity) == (True, 1, [], "medium")
        assert "without accounts this is a candidate only" in alert.explanation

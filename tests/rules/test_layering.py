"""Promise: a stack that leaves after a small fill opposite is told, and each condition alone keeps the rule quiet."""

import pytest

from tests.rules.market import Market, seconds

RULE = "layering"
PRICES = (100.02, 100.03, 100.04)


def stacked(
    size: float = 500, account: str | None = "eve-1", accounts: bool = True, prices: tuple[float, ...] = PRICES
) -> Market:
    """Eve stands at three prices on the sell side, a third of its depth, and buys 100."""
    market = Market(accounts).book().wait(300)
    for number, price in enumerate(prices):
        market.new(f"s{number}", "sell", price, size, account).wait(10)
    return market.new("small", "buy", 99.99, 100, account).wait(100).fill("small", 99.99, 100, trade_id="t1")


def scene(**options: object) -> Market:
    market = stacked(**options)  # type: ignore[arg-type]
    for number in range(3):
        market.wait(100).cancel(f"s{number}")
    return market


def test_stack_that_leaves_after_a_fill_alerts_and_is_told_in_order() -> None:
    (alert,) = scene().alerts(RULE)
    assert alert.order_ids == ["s0", "s1", "s2", "small"]
    assert alert.trade_ids == ["t1"]
    assert (alert.accounts, alert.candidate, alert.data_tier) == (["eve-1"], False, 3)
    assert alert.end_ts - alert.start_ts == seconds(0.03 + 0.1 + 0.3)
    lines = alert.explanation.splitlines()
    assert (
        "Account eve-1 had 3 sell orders for 1,500 AAA at 3 prices (threshold 3), 33% of the ten best levels"
        in lines[0]
    )
    assert "100 was filled (buy) at 99.99" in lines[1]
    assert "100% of the stack was cancelled within 300 ms of that fill (thresholds 85% and 10 s)" in lines[2]


def test_stack_that_stays_is_quiet() -> None:
    assert stacked().alerts(RULE) == []


def test_somebody_elses_fill_is_quiet() -> None:
    market = scene()
    for event in market.events:
        if event["order_id"] == "small":
            event["account"] = "bob"
    assert market.alerts(RULE) == []


def test_fill_on_the_stacks_own_side_is_quiet() -> None:
    market = scene()
    for event in market.events:
        if event["order_id"] == "small" and event["action"] == "new":
            event["side"] = "sell"
    assert market.alerts(RULE) == []


def test_stack_cancelled_before_the_fill_is_quiet() -> None:
    market = Market().book()
    for number, price in enumerate(PRICES):
        market.new(f"s{number}", "sell", price, 500, "eve-1")
    market.new("small", "buy", 99.99, 100, "eve-1")
    for number in range(3):
        market.cancel(f"s{number}")
    assert market.wait(10).fill("small", 99.99, 100).alerts(RULE) == []


@pytest.mark.parametrize(("levels", "count"), [(3, 1), (4, 0)])
def test_levels_count_from_the_threshold_on(levels: int, count: int) -> None:
    assert len(scene().alerts(RULE, min_levels=levels)) == count


def test_orders_at_one_price_are_one_level() -> None:
    assert scene(prices=(100.02, 100.02, 100.03)).alerts(RULE) == []


@pytest.mark.parametrize(("share", "count"), [(1 / 3, 1), (0.3334, 0)])
def test_depth_share_counts_from_the_threshold_on(share: float, count: int) -> None:
    assert len(scene().alerts(RULE, min_depth_share=share)) == count


@pytest.mark.parametrize(("ratio", "count"), [(15, 1), (15.01, 0)])
def test_size_ratio_counts_from_the_threshold_on(ratio: float, count: int) -> None:
    assert len(scene().alerts(RULE, size_ratio=ratio)) == count


@pytest.mark.parametrize(("own", "count"), [(500, 1), (501, 0)])
def test_comparable_interest_on_the_fills_side_is_quiet(own: float, count: int) -> None:
    market = Market().book().new("own", "buy", 99.95, own, "eve-2")
    market.events += scene().events[60:]
    assert len(market.alerts(RULE)) == count


@pytest.mark.parametrize(("partly", "count"), [(275, 1), (274, 0)])
def test_cancelled_share_counts_from_the_threshold_on(partly: float, count: int) -> None:
    market = stacked().cancel("s0").cancel("s1").cancel("s2", partly)
    assert len(market.alerts(RULE)) == count


@pytest.mark.parametrize(("after_ms", "count"), [(10_000, 1), (10_000.001, 0)])
def test_window_counts_up_to_the_threshold(after_ms: float, count: int) -> None:
    market = stacked().cancel("s0").cancel("s1").wait(after_ms).cancel("s2")
    assert len(market.alerts(RULE)) == count


@pytest.mark.parametrize(("size", "count"), [(750, 1), (751, 0)])
def test_reentered_share_counts_up_to_the_threshold(size: float, count: int) -> None:
    market = stacked().cancel("s0").cancel("s1").new("again", "sell", 100.05, size, "eve-1").cancel("s2")
    assert len(market.alerts(RULE)) == count


def test_stack_that_is_repriced_away_alerts() -> None:
    market = stacked()
    for number in range(3):
        market.replace(f"s{number}", price=100.1 + number / 100)
    assert len(market.alerts(RULE)) == 1


def test_one_order_repriced_again_and_again_is_one_order() -> None:
    market = stacked()
    for number in range(9):
        market.replace("s0", price=100.1 + number / 100)
    assert market.alerts(RULE) == []


def test_stack_that_grows_is_not_withdrawn() -> None:
    market = stacked()
    for number in range(3):
        market.replace(f"s{number}", size=600)
    assert market.alerts(RULE) == []


def test_stack_that_is_renamed_is_followed() -> None:
    market = stacked()
    for number in range(3):
        market.replace(f"r{number}", previous_order_id=f"s{number}").wait(10).cancel(f"r{number}")
    (alert,) = market.alerts(RULE)
    assert alert.order_ids == ["s0", "r0", "s1", "r1", "s2", "r2", "small"]


def test_without_accounts_a_burst_of_orders_is_a_candidate() -> None:
    (alert,) = scene(account=None, accounts=False).alerts(RULE, min_depth_share=0.1)
    assert (alert.candidate, alert.data_tier, alert.accounts, alert.severity) == (True, 1, [], "medium")
    assert "the feed does not say whose they are" in alert.explanation


@pytest.mark.parametrize(("others", "count"), [(2, 1), (12, 0)])
def test_owner_that_quotes_both_sides_has_no_stack(others: int, count: int) -> None:
    market = scene()
    first = market.events[60]["ts"]
    quotes = Market()
    quotes.ts = first
    for number in range(others):
        quotes.new(f"q{number}", ("buy", "sell")[number % 2], 99.0 + 2 * (number % 2), 100, "eve-2")
        quotes.cancel(f"q{number}")
    market.events[60:60] = quotes.events
    assert len(market.alerts(RULE)) == count


def test_known_market_maker_has_no_stack() -> None:
    assert scene(account="maker").alerts(RULE) == []
    assert len(scene(account="bob").alerts(RULE)) == 1

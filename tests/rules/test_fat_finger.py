"""Promise: a print far from the mid a second before, or a sweep far beyond the large ones, is told; a block is low."""

import pytest

from tests.rules.market import Market, seconds

RULE = "fat_finger"


def market(mid: float = 100.0, sweeps: int = 102) -> Market:
    """A quoted market that has traded a hundred at a time."""
    scene = Market().quote(mid - 0.25, mid + 0.25)
    for number in range(sweeps):
        scene.wait(100).trade(mid, 100, trade_id=f"u{number}", aggressor="buy" if number % 2 else "sell")
    return scene.wait(2000)


def away(price: float, mid: float = 100.0, **fields: object) -> Market:
    return market(mid).trade(price, 100, trade_id="t1", **fields)


def test_print_far_away_alerts_and_is_told() -> None:
    (alert,) = away(95.0, aggressor="sell", sell_account="eve-1", buy_account="bob").alerts(RULE)
    assert (alert.trade_ids, alert.accounts, alert.data_tier) == (["t1"], ["eve-1"], 3)
    assert (alert.severity, alert.start_ts) == ("critical", alert.end_ts)
    lines = alert.explanation.splitlines()
    assert "Account eve-1 traded AAA at 95 at 14:30:12.200 UTC (09:30:12 EST) (sell)" in lines[0]
    assert "5.0% from the mid a second before, 100 (threshold 2.4% at this price)" in lines[1]


def test_print_without_accounts_is_tier_zero() -> None:
    (alert,) = away(95.0).alerts(RULE)
    assert (alert.accounts, alert.data_tier, alert.candidate) == ([], 0, False)
    assert "whom the feed does not name" in alert.explanation


@pytest.mark.parametrize(
    ("mid", "price", "count"),
    [(100, 103, 1), (100, 102.75, 0), (40, 42, 1), (40, 41.875, 0), (20, 22, 1), (20, 21.875, 0), (20, 18, 1)],
)
def test_band_narrows_with_the_price(mid: float, price: float, count: int) -> None:
    bands = {"band_low": 0.1, "band_middle": 0.05, "band_high": 0.03}
    assert len(away(price, mid).alerts(RULE, **bands)) == count


@pytest.mark.parametrize(("price", "count"), [(106, 1), (105.75, 0)])
@pytest.mark.parametrize("by", ["state", "condition"])
def test_band_is_twice_as_wide_outside_hours(price: float, count: int, by: str) -> None:
    scene = market()
    if by == "state":
        scene.status("closed").quote(99.75, 100.25).wait(2000).trade(price, 100)
    else:
        scene.trade(price, 100, conditions=["extended_hours"])
    assert len(scene.alerts(RULE, band_high=0.03)) == count


@pytest.mark.parametrize("condition", ["late", "out_of_sequence", "average_price", "auction_open", "auction_close"])
def test_print_that_is_not_of_the_market_is_quiet(condition: str) -> None:
    assert away(90.0, conditions=[condition]).alerts(RULE) == []


def test_print_after_the_market_has_moved_is_quiet() -> None:
    scene = market().quote(94.75, 95.25).wait(2000).trade(95.0, 100)
    assert scene.alerts(RULE) == []


def test_print_that_moves_the_quote_with_it_alerts() -> None:
    assert len(market().quote(94.75, 95.25).wait(500).trade(95.0, 100).alerts(RULE)) == 1


def sweep(*sizes: float, sweeps: int = 102, order: str | None = "s", apart: float = 0.125) -> Market:
    scene = market(sweeps=sweeps)
    for number, size in enumerate(sizes):
        scene.trade(100.0 + number * apart, size, trade_id=f"t{number}", aggressor="buy", buy_order_id=order)
    return scene


@pytest.mark.parametrize(("last", "count"), [(441, 1), (439, 0)])
def test_size_of_a_sweep_adds_up_and_counts_from_the_threshold_on(last: float, count: int) -> None:
    alerts = sweep(200, 200, last, order="s").alerts(RULE)
    assert len(alerts) == count
    for alert in alerts:
        assert alert.trade_ids == ["t2"]
        assert "In 3 prints at 3 prices at that moment the order had traded 841: 8.4" in alert.explanation


@pytest.mark.parametrize(("last", "count"), [(251, 1), (249, 0)])
def test_sweep_that_goes_deep_is_large_earlier(last: float, count: int) -> None:
    assert len(sweep(100, 100, 100, 100, last, order="s").alerts(RULE)) == count


def test_large_sweep_that_walks_through_fewer_prices_is_quiet() -> None:
    assert sweep(451, 400).alerts(RULE) == []
    assert len(sweep(451, 400).alerts(RULE, min_levels=2)) == 1


@pytest.mark.parametrize(("warm_up_s", "count"), [(52_000, 1), (54_000, 0)])
def test_sizes_mean_nothing_while_a_session_is_young(warm_up_s: float, count: int) -> None:
    assert len(sweep(450, 450, order="s").alerts(RULE, min_levels=2, warm_up_s=warm_up_s)) == count


@pytest.mark.parametrize(("size", "count"), [(1001, 1), (999, 0)])
def test_block_at_one_price_is_of_low_severity(size: float, count: int) -> None:
    alerts = sweep(size).alerts(RULE)
    assert len(alerts) == count
    for alert in alerts:
        assert alert.severity == "low"
        assert "It did not walk through the book (3 prices would say so)" in alert.explanation


def test_block_that_goes_on_to_walk_through_the_book_proves_an_error() -> None:
    (alert,) = sweep(1001, 100, 100).alerts(RULE)
    assert (alert.severity, alert.revision, alert.trade_ids) == ("high", 2, ["t0", "t2"])


def test_other_orders_of_the_same_moment_do_not_add_up() -> None:
    scene = sweep(200, 200).trade(100.25, 300, aggressor="buy", buy_order_id="other")
    assert scene.alerts(RULE) == []


def test_sweep_is_told_once() -> None:
    (alert,) = sweep(551, 50, 260, 50).alerts(RULE)
    assert (alert.revision, alert.trade_ids) == (1, ["t2"])


@pytest.mark.parametrize(("sweeps", "count"), [(100, 1), (99, 0)])
def test_warm_up_counts_finished_sweeps(sweeps: int, count: int) -> None:
    assert len(sweep(300, 300, 300, sweeps=sweeps).alerts(RULE)) == count


@pytest.mark.parametrize(("wait_ms", "count"), [(10_000, 1), (10_000.001, 2)])
def test_print_at_the_old_price_only_comes_back(wait_ms: float, count: int) -> None:
    scene = away(95.0).quote(94.75, 95.25).wait(wait_ms).trade(100.0, 100, trade_id="t2")
    assert sum(alert.revision for alert in scene.alerts(RULE)) == count


@pytest.mark.parametrize(("wait_ms", "count"), [(1000, 1), (1000.001, 2)])
def test_print_near_another_only_follows_it_for_a_second(wait_ms: float, count: int) -> None:
    scene = away(95.0).wait(wait_ms).trade(94.5, 100, trade_id="t2")
    assert sum(alert.revision for alert in scene.alerts(RULE)) == count


def test_two_fingers_within_a_minute_are_one_episode() -> None:
    (alert,) = away(95.0).wait(3000).trade(95.0, 100, trade_id="t2").alerts(RULE)
    assert (alert.revision, alert.trade_ids) == (2, ["t1", "t2"])
    assert alert.end_ts - alert.start_ts == seconds(3)

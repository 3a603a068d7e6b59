"""Promise: a print worse than what another venue had shown for a second is told; flickers and exempt prints are not."""

import pytest

from tests.rules.market import START, Market, seconds

RULE = "trade_through"


def shown(ms: float = 1000) -> Market:
    """Let XNAS show 100 to 100.5 for so long; XNYS quotes further away."""
    market = Market().quote(99.0, 101.5, venue="XNYS").quote(100.0, 100.5, venue="XNAS")
    return market.wait(ms)


def printed(price: float, ms: float = 1000, **more: object) -> Market:
    return shown(ms).trade(price, 100, venue="XNYS", trade_id="t1", **more)


def test_print_below_a_shown_bid_is_told() -> None:
    (alert,) = printed(99.75).alerts(RULE)
    assert (alert.venue, alert.trade_ids, alert.severity) == ("XNYS", ["t1"], "high")
    assert alert.start_ts == alert.end_ts == START + seconds(1)
    lines = alert.explanation.splitlines()
    assert "AAA printed at 99.75 on XNYS at 14:30:01.000 UTC (09:30:01 EST), 25.0 bp below the bid of 100" in lines[0]
    assert "whoever sold here could have had it" in lines[1]


def test_print_above_a_shown_ask_is_told() -> None:
    (alert,) = printed(101.0).alerts(RULE)
    assert "above the ask of 100.5" in alert.explanation


@pytest.mark.parametrize("price", [100.0, 100.25, 100.5])
def test_print_within_the_quotes_is_none(price: float) -> None:
    assert printed(price).alerts(RULE) == []


@pytest.mark.parametrize(("ms", "count"), [(1000, 1), (999.999, 0), (3000, 1), (3000.001, 0)])
def test_quote_must_be_shown_for_a_second_and_confirmed_within_three(ms: float, count: int) -> None:
    assert len(printed(99.75, ms).alerts(RULE)) == count


@pytest.mark.parametrize(("price", "count"), [(100.0, 0), (99.75, 1)])
def test_price_just_made_better_counts_as_it_was_before(price: float, count: int) -> None:
    market = shown().quote(100.125, 100.5, venue="XNAS").wait(500)
    assert len(market.trade(price, 100, venue="XNYS").alerts(RULE)) == count


def test_price_made_worse_counts_as_it_is() -> None:
    market = shown().quote(99.75, 100.5, venue="XNAS").wait(1)
    assert market.trade(99.75, 100, venue="XNYS").alerts(RULE) == []
    assert len(market.trade(99.5, 100, venue="XNYS").alerts(RULE)) == 1


@pytest.mark.parametrize(
    "condition", ["intermarket_sweep", "auction_open", "auction_close", "odd_lot", "extended_hours", "late"]
)
def test_exempt_print_is_none(condition: str) -> None:
    assert printed(99.75, conditions=[condition]).alerts(RULE) == []


def test_own_quote_binds_nobody() -> None:
    assert shown().trade(99.75, 100, venue="XNAS").alerts(RULE) == []


def test_venues_that_cross_each_other_bind_nobody() -> None:
    market = Market().quote(99.0, 101.5, venue="XNYS").quote(100.0, 100.5, venue="XNAS")
    market.quote(100.75, 101.5, venue="BATS").wait(1000)
    assert market.trade(99.75, 100, venue="XNYS").alerts(RULE) == []


@pytest.mark.parametrize(("least", "count"), [(24.9, 1), (25, 0)])
def test_distance_must_be_exceeded(least: float, count: int) -> None:
    assert len(printed(99.75).alerts(RULE, min_distance_bp=least)) == count


def test_prints_that_follow_each_other_are_one_alert() -> None:
    market = printed(99.75).wait(100).trade(99.75, 100, venue="XNYS", trade_id="t2")
    (alert,) = market.alerts(RULE)
    assert (alert.revision, alert.trade_ids) == (2, ["t1", "t2"])


@pytest.mark.parametrize(("clear", "severity"), [(25.0, "high"), (25.1, "low")])
def test_small_distance_is_of_low_severity(clear: float, severity: str) -> None:
    (alert,) = printed(99.75).alerts(RULE, clear_distance_bp=clear)
    assert alert.severity == severity

"""Promise: a session that opens far from the close before it is told once; splits, halts and restless ones are not."""

import pytest
from surveillance.events import DAY, MINUTE

from tests.rules.market import START, Market

RULE = "price_gap"


def daily(opens: list[float], close: float = 100.0) -> Market:
    """Daily bars that all close at 100."""
    market = Market()
    for first in opens:
        bar = {"open": first, "high": max(first, close), "low": min(first, close), "close": close}
        market.wait(86_400_000).add("bar", interval="1d", volume=1e6, **bar)
    return market


def minute(market: Market, first: float, wait_minutes: float = 1) -> Market:
    market.wait(60_000 * wait_minutes)
    return market.add("bar", interval="1m", open=first, high=first, low=first, close=first, volume=100.0)


def test_gap_of_daily_bars_is_told() -> None:
    (alert,) = daily([100.0, 103.0]).alerts(RULE)
    assert alert.severity == "medium"
    assert alert.start_ts == alert.end_ts == START + 2 * DAY
    assert "AAA opened at 103, 3.0% above the previous close of 100, by the 1d bar" in alert.explanation


@pytest.mark.parametrize(("first", "count"), [(101.75, 1), (101.74, 0), (98.25, 1), (98.26, 0)])
def test_gap_counts_from_the_threshold_on(first: float, count: int) -> None:
    assert len(daily([100.0, first]).alerts(RULE, min_gap=0.0174999)) == count


@pytest.mark.parametrize("first", [50.0, 50.5, 66.67, 14.3, 200.0, 300.0, 1000.0])
def test_split_is_no_gap(first: float) -> None:
    assert daily([100.0, first]).alerts(RULE) == []


@pytest.mark.parametrize(("nights", "count"), [(9, 1), (10, 0)])
def test_usual_moves_count_once_ten_are_known(nights: int, count: int) -> None:
    usual = [101.5, 98.5] * 5
    assert len(daily([100.0, *usual[:nights], 103.0]).alerts(RULE)) == count


def test_first_minute_after_a_night_is_compared_with_the_day_before() -> None:
    (alert,) = minute(daily([100.0]), 103.0, 18 * 60).alerts(RULE)
    assert alert.end_ts - alert.start_ts == MINUTE
    assert alert.baselines["previous_close"] == 100.0


def test_gap_that_a_minute_told_is_not_told_by_the_day() -> None:
    market = minute(daily([100.0]), 103.0, 17 * 60)
    market.wait(86_400_000 - 17 * 3_600_000).add("bar", interval="1d", open=103.0, high=103.0, low=99.0, close=100.0)
    (alert,) = market.alerts(RULE)
    assert alert.revision == 1


@pytest.mark.parametrize(("minutes", "count"), [(181, 1), (180, 0)])
def test_halt_is_no_night(minutes: float, count: int) -> None:
    market = minute(Market(), 100.0)
    assert len(minute(market, 103.0, minutes).alerts(RULE)) == count


def test_first_trades_are_compared_with_the_reference_data() -> None:
    (alert,) = Market().trade(103.0, 10).wait(60_000).trade(103.0, 10).alerts(RULE)
    assert alert.baselines["previous_close"] == 100.0

"""Promise: a close beyond the range of twenty bars, on more volume than theirs, is told once a direction."""

import pytest

from tests.rules.market import Market

RULE = "price_breakout"


def bar(market: Market, close: float, volume: float = 100.0, reach: float = 0.5, interval: str = "1m") -> Market:
    return market.wait(60_000).add(
        "bar", interval=interval, open=close, high=close + reach, low=close - reach, close=close, volume=volume
    )


def channel(bars: int = 20, interval: str = "1m") -> Market:
    """Twenty bars between 99.5 and 100.5, whose true range is 1."""
    market = Market()
    for _ in range(bars):
        bar(market, 100.0, interval=interval)
    return market


def test_close_above_the_range_is_told() -> None:
    (alert,) = bar(channel(), 105.0, 480).alerts(RULE)
    assert alert.severity == "medium"
    first, second, _ = alert.explanation.splitlines()
    assert "closed at 105, above the highest high of the 20 bars before it, 100.5, by 4.5 times" in first
    assert "Its volume of 480 is 4.8 times their mean" in second


def test_close_below_the_range_is_told() -> None:
    (alert,) = bar(channel(), 98.0, 200).alerts(RULE)
    assert "below the lowest low" in alert.explanation


@pytest.mark.parametrize(("close", "count"), [(100.625, 1), (100.6, 0)])
def test_edge_must_be_exceeded(close: float, count: int) -> None:
    assert len(bar(channel(), close, 200).alerts(RULE)) == count


@pytest.mark.parametrize(("volume", "count"), [(135, 1), (134, 0)])
def test_volume_counts_from_the_threshold_on(volume: float, count: int) -> None:
    assert len(bar(channel(), 101.0, volume).alerts(RULE)) == count


@pytest.mark.parametrize(
    ("close", "volume", "severity"), [(104.5, 451, "medium"), (104.4375, 451, "low"), (104.5, 449, "low")]
)
def test_severity_takes_range_and_volume(close: float, volume: float, severity: str) -> None:
    (alert,) = bar(channel(), close, volume).alerts(RULE)
    assert alert.severity == severity


@pytest.mark.parametrize(("volume", "severity"), [(1000, "medium"), (999, "low")])
def test_severity_takes_more_than_the_highest_volume_before(volume: float, severity: str) -> None:
    market = bar(channel(19), 100.0, 800)
    (alert,) = bar(market, 105.0, volume).alerts(RULE)
    assert alert.severity == severity


@pytest.mark.parametrize(("bars", "count"), [(20, 1), (19, 0)])
def test_twenty_bars_are_needed(bars: int, count: int) -> None:
    assert len(bar(channel(bars), 102.0, 200).alerts(RULE)) == count


def test_direction_is_told_once_until_a_bar_closes_inside() -> None:
    market = bar(bar(channel(), 103.0, 200), 106.0, 300)
    (alert,) = market.alerts(RULE)
    assert alert.revision == 1
    assert len(bar(bar(market, 105.0), 109.0, 300).alerts(RULE)) == 2


def test_night_begins_the_range_anew() -> None:
    assert bar(channel().wait(10_800_000), 105.0, 300).alerts(RULE) == []


def test_intervals_have_ranges_of_their_own() -> None:
    assert bar(channel(), 105.0, 300, interval="5m").alerts(RULE) == []


@pytest.mark.parametrize(("close", "interval", "count"), [(50.0, "1d", 0), (60.0, "1d", 1), (50.0, "1m", 1)])
def test_split_begins_the_range_of_days_anew(close: float, interval: str, count: int) -> None:
    assert len(bar(channel(interval=interval), close, 300, interval=interval).alerts(RULE)) == count

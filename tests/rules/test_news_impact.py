"""Promise: bad news with heavy trading and a move within minutes is told once a cluster, even if the story is late."""

import pytest
from surveillance.events import MINUTE

from tests.rules.market import START, Market, seconds

RULE = "news_impact"


def minute(market: Market, close: float, volume: float = 100.0) -> Market:
    return market.wait(60_000).add("bar", interval="1m", open=close, high=close, low=close, close=close, volume=volume)


def quiet(bars: int = 20) -> Market:
    """Minutes that move by an eighth to and fro."""
    market = Market()
    for number in range(bars):
        minute(market, 100 + number % 2 / 8)
    return market


def story(market: Market, sentiment: float = -0.7) -> Market:
    return market.add("news", news_id="n1", headline="AAA: bad news", sentiment=sentiment)


def test_bad_news_heavy_trading_and_a_fall_are_told() -> None:
    (alert,) = minute(story(quiet().wait(2000)), 99.0, 400).alerts(RULE)
    assert (alert.severity, alert.start_ts) == ("high", START + 20 * MINUTE + seconds(2))
    assert alert.end_ts == alert.detected_ts == START + 21 * MINUTE + seconds(2)
    lines = alert.explanation.splitlines()
    assert "A story about AAA of sentiment -0.70 (threshold -0.5) was published at 14:50:02.000 UTC" in lines[0]
    assert "a minute of 400 was traded: 4.0 times the mean" in lines[1]
    assert "fell from 100.125 to 99, by 1.12%" in lines[2]


@pytest.mark.parametrize(("sentiment", "count"), [(-0.5, 1), (-0.49, 0), (0.7, 0)])
def test_sentiment_counts_from_the_threshold_down(sentiment: float, count: int) -> None:
    assert len(minute(story(quiet(), sentiment), 99.0, 400).alerts(RULE)) == count


@pytest.mark.parametrize(("volume", "count"), [(271, 1), (270, 0)])
def test_volume_must_be_exceeded(volume: float, count: int) -> None:
    assert len(minute(story(quiet()), 99.0, volume).alerts(RULE)) == count


@pytest.mark.parametrize(("close", "count"), [(99.0, 1), (100.0, 0)])
def test_move_is_needed(close: float, count: int) -> None:
    assert len(minute(story(quiet()), close, 400).alerts(RULE)) == count


def test_volume_and_move_may_come_apart() -> None:
    assert len(minute(minute(story(quiet()), 100.0, 400), 99.0).alerts(RULE)) == 1


@pytest.mark.parametrize(("later", "count"), [(10, 1), (11, 0)])
def test_impact_counts_within_the_window(later: int, count: int) -> None:
    market = story(quiet().wait(1))
    for _ in range(later):
        minute(market, 100.0)
    market.wait(-1)
    assert len(minute(market, 99.0, 400).alerts(RULE)) == count


@pytest.mark.parametrize(("bars", "count"), [(20, 1), (19, 0)])
def test_twenty_bars_are_needed(bars: int, count: int) -> None:
    assert len(minute(story(quiet(bars)), 99.0, 400).alerts(RULE)) == count


def test_late_story_is_matched_with_kept_bars() -> None:
    market = minute(quiet(), 99.0, 400)
    market.events.append({**story(Market()).events[0], "ts": START + 20 * MINUTE})
    (alert,) = market.alerts(RULE)
    assert alert.start_ts == START + 20 * MINUTE


def test_stories_of_a_cluster_are_one_alert() -> None:
    market = minute(story(quiet()), 99.0, 400)
    market = minute(story(market.wait(1000), -0.9), 98.0, 400)
    (alert,) = market.alerts(RULE)
    assert alert.revision == 1

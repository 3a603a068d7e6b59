"""Promise: returns that vary far above their own past are told; usual and unproven ones are not."""

import pytest
from surveillance.events import MINUTE

from tests.rules.market import START, Market

RULE = "volatility_spike"


def bars(moves: list[float], interval: str = "1m", close: float = 100.0) -> Market:
    market = Market()
    for move in moves:
        close *= 1 + move
        market.wait(60_000).add("bar", interval=interval, open=close, high=close, low=close, close=close, volume=100.0)
    return market


def calm(count: int) -> list[float]:
    """Returns whose windows differ a little, so that percentiles mean something."""
    return [(0.001 + 0.00002 * (number % 7)) * (-1) ** number for number in range(count)]


def shock(count: int, size: float = 0.006) -> list[float]:
    return [size * (-1) ** number for number in range(count)]


def jump() -> list[float]:
    """A calm past and a shock."""
    return calm(130) + shock(8)


def test_shock_is_told_with_its_past() -> None:
    (alert,) = bars(jump()).alerts(RULE)
    assert alert.severity == "medium"
    assert alert.start_ts == START + 130 * MINUTE
    lines = alert.explanation.splitlines()
    assert "The 1m returns of AAA became restless at 16:40:00.000 UTC" in lines[0]
    assert "100% of the" in lines[1]
    assert alert.metrics["deviation"] > 2.15 * alert.baselines["median_deviation"]


def test_usual_returns_raise_nothing_above_low() -> None:
    assert all(alert.severity == "low" for alert in bars(calm(300)).alerts(RULE))


def test_little_more_than_usual_is_low() -> None:
    (alert,) = bars(calm(130) + shock(12, 0.0014)).alerts(RULE)
    assert alert.severity == "low"


def test_one_window_is_not_enough() -> None:
    assert bars(calm(130) + shock(1)).alerts(RULE) == []
    assert len(bars(calm(130) + shock(1) + calm(1)).alerts(RULE)) == 1


def test_history_is_needed() -> None:
    assert bars(calm(90) + shock(8)).alerts(RULE) == []


def test_intervals_have_histories_of_their_own() -> None:
    market = bars(calm(130))
    market.events += bars(shock(8), interval="5m").events
    assert market.alerts(RULE) == []


def test_move_over_night_is_no_return() -> None:
    market = bars(calm(130)).wait(10_800_000)
    market.events += [event | {"ts": event["ts"] + 72_000_000_000_000} for event in bars(calm(9), close=150.0).events]
    assert market.alerts(RULE) == []


@pytest.mark.parametrize(("move", "interval", "count"), [(-0.5, "1d", 0), (-0.4, "1d", 1), (-0.5, "1m", 1)])
def test_split_of_days_is_no_return(move: float, interval: str, count: int) -> None:
    assert len(bars([*calm(130), move, *calm(3)], interval).alerts(RULE)) == count


def test_second_shock_as_large_as_the_first_is_told_too() -> None:
    found = bars(calm(130) + shock(16) + calm(40) + shock(12)).alerts(RULE)
    assert [alert.severity for alert in found if alert.start_ts >= START + 180 * MINUTE] == ["medium"]

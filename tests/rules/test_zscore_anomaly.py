"""Promise: a minute far beyond the session in several figures is told with them; one figure alone is low."""

import pytest
from surveillance.events import MINUTE

from tests.rules.market import START, Market, thresholds
from tests.rules.minutes import USUAL_ORDERS, end, minute, ordinary, unlike

RULE = "zscore_anomaly"


def scene() -> Market:
    """Ordinary minutes and one unlike them."""
    return unlike(ordinary())


def busy(orders: int, buys: float = 0.5, size: float = 100.0, count: int = 34) -> Market:
    return end(minute(ordinary(count), 1000, orders=orders, buys=buys, size=size))


def test_unusual_minute_is_told_with_value_usual_and_distance() -> None:
    (alert,) = scene().alerts(RULE)
    assert alert.severity in ("medium", "high")
    assert (alert.start_ts, alert.end_ts) == (START + 34 * MINUTE + 1, START + 35 * MINUTE)
    for figure in ("messages", "imbalance", "order_size", "volume"):
        assert alert.metrics[figure] > 1.5 * alert.baselines[figure]
        assert alert.metrics[f"{figure}_z"] >= alert.thresholds["min_z"]
    assert "spread" not in alert.metrics
    lines = alert.explanation.splitlines()
    assert "figures of AAA lay 2.5 or more standard deviations above what is usual" in lines[0]
    assert any("The number of messages was" in line and "standard deviations)" in line for line in lines)


def test_ordinary_minutes_are_quiet() -> None:
    assert end(ordinary(70)).alerts(RULE) == []


def test_one_figure_alone_is_low() -> None:
    (alert,) = end(minute(ordinary(), 1000, half=0.05)).alerts(RULE)
    assert alert.severity == "low"
    assert set(alert.baselines) == {"spread"}


def test_price_and_trading_without_order_flow_are_low() -> None:
    market = ordinary()
    for number in range(30):
        market.quote(100.0 + number / 5, 100.5 + number / 5).trade(100.0 + number / 5, 4000.0).wait(1900)
    (alert,) = end(market.wait(3000)).alerts(RULE)
    assert alert.severity == "low"
    assert {"move", "range", "spread", "volume"} <= set(alert.baselines)


def test_session_is_learnt_first() -> None:
    assert unlike(ordinary(19)).alerts(RULE) == []
    assert unlike(ordinary(21)).alerts(RULE) != []


def test_story_explains_the_minute() -> None:
    market = ordinary()
    story = {"type": "news", "symbol": "AAA", "ts": market.ts, "news_id": "n", "sentiment": 0.5}
    market.events.append(story)
    (alert,) = unlike(market).alerts(RULE)
    assert alert.severity == "low"
    assert "News came" in alert.explanation


def test_minute_that_halts_is_not_judged() -> None:
    market = ordinary()
    minute(market, 1000, orders=4 * USUAL_ORDERS, size=400.0, buys=0.95)
    half = [event for event in market.events if event["ts"] < START + 34 * MINUTE + MINUTE // 2]
    market.events = half
    market.ts = half[-1]["ts"]
    market.status("halted").wait(60_000).status("open").wait(60_000)
    assert end(market).alerts(RULE) == []


def test_unusual_minutes_in_a_row_are_one_alert() -> None:
    (alert,) = unlike(ordinary(), 3).alerts(RULE)
    assert alert.revision >= 2
    assert alert.end_ts - alert.start_ts >= 2 * MINUTE - 1


@pytest.mark.parametrize(("parameter", "beyond"), [("together", 9), ("top_z", 20), ("min_z", 20)])
def test_each_condition_alone_keeps_severity_low(parameter: str, beyond: float) -> None:
    assert parameter in thresholds(RULE)
    market = busy(70, 0.7, 150.0)
    assert [alert.severity for alert in market.alerts(RULE)] != ["low"]
    assert all(alert.severity == "low" for alert in market.alerts(RULE, **{parameter: beyond}))


def test_threshold_is_reached_exactly() -> None:
    market = busy(70, 0.7, 150.0)
    (alert,) = market.alerts(RULE)
    z = max(value for name, value in alert.metrics.items() if name.endswith("_z"))
    assert len(market.alerts(RULE, top_z=z, alone_z=20)) == 1
    assert market.alerts(RULE, top_z=z + 1e-9, alone_z=20) == []

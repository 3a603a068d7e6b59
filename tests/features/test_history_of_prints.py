"""Promise: fed bars and trades give one mean volume, each stretch of time once; corrections and far bars do not."""

from typing import Any

import pytest
from surveillance.engine import Engine
from surveillance.events import MINUTE

from tests.engine.runs import decoded
from tests.rules.market import START, Market


def history(events: list[dict[str, Any]]) -> tuple[float, float]:
    """Give the mean volume a second, and the seconds it rests on."""
    engine = Engine()
    state = engine.new_state()
    engine.feed(state, decoded(events))
    market = state.rows["markets"][1]
    return float(market["volume_rate"]), float(market["history_s"])


def bar(minutes_ago: float, interval: str, volume: float | None) -> dict[str, Any]:
    prices = dict.fromkeys(("open", "high", "low", "close"), 100.0)
    return {
        "type": "bar",
        "symbol": "AAA",
        "ts": START - round(minutes_ago * MINUTE),
        "interval": interval,
        "volume": volume,
    } | prices


@pytest.mark.parametrize(
    ("bars", "expected"),
    [
        ([bar(10, "5m", 300), bar(5, "5m", 900)], (2.0, 600)),
        ([bar(10, "5m", 300), bar(8, "5m", 900)], (1.0, 300)),
        ([bar(10, "1d", 300)], (0.0, 0)),
        ([bar(10, "5m", None), bar(5, "5m", 300)], (1.0, 300)),
    ],
)
def test_bars_of_an_hour_or_less_count_once(bars: list[dict[str, Any]], expected: tuple[float, float]) -> None:
    assert history(bars) == expected


def test_made_minutes_go_on_where_bars_end() -> None:
    market = Market()
    market.events.append(bar(0, "5m", 300))
    market.trade(100.0, 360).wait(60_000).trade(100.0, 1)
    assert history(market.events) == pytest.approx(((300 + 360) / 360, 360))


def test_weight_of_old_bars_fades_after_seven_hours() -> None:
    bars = [bar(60 * hour, "1h", 3600.0) for hour in range(20, 0, -1)] + [bar(0, "1h", 36_000.0)]
    assert history(bars) == pytest.approx((1 + 9 / 7, 7 * 3600))

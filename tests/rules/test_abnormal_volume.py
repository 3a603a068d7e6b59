"""Promise: a bar above three times the mean of the twenty before it always alerts; severity takes more."""

from math import nextafter

import pytest
from surveillance.engine import Engine
from surveillance.events import DAY, MINUTE
from surveillance.reference import Instrument, Reference
from surveillance.wire import Decoded, table_of

from tests.rules.market import START, Market

RULE = "abnormal_volume"


def bars(volumes: list[float], close: float = 100.0, interval: str = "1m", after_ms: float = 0) -> Market:
    market = Market().wait(after_ms).quote(99.9, 100.1)
    for volume in volumes:
        market.wait(60_000).add("bar", interval=interval, open=close, high=close, low=close, close=close, volume=volume)
    return market


def test_large_bar_alerts_and_is_told_in_order() -> None:
    (alert,) = bars([100.0] * 20 + [350.0]).alerts(RULE)
    assert (alert.severity, alert.start_ts, alert.end_ts) == ("low", START + 20 * MINUTE, START + 21 * MINUTE)
    lines = alert.explanation.splitlines()
    assert "350 AAA traded in the 1m bar that ended at 14:51:00.000 UTC (09:51:00 EST)" in lines[0]
    assert "3.5 times the mean of 100 of the 20 bars before it (threshold: more than 3 times)" in lines[0]
    assert "beyond measure (the twenty bars hardly vary)" in lines[1]


@pytest.mark.parametrize(("volume", "count"), [(301, 1), (300, 0)])
def test_multiple_of_the_mean_must_be_exceeded(volume: float, count: int) -> None:
    assert len(bars([100.0] * 20 + [volume]).alerts(RULE)) == count


@pytest.mark.parametrize(("before", "count"), [(20, 1), (19, 0)])
def test_twenty_bars_are_needed(before: int, count: int) -> None:
    assert len(bars([100.0] * before + [400.0]).alerts(RULE)) == count


def test_mean_of_nothing_raises_no_alert() -> None:
    assert bars([0.0] * 20 + [400.0]).alerts(RULE) == []


def test_intervals_have_histories_of_their_own() -> None:
    market = bars([100.0] * 20)
    market.events += bars([400.0], interval="5m").events
    assert market.alerts(RULE) == []


@pytest.mark.parametrize(("floor", "severity"), [(31_000, "medium"), (31_001, "low"), (15_500, "high")])
def test_money_floor_raises_severity_from_the_threshold_on(floor: float, severity: str) -> None:
    (alert,) = bars([90.0, 110.0] * 10 + [310.0], interval="1d").alerts(
        RULE, multiple=1.5, strong_multiple=3, min_money=floor
    )
    assert alert.severity == severity


Z = 0.6745 * (310 - 100) / 10


@pytest.mark.parametrize(("z", "severity"), [(Z, "medium"), (nextafter(Z, 99), "low"), (Z / 2, "high")])
def test_mad_z_raises_severity_from_the_threshold_on(z: float, severity: str) -> None:
    (alert,) = bars([90.0, 110.0] * 10 + [310.0], interval="1d").alerts(
        RULE, multiple=1.5, strong_multiple=3, min_mad_z=z, min_money=0
    )
    assert alert.severity == severity


@pytest.mark.parametrize(("volume", "severity"), [(500, "medium"), (499, "low")])
def test_bar_stands_out_from_the_strong_multiple_on(volume: float, severity: str) -> None:
    (alert,) = bars([90.0, 110.0] * 10 + [volume]).alerts(RULE, min_money=0)
    assert alert.severity == severity


@pytest.mark.parametrize(("volume", "severity"), [(600, "medium"), (599, "low")])
def test_bar_stands_out_from_twice_the_third_highest_on(volume: float, severity: str) -> None:
    (alert,) = bars([70.0, 90.0] * 8 + [60.0, 300.0, 320.0, 340.0, volume]).alerts(RULE, min_money=0)
    assert alert.severity == severity


@pytest.mark.parametrize(("multiple", "severity"), [(2.0, "high"), (2.1, "medium"), (4.1, "medium"), (4.2, "low")])
def test_minute_is_judged_by_its_time_of_day(multiple: float, severity: str) -> None:
    market, next_day = bars([100.0] * 25), bars([90.0, 110.0] * 10 + [410.0])
    market.events += [event | {"ts": event["ts"] + DAY} for event in next_day.events]
    (alert,) = market.alerts(RULE, multiple=2, strong_multiple=4, minute_multiple=multiple, min_money=0)
    assert alert.severity == severity


@pytest.mark.parametrize(("volume", "severity"), [(601, "high"), (599, "medium")])
def test_day_is_high_from_twice_the_multiple_on(volume: float, severity: str) -> None:
    (alert,) = bars([90.0, 110.0] * 10 + [volume], interval="1d").alerts(RULE, min_money=0)
    assert alert.severity == severity


def test_minute_whose_time_of_day_is_not_known_is_medium_at_most() -> None:
    (alert,) = bars([90.0, 110.0] * 10 + [900.0]).alerts(RULE, min_money=0)
    assert alert.severity == "medium"


@pytest.mark.parametrize(("minutes", "severity"), [(359, "medium"), (359.01, "low")])
def test_minute_near_the_close_is_low(minutes: float, severity: str) -> None:
    scheduled = Instrument(symbol="AAA", session_open=START, session_close=START + 390 * MINUTE)
    engine = Engine(reference=Reference(instruments=(scheduled,)))
    market = bars([90.0, 110.0] * 10 + [900.0], after_ms=minutes * 60_000)
    found = engine.feed(engine.new_state(), Decoded(table_of(market.events))).alerts
    assert [alert.severity for alert in found if alert.rule == RULE] == [severity]


def test_minutes_made_from_trades_count_empty_ones_as_nothing() -> None:
    market = Market()
    for _ in range(10):
        market.trade(100.0, 100).wait(120_000)
    market.trade(100.0, 151).wait(60_000).trade(100.0, 1)
    (alert,) = market.alerts(RULE)
    assert alert.baselines == {"mean_volume": 50.0, "median_volume": 50.0}
    assert "made from its trades" in alert.explanation


def test_minute_made_from_trades_is_not_closed_again_by_the_feed() -> None:
    market = Market()
    for _ in range(20):
        market.trade(100.0, 100).wait(60_000)
    market.trade(100.0, 400).wait(60_000).trade(100.0, 1)
    market.add("bar", interval="1m", open=100.0, high=100.0, low=100.0, close=100.0, volume=900.0)
    market.events[-1]["ts"] = START + 21 * MINUTE
    (alert,) = market.alerts(RULE)
    assert (alert.revision, alert.metrics["volume"]) == (1, 400.0)


@pytest.mark.parametrize(
    ("correction", "size", "count"), [("cancel", None, 0), ("correct", 300.0, 0), ("correct", 301.0, 1)]
)
def test_corrected_trade_changes_the_minute_it_was_counted_in(correction: str, size: float | None, count: int) -> None:
    market = Market()
    for _ in range(20):
        market.trade(100.0, 100).wait(60_000)
    market.trade(100.0, 400, trade_id="t").wait(10).trade(100.0, size or 400, trade_id="t", correction=correction)
    assert len(market.wait(60_000).trade(100.0, 1).alerts(RULE)) == count

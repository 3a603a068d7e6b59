"""Promise: depth that is withdrawn within a second alerts; depth that goes slowly, in part or by trades does not.

Nor does that of a few large orders, or of a book of which a feed shows less than ten levels.
"""

import pytest
from surveillance.engine import Engine
from surveillance.reference import Instrument, Reference
from surveillance.wire import Decoded, table_of

from tests.rules.market import SYMBOL, Market

RULE = "liquidity_evaporation"
ORDERS, LEVELS = 40, 10


def scene(seconds: int = 40, left: int = 10, gap_ms: float = 10, traded: int = 0, silent_ms: float = 0) -> Market:
    """Forty orders of a hundred stand for a while; all but `left` go one by one, the first `traded` by trades."""
    market = Market()
    for number in range(ORDERS):
        behind = number // 2 % LEVELS / 100
        side, price = ("buy", 99.99 - behind) if number % 2 else ("sell", 100.01 + behind)
        market.new(f"o{number}", side, round(price, 2), 100, f"crowd-{number}")
    for second in range(seconds):
        market.wait(1000).new(f"n{second}", "buy", 99.0, 1, "ann").cancel(f"n{second}")
    market.wait(silent_ms).new("heard", "buy", 99.0, 1, "ann").cancel("heard")
    for number in range(ORDERS - left):
        market.wait(gap_ms)
        if number < traded:
            market.fill(f"o{number}", 99.9, 100, trade_id=f"t{number}")
        else:
            market.cancel(f"o{number}")
    return market.wait(400).new("last", "buy", 99.0, 1, "ann")


def test_withdrawal_alerts_and_is_told_in_order() -> None:
    (alert,) = scene().alerts(RULE)
    assert (alert.accounts, alert.order_ids, alert.data_tier, alert.candidate) == ([], [], 1, False)
    assert alert.metrics["left_share"] <= 0.34
    assert alert.end_ts - alert.start_ts <= 1_500_000_000
    lines = alert.explanation.splitlines()
    assert "the ten best levels of both sides of AAA held" in lines[0]
    assert "of the median (threshold 34%, after 36% for 0.3 s)" in lines[1]
    assert "orders were withdrawn" in lines[2]


@pytest.mark.parametrize(("share", "count"), [(0.26, 1), (0.24, 0)])
def test_what_is_left_counts_up_to_the_threshold(share: float, count: int) -> None:
    assert len(scene().alerts(RULE, max_left=share)) == count


@pytest.mark.parametrize(("seconds", "left", "count"), [(0.4, 0.26, 1), (0.4, 0.24, 0), (0.6, 0.26, 0)])
def test_depth_that_does_not_stay_away_is_quiet(seconds: float, left: float, count: int) -> None:
    assert len(scene().alerts(RULE, stays_s=seconds, stays_left=left)) == count


def test_depth_that_comes_back_is_quiet() -> None:
    market = scene()
    market.events.pop()
    market.wait(-200)
    for number in range(20):
        market.new(f"again{number}", "buy", 99.98, 100, f"crowd-{number}")
    assert market.wait(600).new("end", "buy", 99.0, 1, "ann").alerts(RULE) == []


@pytest.mark.parametrize(("gap_ms", "count"), [(25, 1), (150, 0)])
def test_slow_withdrawal_is_quiet(gap_ms: float, count: int) -> None:
    assert len(scene(gap_ms=gap_ms).alerts(RULE)) == count


@pytest.mark.parametrize(("silent_ms", "count"), [(4900, 1), (5000, 0)])
def test_what_a_feed_catches_up_with_is_quiet(silent_ms: float, count: int) -> None:
    assert len(scene(silent_ms=silent_ms).alerts(RULE)) == count


@pytest.mark.parametrize(("traded", "count"), [(6, 1), (12, 0)])
def test_depth_that_was_traded_away_is_quiet(traded: int, count: int) -> None:
    assert len(scene(traded=traded).alerts(RULE)) == count


@pytest.mark.parametrize(("seconds", "count"), [(32, 1), (25, 0)])
def test_median_needs_some_seconds(seconds: int, count: int) -> None:
    assert len(scene(seconds=seconds).alerts(RULE)) == count


@pytest.mark.parametrize(("withdrawn", "count"), [(32, 1), (33, 0)])
def test_few_orders_are_no_flight(withdrawn: float, count: int) -> None:
    alerts = scene().alerts(RULE, min_withdrawn=withdrawn)
    assert len(alerts) == count
    for alert in alerts:
        assert "32 orders were withdrawn" in alert.explanation


@pytest.mark.parametrize(("levels", "count"), [(0, 1), (10, 1), (9, 0)])
def test_feed_with_fewer_than_ten_levels_is_not_applicable(levels: int, count: int) -> None:
    engine = Engine(reference=Reference(instruments=(Instrument(symbol=SYMBOL, shown_levels=levels),)))
    state = engine.new_state()
    alerts = engine.feed(state, Decoded(table_of(scene().events))).alerts
    assert len([alert for alert in alerts if alert.rule == RULE]) == count
    assert (RULE in engine.not_applicable(state)) == (not count)


def test_it_is_told_once_until_the_depth_is_back() -> None:
    (alert,) = scene(left=0).alerts(RULE)
    assert alert.revision == 1

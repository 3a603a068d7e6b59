"""Promise: a ratio above its maximum is told once a session, counted as the regulation counts."""

import pytest
from surveillance.engine import Engine
from surveillance.parameters import Parameters
from surveillance.reference import Account, Reference
from surveillance.rules import RULES
from surveillance.wire import Decoded, table_of

from tests.rules.market import Market

RULE = "excessive_order_to_trade"


def scene(orders: int = 10, fills: int = 0, replaces: int = 0, pause_ms: float = 10) -> Market:
    """Eve enters and cancels so many orders of ten, after so many fills and replaces of one more of a hundred."""
    market = Market().new("traded", "buy", 99.9, 100, "eve-1")
    for number in range(fills):
        market.fill("traded", 99.9, 1, trade_id=f"t{number}").wait(pause_ms)
    for number in range(replaces):
        market.replace("traded", price=99.8 - number / 100).wait(pause_ms)
    for number in range(orders):
        market.new(f"o{number}", "buy", 99.8, 10, ("eve-1", "eve-2")[number % 2]).wait(pause_ms)
        market.cancel(f"o{number}").wait(pause_ms)
    return market


def test_breach_is_told_with_both_ratios() -> None:
    (alert,) = scene(orders=30, fills=2).alerts(RULE, max_ratio=20)
    assert (alert.accounts, alert.data_tier, alert.order_ids) == (["eve-1"], 3, [])
    assert alert.metrics == {"orders": 43.0, "executions": 2.0, "ratio": 20.5, "volume_ratio": 259.0}
    assert "sent 43 orders for 520 AAA in this session" in alert.explanation
    assert "That is a ratio of 20 in number (maximum 20) and of 259 in volume" in alert.explanation


@pytest.mark.parametrize(("maximum", "count"), [(20, 1), (21, 0)])
def test_without_executions_the_orders_count_from_just_above_the_maximum(maximum: float, count: int) -> None:
    assert len(scene(orders=10).alerts(RULE, max_ratio=maximum)) == count


@pytest.mark.parametrize(("maximum", "count"), [(9.4, 1), (9.5, 0)])
def test_ratio_counts_from_just_above_the_maximum(maximum: float, count: int) -> None:
    assert len(scene(orders=10, fills=2).alerts(RULE, max_ratio=maximum)) == count


@pytest.mark.parametrize(("maximum", "count"), [(5, 1), (6, 0)])
def test_replace_counts_as_cancel_and_new(maximum: float, count: int) -> None:
    assert len(scene(orders=0, fills=1, replaces=3).alerts(RULE, max_ratio=maximum)) == count


@pytest.mark.parametrize(("maximum", "count"), [(298, 1), (299, 0)])
def test_volume_has_a_maximum_of_its_own(maximum: float, count: int) -> None:
    market = scene(orders=10, fills=1)
    assert len(market.alerts(RULE, max_ratio=2, max_volume_ratio=maximum)) == 1
    assert len(scene(orders=10, fills=1).alerts(RULE, max_ratio=20, max_volume_ratio=maximum)) == count


def test_breach_is_told_once() -> None:
    (alert,) = scene(orders=60).alerts(RULE, max_ratio=20)
    assert alert.revision == 1


def test_alert_begins_with_the_activity_that_led_to_it() -> None:
    market = Market().new("early", "buy", 99.9, 10, "eve-1").wait(30_000.001)
    began = market.ts
    later = scene(orders=20)
    shift = began - later.events[0]["ts"]
    for event in later.events:
        event["ts"] += shift
    market.events += later.events
    (alert,) = market.alerts(RULE, max_ratio=20)
    assert alert.start_ts == began


@pytest.mark.parametrize(("maximum", "count"), [(0, 0), (20, 1), (45, 0)])
def test_market_maker_is_exempt_or_has_a_maximum_of_its_own(maximum: float, count: int) -> None:
    accounts = tuple(
        Account(account=name, beneficial_owner="Eve", entity_type="market_maker") for name in ("eve-1", "eve-2")
    )
    layer = {RULE: {"max_ratio": 10, "maker_max_ratio": maximum}}
    engine = Engine(Parameters({each.ID: each.PARAMETERS for each in RULES}, [layer]), Reference(accounts=accounts))
    alerts = engine.feed(engine.new_state(), Decoded(table_of(scene(orders=20).events))).alerts
    assert len([alert for alert in alerts if alert.rule == RULE]) == count

"""Promise: trades that span too much of the previous close within seconds are told; slower or unfit prints are not."""

import pytest

from tests.rules.market import Market

RULE = "price_velocity"


def rise(to: float = 100.5, within_ms: float = 1000, **second: object) -> Market:
    return Market().trade(100.0, 10, trade_id="t1").wait(within_ms).trade(to, 10, trade_id="t2", **second)


def test_quick_rise_alerts_and_is_told_in_order() -> None:
    (alert,) = rise().alerts(RULE)
    assert alert.trade_ids == ["t1", "t2"]
    assert alert.metrics == {"move": 0.005, "high": 100.5, "low": 100.0}
    lines = alert.explanation.splitlines()
    assert "AAA rose from 100 at 14:30:00.000 UTC (09:30:00 EST) to 100.5" in lines[0]
    assert "within 1.0 s" in lines[0]
    assert "0.50% of the previous close of 100; the threshold is 0.44% within 5 s" in lines[1]


def test_fall_is_told_as_a_fall() -> None:
    (alert,) = rise(99.5).alerts(RULE)
    assert "AAA fell from 100" in alert.explanation


@pytest.mark.parametrize(("price", "count"), [(100.5, 1), (100.4375, 0)])
def test_move_counts_from_the_threshold_on(price: float, count: int) -> None:
    assert len(rise(price).alerts(RULE, min_move=0.005)) == count


@pytest.mark.parametrize(("price", "severity"), [(100.5, "medium"), (100.4375, "low")])
def test_move_below_the_plain_one_is_low(price: float, severity: str) -> None:
    (alert,) = rise(price).alerts(RULE, min_move=0.004)
    assert alert.severity == severity


@pytest.mark.parametrize(("within_ms", "count"), [(5000, 1), (5000.001, 0)])
def test_window_counts_up_to_the_threshold(within_ms: float, count: int) -> None:
    assert len(rise(within_ms=within_ms).alerts(RULE)) == count


@pytest.mark.parametrize("condition", ["late", "out_of_sequence", "average_price"])
def test_print_that_sets_no_price_is_quiet(condition: str) -> None:
    assert rise(conditions=[condition]).alerts(RULE) == []


@pytest.mark.parametrize("correction", ["cancel", "correct"])
def test_corrected_print_leaves_the_window(correction: str) -> None:
    market = Market().trade(100.0, 10, trade_id="t1").trade(100.25, 10, trade_id="t2").wait(10)
    market.trade(100.25, 10, trade_id="t2", correction=correction).trade(99.8, 10, trade_id="t3")
    assert market.alerts(RULE) == []
    market.events.pop(2)
    assert len(market.alerts(RULE)) == 1


def test_move_that_goes_on_extends_the_episode_from_the_last_print() -> None:
    (alert,) = rise().wait(100).trade(101.0, 10, trade_id="t3").alerts(RULE)
    assert (alert.revision, alert.trade_ids) == (2, ["t1", "t2", "t3"])
    assert "number 2 in one episode" in alert.explanation


def test_halt_is_quiet() -> None:
    market = Market().status("halted")
    market.events += rise().events
    assert market.alerts(RULE) == []


def test_first_trade_stands_in_for_an_unknown_previous_close() -> None:
    market = rise()
    for event in market.events:
        event["symbol"] = "ZZZ"
    (alert,) = market.alerts(RULE)
    assert "the session's first trade stands in" in alert.explanation

"""Promise: a rush of buyers that drives the price up and is sold into is told; what lacks one of these is not."""

import pytest

from tests.rules.market import Market

RULE = "pump_and_dump"
MINUTES = 65


def quiet_hours(size: float = 30.0) -> Market:
    """A print every five seconds, a lone buyer and a lone seller in turn."""
    market = Market()
    for number in range(MINUTES * 12):
        market.trade(100.0, size, aggressor="buy" if number % 2 else "sell").wait(5000)
    return market


def rush(market: Market, orders: int = 10, size: float = 60.0, to: float = 103.0, prints: int = 2) -> Market:
    """So many buy orders within a chunk, each of several prints, each a little higher."""
    for number in range(orders):
        price = 100.0 + (to - 100.0) * (number + 1) / orders
        for part in range(prints):
            market.trade(price, size, aggressor="buy", buy_order_id=f"r{number}", trade_id=f"r{number}-{part}")
        market.wait(2000)
    return market


def dump(market: Market, to: float = 101.0, side: str = "sell", after_s: float = 60.0) -> Market:
    return market.wait(after_s * 1000).trade(to, 500, aggressor=side, trade_id="d")


def test_pump_that_is_dumped_alerts_and_is_told_in_order() -> None:
    (alert,) = dump(rush(quiet_hours())).alerts(RULE)
    assert alert.trade_ids == [*(f"r{number}-1" for number in range(10)), "d"]
    assert (alert.severity, alert.data_tier, alert.accounts) == ("critical", 0, [])
    lines = alert.explanation.splitlines()
    assert "10 aggressive buy orders that took several prints each" not in lines[1]
    assert "aggressive buy orders that took several prints each came to AAA in the 25 s from" in lines[0]
    assert "times the mean of the last hours (threshold 4 times)" in lines[1]
    assert "rose from 100 to 103" in lines[2]
    assert "it had given back 50% of that; sellers were the aggressors in 89%" in lines[3]


@pytest.mark.parametrize(
    "market",
    [
        pytest.param(rush(quiet_hours()), id="no dump"),
        pytest.param(dump(rush(quiet_hours(), prints=1, size=120)), id="single prints"),
        pytest.param(dump(rush(quiet_hours(), size=10)), id="usual volume"),
        pytest.param(dump(rush(quiet_hours(), to=100.5), to=100.125), id="no rise"),
        pytest.param(dump(rush(quiet_hours()), side="buy"), id="nobody sells"),
        pytest.param(dump(rush(Market())), id="no history"),
    ],
)
def test_near_miss_is_quiet(market: Market) -> None:
    assert market.alerts(RULE) == []


@pytest.mark.parametrize(("to", "count"), [(101.5, 1), (101.5625, 0)])
def test_dump_counts_from_half_of_the_rise_on(to: float, count: int) -> None:
    assert len(dump(rush(quiet_hours()), to=to).alerts(RULE)) == count


@pytest.mark.parametrize(("orders", "count"), [(6, 1), (5, 0)])
def test_rush_orders_count_from_the_threshold_on(orders: int, count: int) -> None:
    assert len(dump(rush(quiet_hours(), orders=orders, size=120)).alerts(RULE)) == count


@pytest.mark.parametrize(("after_s", "count"), [(3602, 1), (3602.000001, 0)])
def test_dump_counts_up_to_an_hour_after_the_highest_price(after_s: float, count: int) -> None:
    market = rush(quiet_hours())
    market.ts -= 2_000_000_000
    assert len(dump(market, after_s=after_s - 2).alerts(RULE)) == count


def test_fed_bars_of_earlier_days_are_history() -> None:
    market = Market()
    for number in range(20):
        hour = market.ts - (40 - number) * 3_600_000_000_000
        market.add("bar", ts=hour, interval="1h", open=100.0, high=100.0, low=100.0, close=100.0, volume=18_000.0)
    for number in range(60):
        market.trade(100.0, 30.0, aggressor="buy" if number % 2 else "sell").wait(5000)
    assert len(dump(rush(market)).alerts(RULE)) == 1


def test_rush_that_begins_before_the_price_has_risen_is_no_measure_of_itself() -> None:
    begins = rush(quiet_hours(), orders=12, to=100.4)
    assert len(dump(rush(begins, to=103.0)).alerts(RULE)) == 1


def hold(market: Market, price: float, chunks: int) -> Market:
    """Small prints at one price, one every five seconds."""
    for number in range(5 * chunks):
        market.trade(price, 30.0, aggressor="buy" if number % 2 else "sell").wait(5000)
    return market


def test_waves_of_buyers_that_moved_no_price_do_not_hide_a_pump() -> None:
    market = quiet_hours()
    for _ in range(6):
        hold(rush(market, orders=12, to=100.0), 100.0, chunks=4)
    assert len(dump(rush(market)).alerts(RULE)) == 1


def test_pump_out_of_a_rise_that_held_is_told_from_there() -> None:
    market = hold(rush(quiet_hours()), 103.0, chunks=18)
    for number in range(12):
        for part in range(2):
            price = 103.0 + 3.0 * (number + 1) / 12
            market.trade(price, 80.0, aggressor="buy", buy_order_id=f"s{number}", trade_id=f"s{number}-{part}")
        market.wait(2000)
    (alert,) = dump(market, to=104.25).alerts(RULE)
    assert "rose from 103 to 106" in alert.explanation
    assert set(alert.trade_ids) <= {"d", *(f"s{number}-1" for number in range(12))}


@pytest.mark.parametrize(("chunks", "count"), [(10, 1), (18, 0)])
def test_higher_price_long_after_the_rush_ends_the_wait(chunks: int, count: int) -> None:
    market = hold(rush(quiet_hours()), 103.0, chunks=chunks).trade(103.25, 30, aggressor="buy").wait(5000)
    assert len(dump(market, to=101.0).alerts(RULE)) == count

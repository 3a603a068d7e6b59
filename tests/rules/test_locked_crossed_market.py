"""Promise: a bid at or above an ask is told, at once in one venue, after its time and only if fresh across venues."""

import pytest

from tests.rules.market import START, Market, seconds

RULE = "locked_crossed_market"


def venues(bid: float, lasts_ms: float = 900, other_ts_ms: float = 0) -> Market:
    """Let XNYS bid while XNAS asks 100.125, for so long."""
    market = Market().quote(100.0, 100.125, venue="XNAS").wait(other_ts_ms)
    market.quote(bid, bid + 1, venue="XNYS").wait(lasts_ms)
    return market.quote(99.5, 101, venue="XNYS")


def test_market_crossed_across_venues_is_told_with_its_length() -> None:
    (alert,) = venues(100.25).alerts(RULE)
    assert (alert.severity, alert.start_ts, alert.detected_ts) == ("medium", START, START + seconds(0.8))
    lines = alert.explanation.splitlines()
    assert "The market in AAA was crossed across venues from 14:30:00.000 UTC (09:30:00 EST) on" in lines[0]
    assert "for at least 900 ms (threshold 0.8 s)" in lines[0]
    assert "one venue bid 100.25 and another asked 100.125: 12.5 bp of the mid" in lines[1]


def test_market_only_locked_is_of_low_severity() -> None:
    (alert,) = venues(100.125).alerts(RULE)
    assert alert.severity == "low"


def test_bid_below_the_ask_is_no_lock() -> None:
    assert venues(100.0625).alerts(RULE) == []


@pytest.mark.parametrize(("lasts_ms", "count"), [(800, 1), (799.999, 0)])
def test_duration_counts_from_the_threshold_on(lasts_ms: float, count: int) -> None:
    assert len(venues(100.25, lasts_ms).alerts(RULE)) == count


@pytest.mark.parametrize(("ago_ms", "count"), [(5000, 1), (5001, 0)])
def test_venue_that_fell_silent_crosses_nobody(ago_ms: float, count: int) -> None:
    assert len(venues(100.25, other_ts_ms=ago_ms).alerts(RULE)) == count


def test_break_begins_the_stretch_anew() -> None:
    market = venues(100.25, 500).wait(1).quote(100.25, 101.25, venue="XNYS").wait(500)
    assert market.quote(99.5, 101, venue="XNYS").alerts(RULE) == []


def test_halt_breaks_the_stretch() -> None:
    market = Market().quote(100.0, 100.125, venue="XNAS").quote(100.25, 101, venue="XNYS")
    market.wait(100).status("halted").wait(1000).status("open").wait(1)
    assert market.quote(99.5, 101, venue="XNYS").alerts(RULE) == []


def test_stretch_is_told_once() -> None:
    market = venues(100.25)
    market.events.pop()
    for _ in range(5):
        market.quote(100.25, 101, venue="XNYS").wait(300)
    (alert,) = market.alerts(RULE)
    assert alert.revision == 1


@pytest.mark.parametrize(("bid", "severity"), [(100.25, "high"), (100.125, "medium")])
def test_venue_crossed_in_itself_is_told_at_once(bid: float, severity: str) -> None:
    (alert,) = Market().quote(bid, 100.125, venue="XNYS").alerts(RULE)
    assert (alert.severity, alert.start_ts, alert.end_ts) == (severity, START, START)
    assert "XNYS quoted AAA" in alert.explanation
    assert "a fault of its data" in alert.explanation


def test_sides_quoted_at_different_times_are_of_low_severity() -> None:
    market = Market().quote(None, 100.125, venue="XNYS").quote(100.25, None, venue="XNYS")
    (alert,) = market.alerts(RULE)
    assert alert.severity == "low"
    assert "the older one may be out of date" in alert.explanation


def test_consolidated_quote_is_no_venue() -> None:
    assert Market().quote(100.25, 100.125).alerts(RULE) == []


def test_empty_side_crosses_nothing() -> None:
    market = Market().quote(100.0, 100.125, venue="XNAS").quote(None, 99.0, venue="XNYS", bid_size=0.0)
    market.quote(None, None, venue="XNAS", bid_size=0.0).wait(2000).quote(None, 99.0, venue="XNYS")
    assert market.alerts(RULE) == []

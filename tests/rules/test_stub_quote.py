"""Promise: a two-sided quote far from the other venues' best prices is told once; a near or one-sided one is not."""

import pytest
from surveillance.engine import Engine, default_parameters
from surveillance.events import MINUTE
from surveillance.reference import Instrument, Reference
from surveillance.wire import Decoded, table_of

from tests.rules.market import START, Market

RULE = "stub_quote"


def away(bid: float, ask: float | None, **more: object) -> Market:
    return Market().quote(100.0, 100.5, venue="XNAS").wait(10).quote(bid, ask, venue="XNYS", **more)


def test_quote_far_away_is_told_with_its_distances() -> None:
    (alert,) = away(80.0, 120.6).alerts(RULE)
    assert (alert.venue, alert.severity) == ("XNYS", "medium")
    assert alert.metrics == pytest.approx({"bid_share_away": 0.2, "ask_share_away": 0.2})
    first = alert.explanation.splitlines()[0]
    assert "XNYS quoted AAA at 80 to 120.6 at 14:30:00.010 UTC (09:30:00 EST)" in first
    assert "its bid 20.0% away from the best bid elsewhere, 100 and its ask 20.0% away" in first


@pytest.mark.parametrize(("bid", "count"), [(92.99, 1), (93.0, 0)])
def test_band_must_be_exceeded(bid: float, count: int) -> None:
    assert len(away(bid, 100.5).alerts(RULE)) == count


def test_one_side_alone_is_no_stub() -> None:
    assert away(50.0, None, ask_size=0.0).alerts(RULE) == []


def test_only_venue_has_nothing_to_be_far_from() -> None:
    assert Market().quote(1.0, 1000.0, venue="XNYS").alerts(RULE) == []


def test_stretch_is_told_once_and_the_next_one_again() -> None:
    market = away(80.0, 120.0)
    for bid in (79.0, 78.0, 99.0, 80.0):
        market.wait(10).quote(bid, 120.0 if bid < 90 else 100.5, venue="XNYS")
    (alert,) = market.alerts(RULE)
    assert alert.revision == 2


@pytest.mark.parametrize(
    ("minute", "bid", "count"), [(14, 85.0, 0), (14, 82.0, 1), (16, 85.0, 1), (364, 85.0, 1), (366, 85.0, 0)]
)
def test_wider_band_holds_near_the_open_and_the_close(minute: int, bid: float, count: int) -> None:
    scheduled = Instrument(symbol="AAA", session_open=START, session_close=START + 390 * MINUTE)
    engine = Engine(default_parameters(), Reference((scheduled,)))
    market = Market().wait(minute * 60_000).quote(100.0, 100.5, venue="XNAS").quote(bid, 120.0, venue="XNYS")
    for event in market.events:
        if event["venue"] == "XNYS":
            event["ask_price"] = 100.5
    found = engine.feed(engine.new_state(), Decoded(table_of(market.events))).alerts
    assert len([alert for alert in found if alert.rule == RULE]) == count

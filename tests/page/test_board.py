"""The board's figures are those of its events: prices, best quotes, spread, rates, freshness; nothing of the past."""

import numpy as np
import pytest
from surveillance.events import SECOND
from surveillance.wire import table_of

from local.page.board import Board, Line, decimals_of
from tests.page.standing import OPEN, at

MILLI = 1_000_000


def board(*rows: dict[str, object], ticks: int = 0) -> Board:
    made = Board()
    made.tick()
    made.take(table_of(list(rows)))
    for _ in range(ticks):
        made.tick()
    return made


def trade(seconds: float, price: float, size: float = 100.0, **fields: object) -> dict[str, object]:
    return at(seconds, "trade", price=price, size=size, **fields)


def quote(seconds: float, venue: str, **fields: object) -> dict[str, object]:
    return at(seconds, "quote", venue=venue, **fields)


def test_last_price_change_and_volume_are_of_its_trades() -> None:
    line = board(trade(0, 10.0), trade(1, 10.5), trade(2, 10.2, 50.0)).lines["AAA"]
    assert (line.last, line.volume, line.trades) == (10.2, 250.0, 3)
    assert line.change(None) == pytest.approx(0.02)
    assert line.change(10.2 / 0.9) == pytest.approx(-0.1)


def test_a_corrected_print_is_no_price() -> None:
    assert board(trade(0, 10.0), trade(1, 99.0, correction="cancel")).lines["AAA"].last == 10.0


def test_best_prices_are_the_best_of_all_venues_and_an_empty_side_is_none() -> None:
    rows = [
        quote(0, "X", bid_price=9.9, bid_size=1.0, ask_price=10.3, ask_size=1.0),
        quote(1, "Y", bid_price=10.0, bid_size=1.0, ask_price=10.2, ask_size=1.0),
        quote(2, "Y", bid_size=0.0),
        quote(3, "X", ask_price=10.1, ask_size=1.0),
    ]
    line = board(*rows).lines["AAA"]
    assert (line.best.bid, line.best.ask) == (9.9, 10.1)
    assert line.spread_bp == pytest.approx(200.0)
    assert board(*rows, quote(4, "X", bid_size=0.0)).lines["AAA"].spread_bp is None


def test_a_consolidated_quote_counts_for_all() -> None:
    rows = [quote(0, "X", bid_price=9.0, ask_price=9.5), quote(1, "NBBO", bid_price=9.9, ask_price=10.1)]
    assert board(*rows).lines["AAA"].best.bid == 9.9


def test_rates_are_means_of_closed_seconds_and_leave_out_what_came_before_the_first() -> None:
    made = Board()
    made.take(table_of([trade(place / 100, 10.0) for place in range(1000)]))
    made.tick()
    assert made.rate == 0
    made.take(table_of([trade(20 + place, 10.0) for place in range(6)]))
    made.tick()
    made.tick()
    assert made.rate == 3
    assert made.lines["AAA"].rates() == (0, 3, 3)
    assert made.events == 1006


def test_a_feed_is_as_fresh_as_its_newest_event_and_tells_gaps_and_silence() -> None:
    own = {"type": "status", "symbol": "*", "producer": "venue/status", "channel": "orders"}
    gap = {**own, "ts": OPEN, "received_ts": OPEN, "state": "gap"}
    silent = {**own, "ts": OPEN + 9 * SECOND, "received_ts": OPEN + 9 * SECOND, "state": "silent"}
    made = board(trade(0, 10.0), trade(2, 10.0), gap, gap, ticks=1)
    feed = made.feeds["venue/orders"]
    assert (feed.received_ts, feed.events, feed.gaps, feed.state) == (OPEN + 2 * SECOND + MILLI, 2, 1, "")
    made.take(table_of([silent]))
    assert made.feeds["venue/orders"].state == "silent"
    made.take(table_of([trade(12, 10.0)]))
    assert made.feeds["venue/orders"].state == ""
    made.take(table_of([{**silent, "state": "skewed", "ts": OPEN + 13 * SECOND}, trade(14, 10.0)]))
    assert made.feeds["venue/orders"].state == "skewed"
    made.take(table_of([trade(24, 10.0)]))
    assert made.feeds["venue/orders"].state == ""
    assert set(made.lines) == {"AAA"}


def test_when_evidence_was_received_is_known_while_it_is_remembered() -> None:
    made = board(trade(1, 10.0), trade(2, 10.0), trade(3, 10.0))
    assert made.received("AAA", OPEN + 2 * SECOND) == OPEN + 2 * SECOND + MILLI
    assert made.received("AAA", OPEN + 2 * SECOND + 1) == OPEN + 3 * SECOND + MILLI
    assert made.received("AAA", OPEN + 4 * SECOND) is None
    assert made.received("AAA", OPEN) is None
    assert made.received("BBB", OPEN) is None


def test_delays_are_from_receipt_to_the_stream() -> None:
    made = board()
    made.take(table_of([trade(1, 10.0), trade(2, 10.0)]), np.array([OPEN + 1 * SECOND, OPEN + 3 * SECOND]))
    assert list(made.delays_ns) == [-MILLI, SECOND - MILLI]


def test_events_without_what_they_need_are_left_alone() -> None:
    made = board({"type": "trade", "ts": OPEN, "price": 1.0}, {"type": "trade", "symbol": "AAA", "price": 1.0})
    assert made.lines == {}
    assert board(at(0, "order", action="new", order_id="o")).lines["AAA"].last is None


@pytest.mark.parametrize(("price", "places"), [(10.0, 2), (10.25, 2), (1.0875, 4), (0.00012345, 6)])
def test_prices_are_written_with_the_decimals_they_have(price: float, places: int) -> None:
    assert decimals_of(None, Line("AAA", last=price)) == places

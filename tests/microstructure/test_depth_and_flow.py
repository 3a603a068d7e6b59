"""Depth, liquidity, order flow, VPIN, averages over time and tables of events: edges, laws, what is undefined."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surveillance.errors import InputError
from surveillance.events import SCHEMA
from surveillance.microstructure import (
    amihud,
    arch_lm,
    book_imbalance,
    bucket_changes,
    buy_share,
    depth_of_levels,
    depth_within,
    effective_spread,
    gather,
    kyle_lambda,
    liquidity_score,
    ljung_box,
    log_returns,
    order_flow_imbalance,
    quoted_spread,
    realised_volatility,
    roll_spread,
    time_weighted,
    vpin,
)

NAN = np.nan


def test_depth_counts_levels_and_prices_up_to_the_distance() -> None:
    price = np.array([[99.95, 99.90, 99.89], [99.95, NAN, 99.90]])
    size = np.array([[1.0, 2.0, 4.0], [1.0, 2.0, 4.0]])
    assert depth_of_levels(price, size, 2).tolist() == [3.0, 1.0]
    assert depth_within(price, size, [100.0, 100.0], 10.0).tolist() == [3.0, 5.0]
    assert depth_within([[1.0989]], [[3.0]], [1.1], 10.0).tolist() == [3.0]  # 1.1 − 1.0989 is above 0.0011 in binary
    assert np.isnan(depth_within(price, size, [NAN, 100.0], 10.0)).tolist() == [True, False]


def test_imbalance_leans_to_the_heavier_side() -> None:
    assert book_imbalance([3.0, 0.0, 1.0], [1.0, 2.0, 1.0]).tolist() == [0.5, -1.0, 0.0]
    assert np.isnan(book_imbalance([0.0], [0.0])[0])


def test_deep_and_tight_scores_high() -> None:
    scores = liquidity_score([1.0, 5.0, 9.0, NAN], [9.0, 5.0, 1.0, 1.0])
    assert scores[:3].tolist() == pytest.approx([1 / 36, 0.25, 25 / 36])
    assert np.isnan(scores[3])
    assert liquidity_score([2.0, 2.0], [1.0, 1.0]).tolist() == [0.25, 0.25]


def test_a_side_that_comes_adds_its_size_and_one_that_goes_takes_it() -> None:
    added = order_flow_imbalance([10.0, NAN, 10.0, 10.0], [5, 7, 6, 6], [11.0, 11.0, 11.0, 11.0], [4, 4, 4, 0])
    assert added[1:].tolist() == [-5.0, 6.0, 4.0]
    assert np.isnan(order_flow_imbalance([10.0, 10.0], [NAN, 5], [11.0, 11.0], [4, 4])[1])


def test_crossed_and_missing_quotes_have_no_spread_and_a_locked_one_none_to_pay() -> None:
    assert quoted_spread([10.0, 10.0], [10.0, 11.0])[:2].tolist() == [0.0, 1.0]
    assert np.isnan(quoted_spread([10.0, 10.0, NAN], [9.0, 11.0, 11.0], [1, 0, 1], [1, 1, 1])).all()


def test_a_trade_without_direction_has_no_spread() -> None:
    assert np.isnan(effective_spread([0, 1, 1], [10.0, NAN, 10.0], [9.0, 9.0, NAN])).all()


steps_of_a_day = st.lists(st.tuples(st.integers(0, 50), st.none() | st.integers(0, 9)), min_size=1, max_size=20)


@settings(max_examples=60, deadline=None)
@given(steps_of_a_day, st.integers(1, 20))
def test_time_weights_are_those_of_every_moment(steps: list[tuple[int, int | None]], width: int) -> None:
    steps.sort(key=lambda step: step[0])
    ts, values = [at for at, _ in steps], [NAN if value is None else value for _, value in steps]
    edges = np.arange(0, 81, width)
    moments = np.full(80, NAN)
    for at, value in zip(ts, values, strict=True):
        moments[at:] = value
    for row, found in enumerate(time_weighted(values, ts, edges)):
        known = moments[edges[row] : edges[row + 1]]
        known = known[~np.isnan(known)]
        assert found == pytest.approx(known.mean() if len(known) else NAN, nan_ok=True)


def test_buckets_split_trades_and_leave_the_rest_out() -> None:
    assert bucket_changes([10.0, 11.0, 12.0, 13.0], [50, 100, 250, 99], 100.0).tolist() == [1.0, 1.0, 0.0, 0.0]
    assert bucket_changes([10.0], [99.0], 100.0).tolist() == []


def test_vpin_knows_nothing_later_and_lies_within_its_bounds() -> None:
    changes = np.random.default_rng(5).normal(size=80)
    told = vpin(changes, 20)
    assert np.isnan(told[:19]).all()
    assert ((told[19:] >= 0.0) & (told[19:] <= 1.0)).all()
    np.testing.assert_array_equal(vpin(changes[:50], 20), told[:50])
    np.testing.assert_allclose(vpin(-8.0 * changes, 20), told)
    assert np.isnan(vpin(np.zeros(5), 5)[4])
    assert buy_share([1.0, -1.0, 0.0])[2] == 0.5


def test_figures_without_what_they_need_are_undefined() -> None:
    assert np.isnan(kyle_lambda([], []))
    assert np.isnan(kyle_lambda([1.0, NAN], [0.0, 5.0]))
    assert np.isnan(amihud([0.01], [0.0]))
    assert np.isnan(roll_spread([1.0, 2.0, 3.0, 5.0, 8.0]))
    assert np.isnan(roll_spread([1.0, 2.0, 3.0]))
    assert np.isnan(arch_lm(np.zeros(50)).statistic)
    assert np.isnan(ljung_box([1.0, 2.0]).p_value)
    assert np.isnan(realised_volatility(log_returns([5.0])))


def test_realised_volatility_is_the_root_of_squared_returns() -> None:
    returns = log_returns([100.0, 101.0, NAN, 102.0, 100.0])
    assert np.isnan(returns).tolist() == [False, True, True, False]
    wanted = np.sqrt(252.0 * (np.log(1.01) ** 2 + np.log(100 / 102) ** 2))
    assert realised_volatility(returns, periods=252.0) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("said", "call"),
    [
        ("goes back at position 1", lambda: time_weighted([1.0, 2.0], [2, 1], [0, 5])),
        ("differ in length: price_change 2, signed_volume 1", lambda: kyle_lambda([1.0, 2.0], [1.0])),
        ("below 0 at position 1", lambda: book_imbalance([1.0, -1.0], [1.0, 1.0])),
        ("infinite value", lambda: roll_spread([1.0, np.inf])),
        ("no list of integers", lambda: time_weighted([1.0], [0.5], [0, 5])),
        ("levels are asked for; the book has 1", lambda: depth_of_levels([[1.0]], [[1.0]], 2)),
        ("has 1 dimensions, not 2", lambda: depth_of_levels([1.0], [1.0], 1)),
        ("bucket must be above 0", lambda: bucket_changes([1.0], [1.0], 0.0)),
        ("two buckets or more", lambda: vpin([1.0], 1)),
        ("have a gap", lambda: arch_lm([1.0, NAN, 2.0])),
        ("one lag or more", lambda: ljung_box([1.0, 2.0], 0)),
    ],
)
def test_bad_input_is_refused_in_a_sentence(said: str, call: object) -> None:
    with pytest.raises(InputError, match=said):
        call()  # type: ignore[operator]


def events(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist([{"symbol": "A", **row} for row in rows], SCHEMA)


def quote(ts: int, **sides: object) -> dict[str, object]:
    return {"type": "quote", "ts": ts, "venue": "X", **sides}


def trade(ts: int, **told: object) -> dict[str, object]:
    return {"type": "trade", "ts": ts, "venue": "X", "price": 10.0, "size": 1.0, **told}


def test_events_become_whole_quotes_in_the_order_of_the_feed() -> None:
    found = gather(
        events(
            quote(1, bid_price=10.0, bid_size=5.0),
            trade(1, aggressor="buy"),
            quote(2, ask_price=11.0),
            quote(3, bid_size=7.0, ask_size=2.0),
            {"type": "order", "ts": 3},
            trade(3, aggressor="sell"),
            quote(4, bid_size=0.0),
            trade(4),
        )
    )
    assert found.quotes_before.tolist() == [1, 3, 4]
    assert found.trades.direction is not None
    assert found.trades.direction.tolist() == [1, -1, 0]
    np.testing.assert_array_equal(found.quotes.bid, [10.0, 10.0, 10.0, NAN])
    np.testing.assert_array_equal(found.quotes.bid_size, [5.0, 5.0, 7.0, 0.0])
    np.testing.assert_array_equal(found.quotes.ask, [NAN, 11.0, 11.0, 11.0])
    np.testing.assert_array_equal(found.quotes.ask_size, [NAN, NAN, 2.0, 2.0])
    assert found.left_out == {}


def test_events_that_do_not_count_are_left_out_by_name() -> None:
    found = gather(
        events(
            quote(5, bid_price=1.0, venue="NBBO"),
            quote(6, bid_price=1.0),
            trade(6, correction="cancel"),
            trade(6, price=None),
            trade(6, size=None),
            trade(4),
            trade(7),
        )
    )
    assert found.left_out == {"correction": 1, "no_price": 1, "no_size": 1, "venue_quote": 1, "late": 1}
    assert found.trades.ts.tolist() == [5, 7]
    with pytest.raises(InputError, match="of 2 venues"):
        gather(events(quote(1, bid_price=1.0), quote(1, bid_price=1.0, venue="Y")))

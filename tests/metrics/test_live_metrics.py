"""Promise: what the engine tells of a minute is what the one pass over history measures, however the feed is cut."""

from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from surveillance.engine import Engine
from surveillance.errors import InputError
from surveillance.events import MINUTE, SECOND
from surveillance.metrics import Meter
from surveillance.microstructure import (
    Quotes,
    Trades,
    gather,
    log_returns,
    measure,
    mid_price,
    on_grid,
    realised_volatility,
)
from surveillance.rules import abnormal_volume
from surveillance.wire import table_of

from tests.engine.runs import Event, contents, decoded, run
from tests.engine.test_laws import EAGER
from tests.metrics.feeds import ENGINE, as_events, ended, heartbeat, told
from tests.microstructure.flow import BEGIN, made, sessions
from tests.rules.market import START, Market
from tests.strategies import REFERENCE, adversarial

EAGER_ENGINE = Engine(EAGER, REFERENCE)
MEASURING = Engine(EAGER, REFERENCE, meter=Meter())
AHEAD = ("matched", "realised_spread", "price_impact")


def revision(rows: pa.Table, number: int) -> pa.Table:
    return rows.filter(pc.equal(rows["revision"], number))


def batch(events: list[Event], until: int) -> pa.Table:
    """Measure the events as history does."""
    taken = gather(table_of(events))
    assert not taken.left_out
    return measure(taken.trades, taken.quotes, quotes_before=taken.quotes_before, until=until).table()


def same(live: pa.Table, history: pa.Table, leave_out: tuple[str, ...] = ()) -> None:
    """Compare the figures of the minutes that were told with those of the same minutes in history."""
    history = history.filter(pc.is_in(history["ts"], live["ts"]))
    assert live["ts"].to_pylist() == history["ts"].to_pylist()
    for name in history.column_names:
        if not name.startswith(leave_out or "-"):
            mine, theirs = (np.asarray(each[name].to_numpy(), np.float64) for each in (live, history))
            scale = 1e-9 * np.nanmax(np.abs(theirs), initial=1.0)
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=scale, err_msg=name)


@settings(max_examples=50, deadline=None)
@given(sessions, st.integers(0, 2**32 - 1))
def test_final_rows_are_those_of_history(session: tuple[Trades, Quotes], seed: int) -> None:
    events = as_events(*session, seed)
    assume(events)
    rows = told(ended(events))
    heard = sorted({event["ts"] // MINUTE * MINUTE for event in events})
    for number in (1, 2):
        assert revision(rows, number)["ts"].to_pylist() == heard
    same(revision(rows, 2), batch(events, events[-1]["ts"] // MINUTE * MINUTE + 8 * MINUTE))


@settings(max_examples=25, deadline=None)
@given(sessions, st.integers(0, 2**32 - 1))
def test_first_revision_holds_what_is_known_when_the_minute_ends(session: tuple[Trades, Quotes], seed: int) -> None:
    events = as_events(*session, seed)
    assume(events)
    first = revision(told(ended(events)), 1)
    for place in range(len(first)):
        row = first.slice(place, 1)
        end = row["ts"][0].as_py() + MINUTE
        known = [event for event in events if event["ts"] < end]
        same(row, batch(known, end), AHEAD)
        horizons = batch(known, end - 1)
        same(row, horizons, tuple(name for name in horizons.column_names if not name.startswith(AHEAD)))


@settings(max_examples=25, deadline=None)
@given(sessions, st.integers(0, 2**32 - 1))
def test_effective_is_realised_and_impact_on_every_final_row(session: tuple[Trades, Quotes], seed: int) -> None:
    events = as_events(*session, seed)
    assume(events)
    rows = revision(told(ended(events)), 2)
    for bp in ("", "_bp"):
        for horizon in ("5s", "60s", "300s"):
            names = (f"effective_spread{bp}", f"realised_spread{bp}_{horizon}", f"price_impact{bp}_{horizon}")
            effective, realised, impact = (np.asarray(rows[name].to_numpy(), np.float64) for name in names)
            np.testing.assert_allclose(realised + impact, effective, rtol=1e-9, atol=1e-9)  # nan only where nan


def mixed(seed: int) -> list[Event]:
    """Orders, trades, quotes and statuses of several symbols, and a quiet end."""
    return ended(adversarial(seed, 900))


@pytest.mark.parametrize("seed", range(3))
def test_any_split_gives_the_same_rows(seed: int) -> None:
    events = mixed(seed)
    whole = told(events, engine=MEASURING)
    assert len(whole) > 10
    for again in range(3):
        cuts = [Random(again).randrange(len(events) + 1) for _ in range(40)]
        assert told(events, cuts, engine=MEASURING).equals(whole)


@pytest.mark.parametrize("seed", range(3))
def test_save_load_and_sweep_anywhere_give_the_same_rows(seed: int) -> None:
    events = mixed(seed)
    cuts = [Random(seed).randrange(len(events) + 1) for _ in range(25)]

    def moved(state: Any) -> Any:
        MEASURING.sweep(state)
        return MEASURING.load(MEASURING.save(state))

    assert told(events, cuts, moved, MEASURING).equals(told(events, engine=MEASURING))


def test_other_symbols_do_not_matter() -> None:
    events = [event | {"number": None, "producer": None} for event in mixed(1)]
    whole = told(events, engine=MEASURING)
    for symbol in pc.unique(whole["symbol"]).to_pylist():
        alone = told([event for event in events if event["symbol"] in (symbol, "*")], engine=MEASURING)
        assert alone.equals(whole.filter(pc.equal(whole["symbol"], symbol)))


@pytest.mark.parametrize("seed", range(3))
def test_measuring_changes_no_alert(seed: int) -> None:
    events = adversarial(seed, 900)
    alerts = contents(run(EAGER_ENGINE, events))
    assert alerts
    assert contents(run(MEASURING, events)) == alerts


def test_rows_of_more_markets_than_the_buffer_holds_are_all_told() -> None:
    quote = {"type": "quote", "ts": BEGIN, "bid_price": 9.0, "bid_size": 1.0, "ask_price": 10.0, "ask_size": 1.0}
    events = [quote | {"symbol": f"S{place}"} for place in range(700)]
    rows = told([*events, heartbeat(BEGIN + MINUTE), heartbeat(BEGIN + 6 * MINUTE)])
    assert len(pc.unique(rows["symbol"])) == 700
    assert rows["revision"].to_pylist() == [1] * 700 + [2] * 700


def test_minutes_are_told_when_their_time_comes() -> None:
    market = Market().quote(99.0, 101.0)
    end = (START // MINUTE + 1) * MINUTE
    for wait, expected in (
        (end - START - 1, []),
        (end - START, [1]),
        (end - START + 5 * MINUTE - 1, [1]),
        (end - START + 5 * MINUTE, [1, 2]),
    ):
        rows = told([*market.events, heartbeat(START + wait)])
        assert (rows["revision"].to_pylist() if len(rows) else []) == expected


def test_trades_of_one_moment_that_met_other_quotes_are_judged_by_their_own() -> None:
    market = Market().quote(99.0, 101.0).wait(1000).trade(101.0, 5.0).quote(100.0, 103.0).trade(103.0, 7.0)
    market.wait(2000).quote(101.0, 103.0)
    rows = revision(told(ended(market.events)), 2)
    same(rows, batch(market.events, START // MINUTE * MINUTE + 8 * MINUTE))
    assert rows["price_impact_5s"].to_pylist() == [pytest.approx((5 * 2 * 2.0 + 7 * 2 * 0.5) / 12)]


def test_a_minute_in_which_nothing_is_heard_has_no_row() -> None:
    market = Market().quote(99.0, 101.0).wait(180_000).quote(99.0, 101.0)
    rows = revision(told(ended(market.events)), 2)
    first = START // MINUTE * MINUTE
    assert rows["ts"].to_pylist() == [first, first + 3 * MINUTE]
    assert rows["quoted_ns"].to_pylist() == [first + MINUTE - START, MINUTE]


def test_orders_are_counted_and_show_the_best_prices_where_nobody_quotes() -> None:
    market = Market()
    market.new("a", "buy", 99.0, 300.0, "x").new("b", "sell", 101.0, 100.0, "y").wait(15_000)
    market.new("c", "buy", 100.0, 200.0, "x").wait(15_000).cancel("c").trade(101.0, 50.0, aggressor="buy")
    rows = revision(told(ended(market.events)), 2)
    row = {name: values[0] for name, values in rows.to_pydict().items()}
    begun = START - START // MINUTE * MINUTE
    left = MINUTE - begun - 30 * SECOND
    assert (row["entered"], row["cancelled"], row["replaced"], row["order_messages"]) == (3, 1, 0, 4)
    assert (row["cancel_rate"], row["order_to_trade"]) == (pytest.approx(1 / 3), 4.0)
    assert row["message_rate"] == pytest.approx(4 / 60)
    assert row["quotes"] == 4
    assert row["quoted_ns"] == MINUTE - begun
    assert row["quoted_spread"] == pytest.approx((2.0 * (15 * SECOND + left) + 15 * SECOND) / (MINUTE - begun))
    assert row["effective_spread"] == pytest.approx(2.0)


def test_quotes_take_the_place_of_orders_that_were_heard_before_them() -> None:
    orders = Market().new("a", "buy", 98.0, 300.0, "x").new("b", "sell", 99.0, 100.0, "y").wait(1000)
    orders.quote(99.0, 101.0).wait(1000).quote(100.0, 101.0).trade(101.0, 5.0)
    quotes = [event for event in orders.events if event["type"] != "order"]
    rows = revision(told(ended(orders.events)), 2)
    same(rows, batch(quotes, START // MINUTE * MINUTE + 8 * MINUTE))


def test_volatility_velocity_and_averages_are_those_of_the_library() -> None:
    talib = pytest.importorskip("talib")
    events = as_events(*made(60, 900, seed=3, minutes=12, faults=False), 3)
    rows = revision(told(ended(events)), 2).to_pydict()
    quotes = gather(table_of(events)).quotes
    mid = mid_price(quotes.bid, quotes.ask)
    for place, begun in enumerate(rows["ts"]):
        grid = begun + SECOND * np.arange(61) - 1  # before what happens at the turn
        sampled = on_grid(mid, quotes.ts, grid)
        assert rows["realised_volatility"][place] == pytest.approx(realised_volatility(log_returns(sampled)))
        if not np.isnan(sampled[0]):
            assert rows["velocity_bp"][place] == pytest.approx(1e4 * (sampled[-1] / sampled[0] - 1.0))
    pairs = zip(rows["close"], rows["mid"], strict=True)
    closes = np.array([mid if close is None else close for close, mid in pairs])
    for window in (2, 5):
        for name in ("SMA", "EMA"):
            expected = getattr(talib, name)(closes, window)
            mine = np.array([dict(row).get(str(window), np.nan) for row in rows[name.lower()]], np.float64)
            np.testing.assert_allclose(mine, expected, rtol=1e-12)


def test_memory_of_trades_and_minutes_is_used_again() -> None:
    market = Market().quote(99.0, 101.0)
    for _ in range(400):
        market.trade(101.0, 1.0).wait(6_000)
    state = ENGINE.new_state()
    for start in range(0, len(market.events), 16):
        ENGINE.feed(state, decoded(market.events[start : start + 16]))
    assert len(state.metrics.marks) <= 256
    assert len(state.metrics.rows) <= 64


@pytest.mark.parametrize("windows", [(1,), (241,), (2, 3, 4, 5, 6), (5, 5)])
def test_windows_that_cannot_be_kept_are_refused(windows: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="can be averaged"):
        Meter(windows)


def test_meters_of_other_windows_do_not_read_each_others_state() -> None:
    engines = [Engine(rules=(abnormal_volume,), meter=meter) for meter in (None, Meter((2,)), Meter((3,)))]
    assert len({engine.digest for engine in engines}) == 3

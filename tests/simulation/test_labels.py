"""Promise: labels name what exists: symbols, accounts, orders and trades of the session, within their times."""

from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from surveillance.simulation import CONTROLS, NEAR_MISSES, PATTERNS, Simulated
from surveillance.simulation.scenarios import BY_NAME


@pytest.fixture(params=["mixed", pytest.param("near_misses", marks=pytest.mark.extended), "plain"])
def session(request: pytest.FixtureRequest) -> Simulated:
    """Each of the shared sessions that have scenarios."""
    found: Simulated = request.getfixturevalue(request.param)
    return found


def test_ids_resolve_to_events_of_the_symbol_within_the_label(session: Simulated) -> None:
    for label in session.labels:
        orders = session.events.filter(pc.is_in(session.events["order_id"], pa.array(label.order_ids, pa.string())))
        assert set(orders["order_id"].to_pylist()) == set(label.order_ids)
        trades = session.events.filter(pc.is_in(session.events["trade_id"], pa.array(label.trade_ids, pa.string())))
        assert set(trades["trade_id"].to_pylist()) == set(label.trade_ids)
        for table in (orders, trades):
            if table.num_rows:
                assert set(table["symbol"].to_pylist()) == {label.symbol}
                assert label.start_ts <= pc.min(table["ts"]).as_py()
                assert pc.max(table["ts"]).as_py() <= label.end_ts
        if label.order_ids:
            assert set(orders["account"].to_pylist()) == set(label.accounts)


def test_accounts_and_symbols_are_in_the_reference_data(session: Simulated) -> None:
    accounts = set(session.accounts["account"].to_pylist())
    symbols = {*session.instruments["symbol"].to_pylist(), "*"}
    for label in session.labels:
        assert set(label.accounts) <= accounts
        assert label.symbol in symbols


def test_labels_are_unique_and_lie_in_the_session(session: Simulated) -> None:
    opens = session.instruments["session_open"][0].as_py()
    closes = session.instruments["session_close"][0].as_py()
    assert len({label.scenario_id for label in session.labels}) == len(session.labels)
    for label in session.labels:
        assert opens < label.start_ts <= label.end_ts < closes


def test_only_patterns_expect_an_alert(session: Simulated) -> None:
    assert {label.pattern for label in session.labels if label.expect == "alert"} <= set(PATTERNS)
    assert {label.pattern for label in session.labels if label.expect == "quiet"} <= {*CONTROLS, *NEAR_MISSES}


def test_scenarios_of_a_symbol_keep_apart(session: Simulated) -> None:
    for symbol in session.instruments["symbol"].to_pylist():
        concerned = [each for each in session.labels if each.symbol in (symbol, "*") and not each.within]
        heard = sorted(
            (each for each in concerned if not BY_NAME[each.pattern].only_said), key=lambda each: each.start_ts
        )
        for earlier, later in pairwise(heard):
            lead_ns = 0 if BY_NAME[earlier.pattern].whole_feed else BY_NAME[later.pattern].lead_ns
            assert later.start_ts - lead_ns >= earlier.end_ts


def test_order_scenarios_name_their_orders(session: Simulated) -> None:
    for label in session.labels:
        if label.within:
            continue
        assert bool(label.order_ids) == BY_NAME[label.pattern].names_orders

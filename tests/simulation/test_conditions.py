"""Promise: a condition labelled within a near miss holds on the tape by its plain definition; controls have none."""

from collections import defaultdict

import pytest
from surveillance.events import MINUTE, SECOND
from surveillance.simulation import Label, Session, Simulated, simulate

Trades = list[tuple[int, float, float]]


@pytest.fixture(scope="module")
def session() -> Simulated:
    scenarios = {"mass_buying_on_news": 2, "fat_finger_within_band": 2, "swings_alone": 2, "index_rebalance": 2}
    return simulate(Session(seed=3, minutes=60, symbols=6, orders_per_second=10, scenarios=scenarios))


@pytest.fixture(scope="module")
def trades(session: Simulated) -> dict[str, Trades]:
    found: dict[str, Trades] = defaultdict(list)
    for row in session.events.select(["type", "symbol", "ts", "price", "size"]).to_pylist():
        if row["type"] == "trade":
            found[row["symbol"]].append((row["ts"], row["price"], row["size"]))
    return found


def labelled(session: Simulated, pattern: str) -> list[Label]:
    found = [label for label in session.labels if label.pattern == pattern and label.within]
    assert found
    return found


def test_conditions_belong_to_quiet_scenarios_of_their_symbol(session: Simulated) -> None:
    quiet = {label.scenario_id: label for label in session.labels if label.expect == "quiet"}
    for label in session.labels:
        if label.within:
            assert (label.expect, label.symbol) == ("alert", quiet[label.within].symbol)


def test_abnormal_volume_is_three_times_the_mean_of_twenty_minutes(
    session: Simulated, trades: dict[str, Trades]
) -> None:
    for label in labelled(session, "abnormal_volume"):
        volume: dict[int, float] = defaultdict(float)
        for ts, _, size in trades[label.symbol]:
            volume[ts // MINUTE] += size
        first, last = label.start_ts // MINUTE, (label.end_ts - 1) // MINUTE
        for minute in (first, last):
            assert volume[minute] > 3 * sum(volume[before] for before in range(minute - 20, minute)) / 20


def test_price_velocity_is_half_a_percent_within_five_seconds(session: Simulated, trades: dict[str, Trades]) -> None:
    closes = dict(zip(*(session.instruments[name].to_pylist() for name in ("symbol", "previous_close")), strict=True))
    for label in labelled(session, "price_velocity"):
        inside = [each for each in trades[label.symbol] if label.start_ts <= each[0] <= label.end_ts]
        spans = [
            max(price for ts, price, _ in inside if end - 5 * SECOND <= ts <= end)
            - min(price for ts, price, _ in inside if end - 5 * SECOND <= ts <= end)
            for end, _, _ in inside
        ]
        assert max(spans) >= 0.005 * closes[label.symbol] - 1e-9


def test_scripted_withdrawal_is_an_evaporation(session: Simulated) -> None:
    within = {label.within for label in labelled(session, "liquidity_evaporation")}
    assert within == {label.scenario_id for label in session.labels if label.pattern == "fat_finger_within_band"}


def test_controls_are_to_be_quiet_and_have_no_condition(session: Simulated) -> None:
    assert any(label.pattern == "index_rebalance" for label in session.labels)
    assert not any(label.within and label.within.startswith("index_rebalance") for label in session.labels)

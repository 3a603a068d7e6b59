"""Promise: the engine and a plain, slow program written from the contracts raise the same alerts from the same events.

Parameters are loosened until every rule alerts often; where the two differ, one of them is wrong.
"""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from surveillance.engine import Engine, default_parameters
from surveillance.parameters import Parameters
from surveillance.reference import Reference, accounts_of, instruments_of
from surveillance.rules import RULES
from surveillance.simulation import Session, simulate

from tests.engine.runs import Event, difference, run
from tests.oracle.oracle import Oracle
from tests.strategies import REFERENCE, adversarial, eager_parameters, streams

EAGER = eager_parameters()
ENGINE = Engine(EAGER, REFERENCE)


def oracle_alerts(events: list[Event], parameters: Parameters, reference: Reference) -> Oracle:
    oracle = Oracle(parameters, reference)
    oracle.feed(events)
    return oracle


@pytest.mark.parametrize("seed", range(12))
def test_adversarial_stream_gives_the_oracles_alerts(seed: int) -> None:
    events = adversarial(seed, 1200, anonymous=(0.0, 0.2, 1.0)[seed % 3])
    oracle = oracle_alerts(events, EAGER, REFERENCE)
    assert difference(oracle.alerts.values(), run(ENGINE, events)) == []


def test_adversarial_streams_together_make_every_rule_alert() -> None:
    found: Counter[str] = Counter()
    for seed in range(6):
        oracle = oracle_alerts(adversarial(seed, 1200, anonymous=(0.0, 0.2, 1.0)[seed % 3]), EAGER, REFERENCE)
        found.update(alert.rule for alert in oracle.alerts.values())
        assert all(oracle.counts.values()), oracle.counts
    assert all(found[rule.ID] >= 3 for rule in RULES), found


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(streams())
def test_any_stream_gives_the_oracles_alerts(events: list[Event]) -> None:
    oracle = oracle_alerts(events, EAGER, REFERENCE)
    assert difference(oracle.alerts.values(), run(ENGINE, events)) == []


def without_accounts(table: pa.Table) -> pa.Table:
    return table.drop_columns(["account"])


@pytest.mark.parametrize(
    ("seed", "difficulty"),
    [
        pytest.param(1, 0.0, marks=pytest.mark.nightly),
        pytest.param(2, 0.5, marks=pytest.mark.extended),
        pytest.param(3, 1.0, marks=pytest.mark.nightly),
    ],
)
def test_simulated_session_gives_the_oracles_alerts(seed: int, difficulty: float) -> None:
    simulated = simulate(
        Session(seed=seed, minutes=12, symbols=3, orders_per_second=3, difficulty=difficulty, scenarios=SCENARIOS)
    )
    reference = Reference(instruments_of(simulated.instruments), accounts_of(simulated.accounts))
    anonymous = without_accounts(simulated.events)
    for parameters in (default_parameters(), EAGER):
        engine = Engine(parameters, reference)
        for table in (simulated.events, anonymous):
            events = table.to_pylist()
            oracle = oracle_alerts(events, parameters, reference)
            assert difference(oracle.alerts.values(), run(engine, events)) == []
            if parameters is EAGER and table is simulated.events:
                wanted = {"spoofing", "quote_stuffing"} | ({"layering"} if difficulty < 1 else set())
                assert wanted <= {a.rule for a in oracle.alerts.values()}


SCENARIOS = {
    "spoofing": 2,
    "layering": 2,
    "quote_stuffing": 1,
    "wide_spread": 1,
    "price_velocity": 1,
    "locked_crossed_market": 1,
    "trade_through": 1,
    "stub_quote": 1,
    "price_gap": 1,
    "clock_skew": 1,
}

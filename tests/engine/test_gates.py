"""Promise: a gate only spares looks: with all gates wide open, or after any cut, rules find the same."""

from typing import Any

import numpy as np
import pytest
from surveillance.engine import Engine
from surveillance.engine.gates import BRIEF, FAST, GATES, LARGE, LARGE_APART, LARGE_QUOTE, MANY
from surveillance.engine.observe import GATED, ON_ORDERS
from surveillance.parameters import Parameters
from surveillance.rules import RULES, excessive_order_to_trade, flipping, spoofing

from tests.engine.runs import Event, contents, decoded, run, run_with
from tests.engine.test_laws import EAGER, SCENE_ENGINE, SCENE_REFERENCE, SCENES, scene
from tests.strategies import REFERENCE, adversarial

BEHIND_GATES = [rule.ID for rule in RULES if hasattr(rule, "OPENED_BY")]


def wide_open(engine: Engine) -> Engine:
    """Let every order's event through to every rule."""
    everybody = int(np.bitwise_or.reduce(engine._gates["rules"]))
    engine._gates["bound"] = np.inf
    engine._gates[FAST] = (-1.0, everybody)
    return engine


ALL_OPEN = wide_open(Engine(SCENE_ENGINE.parameters, SCENE_REFERENCE))
EAGER_ALL_OPEN = wide_open(Engine(EAGER, REFERENCE))
EAGER_ENGINE = Engine(EAGER, REFERENCE)


def cases() -> list[Any]:
    hidden = [pytest.param(SCENE_ENGINE, ALL_OPEN, scene(rule), id=rule) for rule in BEHIND_GATES]
    streams = {f"adversarial {seed}": adversarial(seed, 900) for seed in (31, 32)}
    return hidden + [pytest.param(EAGER_ENGINE, EAGER_ALL_OPEN, events, id=name) for name, events in streams.items()]


@pytest.mark.parametrize(("engine", "all_open", "events"), cases())
def test_wide_open_gates_give_the_same_alerts(engine: Engine, all_open: Engine, events: list[Event]) -> None:
    found = contents(run(engine, events))
    assert found
    assert contents(run(all_open, events)) == found


@pytest.mark.parametrize("rule", BEHIND_GATES)
def test_restored_or_swept_rules_go_on_following_their_owners(rule: str) -> None:
    def again(state: Any) -> Any:
        engine.sweep(state)
        return engine.load(engine.save(state))

    engine, events = SCENE_ENGINE, SCENES[rule]
    found = contents(run(engine, events))
    assert found
    assert contents(run_with(engine, events, range(max(0, len(events) - 120), len(events)), again)) == found


def test_most_orders_are_shown_to_no_rule_behind_a_gate() -> None:
    looks = {}
    for name, engine in (("gated", SCENE_ENGINE), ("open", ALL_OPEN)):
        engine.feed(engine.new_state(), decoded(scene("ramping")[:1000]))
        looks[name] = engine._listed[GATED:].tolist()
        orders = int(engine._listed[ON_ORDERS])
    assert looks["open"] == [orders] * len(BEHIND_GATES)
    assert sum(looks["gated"]) < 0.3 * sum(looks["open"])


def test_bounds_are_the_loosest_of_all_rules_and_parameters() -> None:
    layers = [
        {"spoofing": {"size_multiple": 3.0, "quoting_factor": 10}, "flipping": {"size_multiple": 4.0}},
        {"venue": {"XNAS": {"flipping": {"size_multiple": 2.5}, "pinging": {"ping_ms": 900}}}},
        {"venue": {"XNYS": {"excessive_order_to_trade": {"maker_max_ratio": 70}}}},
    ]
    parameters = Parameters({rule.ID: rule.PARAMETERS for rule in RULES}, layers)
    gates = Engine(parameters)._gates
    assert len(gates) == GATES
    assert gates[LARGE]["bound"] == 2.5
    assert gates[LARGE_APART]["bound"] == 3.0
    assert gates[LARGE_QUOTE]["bound"] == 30.0
    assert gates[BRIEF]["bound"] == 0.9e9
    assert gates[MANY]["bound"] == 70
    alone = Engine(parameters, rules=(spoofing,))._gates
    assert alone[LARGE_APART]["rules"] == 1
    assert alone[LARGE]["rules"] == alone[MANY]["rules"] == 0
    for engine_rules in ((flipping, spoofing), (excessive_order_to_trade,)):
        assert all(each["rules"] < 1 << len(engine_rules) for each in Engine(parameters, rules=engine_rules)._gates)

"""Promise: a session depends on its parameters alone: not on the process, nor on what was simulated before."""

import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import pytest
from surveillance import wire
from surveillance.errors import InputError
from surveillance.events import MINUTE
from surveillance.simulation import CONTROLS, PATTERNS, Session, Simulated, decode_labels, encode_labels, simulate
from surveillance.simulation.placement import BEFORE_CLOSE_NS
from surveillance.simulation.scenarios import BY_NAME

SMALL = Session(seed=4, minutes=6, symbols=2, orders_per_second=20, scenarios={"spoofing": 1, "layering": 1})


def digest(session: Simulated) -> str:
    """Hash everything a session is."""
    reference = repr([session.accounts.to_pylist(), session.instruments.to_pylist()]).encode()
    return blake2b(wire.encode(session.events) + encode_labels(session.labels) + reference).hexdigest()


PROGRAM = """
from tests.simulation.test_determinism import SMALL, digest
from surveillance.simulation import simulate
print(digest(simulate(SMALL)))
"""


def test_same_parameters_give_the_same_session_in_another_process() -> None:
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=root,
        env={"PYTHONPATH": f"{root / 'shared'}:{root}", "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    simulate(Session(seed=9, minutes=2, symbols=1, scenarios={}))
    assert ran.stdout.strip() == digest(simulate(SMALL))


def test_another_seed_gives_another_session() -> None:
    assert digest(simulate(SMALL)) != digest(simulate(Session(**{**SMALL_FIELDS, "seed": 5})))


SMALL_FIELDS = {name: getattr(SMALL, name) for name in SMALL.__struct_fields__}


def test_a_later_start_shifts_every_time_and_nothing_else() -> None:
    day = 86_400 * 10**9
    shifted = simulate(Session(**{**SMALL_FIELDS, "start_ns": SMALL.start_ns + day}))
    first = simulate(SMALL)
    assert [ts - day for ts in shifted.events["ts"].to_pylist()] == first.events["ts"].to_pylist()
    assert shifted.events.drop_columns(["ts"]).equals(first.events.drop_columns(["ts"]))


def test_defaults_are_three_of_each_pattern_and_one_of_each_control(mixed: Simulated) -> None:
    played = [label.pattern for label in mixed.labels]
    assert {name: played.count(name) for name in set(played)} == dict.fromkeys(PATTERNS, 3) | dict.fromkeys(CONTROLS, 1)


@pytest.mark.extended
def test_a_short_session_leaves_out_what_does_not_fit() -> None:
    played = {label.pattern for label in simulate(Session(seed=2, minutes=12, symbols=12)).labels}
    room = 12 * MINUTE - BEFORE_CLOSE_NS
    fitting = {name for name in (*PATTERNS, *CONTROLS) if BY_NAME[name].earliest_ns + BY_NAME[name].longest(0.5) < room}
    assert "abnormal_volume" not in fitting
    assert {"spoofing", "layering", "quote_stuffing"} <= played <= fitting


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"scenarios": {"spoofin": 1}}, "spoofin"),
        ({"scenarios": {"abnormal_volume": 1}}, "no room"),
        ({"difficulty": 1.5}, "difficulty"),
        ({"symbols": 0}, "symbol"),
        ({"orders_per_second": 0.0}, "orders per second"),
    ],
)
def test_impossible_wishes_are_refused_in_words(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        simulate(Session(**{**SMALL_FIELDS, **wrong}))


def test_labels_survive_their_file(mixed: Simulated) -> None:
    assert decode_labels(encode_labels(mixed.labels)) == mixed.labels

"""Promise: batch rules find the simulator's scenarios of their patterns and leave its near misses alone."""

import msgspec
import pytest
from surveillance.batch import BATCH_RULES
from surveillance.batch.cross_product_spoofing import correlation
from surveillance.batch.records import Records
from surveillance.batch.run import run
from surveillance.evaluation import Rule, scorecard
from surveillance.reference import Reference
from surveillance.simulation import simulate
from surveillance.simulation.scenarios import BATCH_PATTERNS

from tests.batch.sessions import SESSIONS, played

RULES = {rule.ID: Rule(rule.KIND, rule.ANSWERS) for rule in BATCH_RULES}


def test_every_batch_rule_has_a_pattern_to_play() -> None:
    assert {rule.ID for rule in BATCH_RULES} == set(BATCH_PATTERNS) == set(SESSIONS)


@pytest.mark.parametrize("pattern", SESSIONS)
def test_pattern_is_found_and_its_near_misses_are_not(pattern: str) -> None:
    simulated, reference = played(pattern)
    card = scorecard(run([simulated.events], reference), simulated.labels, RULES)
    assert card["patterns"][pattern]["recall"] == 1
    assert card["rules"][pattern]["false"] == 0
    assert len(card["quiet"]) >= 3
    assert all(not row["alerts"] for row in card["quiet"].values()), card["quiet"]


def test_pair_moves_together_whatever_else_is_played_on_it() -> None:
    played = {"cross_product_spoofing_uncorrelated": 2, "cross_product_spoofing": 1}
    simulated = simulate(msgspec.structs.replace(SESSIONS["cross_product_spoofing"], scenarios=played))
    returns = Records([simulated.events], Reference()).returns(300)
    (label,) = (each for each in simulated.labels if each.expect == "alert")
    mine = int(label.symbol.removeprefix("SIM"))
    assert abs(correlation(returns[label.symbol], returns[f"SIM{mine ^ 1:03d}"], 60) or 0) > 0.6

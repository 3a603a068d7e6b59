"""Promise: the order and trade patterns are found, hardly anything else is taken for one, and near misses stay quiet.

A reduced scorecard on tuning seeds; `make scorecard` runs all of it, docs/scorecard.md has unseen seeds.
"""

from typing import Any

import pytest
from surveillance.engine import default_parameters
from surveillance.evaluation.trial import Grid, cells, run_trial, trials

PATTERNS = (
    "spoofing",
    "layering",
    "quote_stuffing",
    "flipping",
    "pinging",
    "excessive_order_to_trade",
    "wash_trading",
    "pre_arranged_trading",
    "painting_the_tape",
    "front_running",
)
MAIN = ("spoofing", "layering", "wash_trading", "front_running")
CALM = Grid(seeds=(11, 12), rates=(3.0,), patterns=PATTERNS, each=4, quiet_each=1)
USUAL = Grid(seeds=(11,), rates=(25.0,), patterns=MAIN, each=6, quiet_each=1)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(CALM, marks=pytest.mark.extended, id="3 orders a second"),
        pytest.param(USUAL, id="25 orders a second"),
    ],
)
def cell(request: pytest.FixtureRequest) -> dict[str, Any]:
    (found,) = cells(run_trial(trial, default_parameters()) for trial in trials(request.param))
    return found


def test_at_most_one_in_ten_scenarios_is_missed(cell: dict[str, Any]) -> None:
    rows = cell["patterns"].values()
    assert sum(row["hit"] for row in rows) >= 0.9 * sum(row["scenarios"] for row in rows)


def test_every_pattern_is_found_mostly(cell: dict[str, Any]) -> None:
    assert {name: row["recall"] for name, row in cell["patterns"].items() if row["recall"] < 0.75} == {}


def test_nine_of_ten_alerts_are_right(cell: dict[str, Any]) -> None:
    rows = [cell["rules"][name] for name in cell["patterns"]]
    right, false = (sum(row[verdict] for row in rows) for verdict in ("right", "false"))
    assert right >= 0.9 * (right + false)


def test_rules_of_these_patterns_are_not_loud_about_quiet_scenarios(cell: dict[str, Any]) -> None:
    loud = [
        (each["rule"], each["scenarios"]) for each in cell["loud"] if each["rule"] in PATTERNS and each["scenarios"]
    ]
    assert loud == []


def test_scores_are_probabilities(cell: dict[str, Any]) -> None:
    apart = [
        (count, abs(score - share)) for name in cell["patterns"] for score, count, share in cell["scores"].get(name, ())
    ]
    assert sum(count * distance for count, distance in apart) <= 0.1 * sum(count for count, _ in apart)

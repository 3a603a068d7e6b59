"""The scorecard follows the contract: what a hit is, at each bound and just past it; undefined is None."""

from typing import Any

import pytest
from surveillance.alerts import Alert, Completeness
from surveillance.evaluation import Rule, scorecard
from surveillance.evaluation.matching import hits
from surveillance.evaluation.statistics import calibration_error, f1, quantile, wilson_low
from surveillance.simulation import Label

SECOND = 1_000_000_000
RULES = {"spoofing": Rule("pattern", ("spoofing",)), "wide_spread": Rule("condition", ("wide_spread",))}


def label(**changes: Any) -> Label:
    fields: dict[str, Any] = {
        "scenario_id": "spoofing-001",
        "pattern": "spoofing",
        "expect": "alert",
        "symbol": "AAA",
        "accounts": ["A1"],
        "start_ts": 100 * SECOND,
        "end_ts": 110 * SECOND,
        "order_ids": ["1", "2"],
        "trade_ids": ["T1"],
        "difficulty": 0.5,
    }
    return Label(**fields | changes)


def alert(**changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "alert_id": "one",
        "episode_key": "k",
        "revision": 1,
        "rule": "spoofing",
        "rule_version": 1,
        "parameters_hash": "p",
        "severity": "medium",
        "score": 0.75,
        "symbol": "AAA",
        "venue": None,
        "accounts": ["A1"],
        "candidate": False,
        "data_tier": 2,
        "start_ts": 101 * SECOND,
        "end_ts": 109 * SECOND,
        "detected_ts": 104 * SECOND,
        "order_ids": ["2"],
        "trade_ids": [],
        "order_count": 1,
        "trade_count": 0,
        "metrics": {},
        "thresholds": {},
        "baselines": {},
        "completeness": Completeness(),
        "explanation": "",
    }
    return Alert(**fields | changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"symbol": "BBB"}, False),
        ({"start_ts": 115 * SECOND, "end_ts": 116 * SECOND}, True),
        ({"start_ts": 115 * SECOND + 1, "end_ts": 116 * SECOND}, False),
        ({"start_ts": 90 * SECOND, "end_ts": 95 * SECOND}, True),
        ({"start_ts": 90 * SECOND, "end_ts": 95 * SECOND - 1}, False),
        ({"start_ts": 100 * SECOND, "end_ts": 180 * SECOND}, True),
        ({"start_ts": 100 * SECOND, "end_ts": 180 * SECOND + 1}, False),
        ({"order_ids": ["9"]}, False),
        ({"order_ids": ["9"], "trade_ids": ["T1"]}, True),
        ({"order_ids": [], "accounts": ["A1"]}, True),
        ({"order_ids": [], "accounts": ["A9"]}, False),
        ({"order_ids": [], "accounts": []}, True),
    ],
)
def test_hit_is_as_the_contract_says(changes: dict[str, Any], expected: bool) -> None:
    assert hits(alert(**changes), label()) is expected


def test_right_cross_and_false_are_told_apart() -> None:
    labels = [label(), label(scenario_id="w", pattern="wide_spread", start_ts=500 * SECOND, end_ts=510 * SECOND)]
    inside_other = alert(alert_id="cross", start_ts=501 * SECOND, end_ts=502 * SECOND)
    nowhere = alert(alert_id="false", start_ts=900 * SECOND, end_ts=901 * SECOND)
    card = scorecard([alert(), inside_other, nowhere], labels, RULES, [3_600 * SECOND] * 2)
    assert card["rules"]["spoofing"] == {"alerts": 3, "right": 1, "cross": 1, "false": 1}
    spoofing = card["patterns"]["spoofing"]
    assert (spoofing["recall"], spoofing["precision"], spoofing["f1"]) == (1.0, 0.5, pytest.approx(2 / 3))
    assert spoofing["seconds_to_detect"] == {"p50": 4.0, "p95": 4.0}
    assert card["patterns"]["wide_spread"]["recall"] == 0.0
    assert card["patterns"]["wide_spread"]["precision"] is None
    assert card["confusion"] == {"spoofing": {"spoofing": 1}, "wide_spread": {"spoofing": 1}}
    assert (card["instrument_hours"], card["false_alerts_per_instrument_hour"]) == (2.0, 0.5)


def test_low_alerts_of_conditions_find_scenarios_but_enter_no_precision() -> None:
    wide = label(pattern="wide_spread")
    low = alert(rule="wide_spread", severity="low")
    card = scorecard([low], [wide], RULES)
    assert card["patterns"]["wide_spread"]["recall"] == 1.0
    assert card["rules"]["wide_spread"]["alerts"] == 0
    assert card["instrument_hours"] is None


def test_alerts_about_quiet_scenarios_are_counted_by_severity() -> None:
    quiet = label(pattern="spoofing_too_small", expect="quiet")
    card = scorecard([alert()], [quiet], RULES)
    assert card["quiet"] == {"spoofing_too_small": {"scenarios": 1, "alerts": {"medium": 1}}}
    assert card["rules"]["spoofing"]["false"] == 1


def test_condition_within_a_quiet_scenario_excuses_only_the_rules_that_answer_it() -> None:
    quiet = label(pattern="spoofing_too_small", expect="quiet")
    wide = label(scenario_id="spoofing-001+wide_spread", pattern="wide_spread", within="spoofing-001")
    card = scorecard([alert(), alert(alert_id="two", rule="wide_spread")], [quiet, wide], RULES)
    assert card["rules"]["wide_spread"] == {"alerts": 1, "right": 1, "cross": 0, "false": 0}
    assert card["rules"]["spoofing"] == {"alerts": 1, "right": 0, "cross": 0, "false": 1}
    assert card["quiet"] == {"spoofing_too_small": {"scenarios": 1, "alerts": {"medium": 1}}}


def test_nothing_gives_none_where_undefined() -> None:
    card = scorecard([], [], RULES)
    assert (card["patterns"], card["calibration_error"]) == ({}, None)


def test_statistics_agree_with_known_values() -> None:
    assert wilson_low(8, 10) == pytest.approx(0.4902, abs=1e-4)
    assert wilson_low(0, 10) == 0.0
    assert wilson_low(0, 0) is None
    assert quantile([1.0, 2.0, 4.0], 0.5) == 2.0
    assert quantile([], 0.5) is None
    assert f1(0.0, 0.0) == 0.0
    assert f1(None, 1.0) is None
    assert calibration_error([0.8, 0.8, 0.2], [True, False, False]) == pytest.approx((0.6 + 0.2) / 3)

"""Promise: a score is a probability, never falls as the evidence grows, and low severity stays as weak as it was."""

import pytest
from surveillance.rules import RULES
from surveillance.rules.likelihood import LIKELY, likelihood


@pytest.mark.parametrize("rule", [rule.ID for rule in RULES])
def test_stronger_evidence_is_no_less_likely(rule: str) -> None:
    told = [likelihood(rule, step / 200) for step in range(201)]
    assert all(0 <= value <= 1 for value in told)
    assert told == sorted(told)


def test_points_are_of_rules_and_rise() -> None:
    for rule, points in LIKELY.items():
        assert rule in {each.ID for each in RULES}
        assert list(points) == sorted(points)


def test_strength_between_points_is_interpolated_and_held_beyond() -> None:
    (x, y), (next_x, next_y) = LIKELY["spoofing"][-2:]
    assert likelihood("spoofing", (x + next_x) / 2) == pytest.approx((y + next_y) / 2)
    assert likelihood("spoofing", next_x + 0.001) == next_y


def test_low_severity_and_rules_without_points_keep_their_strength() -> None:
    assert likelihood("abnormal_volume", 0.3) == 0.3
    assert likelihood("a_rule_of_ones_own", 0.8) == 0.8

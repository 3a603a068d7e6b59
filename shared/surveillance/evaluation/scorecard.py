"""The scorecard: recall by pattern, precision by rule, what quiet scenarios cost, and who is taken for whom."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from surveillance.alerts import SEVERITIES, Alert
from surveillance.evaluation.matching import hit_by, hits
from surveillance.evaluation.statistics import calibration_error, f1, quantile, share, wilson_low
from surveillance.simulation.labels import Label

EXPECTED: Final = "alert"
HOUR_NS: Final = 3_600_000_000_000


class Rule(msgspec.Struct, frozen=True):
    """What judging needs of a rule: its kind (`pattern`, `condition`) and the patterns it answers."""

    kind: str
    answers: tuple[str, ...]


class Judged(msgspec.Struct, frozen=True):
    """An alert with the expected scenarios it hits; `verdict` is right, cross or false."""

    alert: Alert
    hit: tuple[Label, ...]
    verdict: str
    counts: bool
    """Whether it enters precision."""


def scorecard(
    alerts: Sequence[Alert], labels: Sequence[Label], rules: Mapping[str, Rule], session_ns: Sequence[int] | None = None
) -> dict[str, Any]:
    """Judge alerts against labels; `session_ns` holds the length of each instrument's session, where known."""
    expected: dict[str, list[Label]] = {}
    for label in labels:
        if label.expect == EXPECTED:
            expected.setdefault(label.symbol, []).append(label)
    judged = [_judge(alert, expected.get(alert.symbol, ()), rules[alert.rule]) for alert in alerts]
    false = sum(each.verdict == "false" and each.counts for each in judged)
    hours = sum(session_ns) / HOUR_NS if session_ns else None
    decided = [each for each in judged if each.counts and each.verdict != "cross"]
    return {
        "patterns": {
            pattern: _pattern(pattern, judged, labels, rules)
            for pattern in sorted({label.pattern for label in labels if _played(label)})
        },
        "rules": {name: _rule(name, judged) for name in rules},
        "quiet": {
            pattern: _quiet(pattern, judged, labels)
            for pattern in sorted({label.pattern for label in labels if label.expect != EXPECTED})
        },
        "confusion": _confusion(judged),
        "instrument_hours": hours,
        "false_alerts_per_instrument_hour": false / hours if hours else None,
        "calibration_error": calibration_error(
            [each.alert.score for each in decided], [each.verdict == "right" for each in decided]
        ),
    }


def _judge(alert: Alert, labels: Sequence[Label], rule: Rule) -> Judged:
    hit = tuple(hit_by(alert, labels, rule.answers))
    verdict = "right" if any(label.pattern in rule.answers for label in hit) else "cross" if hit else "false"
    return Judged(alert, hit, verdict, rule.kind == "pattern" or alert.severity != SEVERITIES[0])


def _played(label: Label) -> bool:
    """Say whether a label counts in recall: conditions within quiet scenarios make alerts right, no more."""
    return label.expect == EXPECTED and label.within is None


def _pattern(
    pattern: str, judged: Sequence[Judged], labels: Sequence[Label], rules: Mapping[str, Rule]
) -> dict[str, Any]:
    scenarios = [label for label in labels if _played(label) and label.pattern == pattern]
    answering = [each for each in judged if pattern in rules[each.alert.rule].answers]
    detected: dict[str, int] = {}
    for each in answering:
        for label in each.hit:
            if label.pattern == pattern and _played(label):
                known = detected.get(label.scenario_id, each.alert.detected_ts)
                detected[label.scenario_id] = min(known, each.alert.detected_ts)
    seconds = [(detected[one.scenario_id] - one.start_ts) / 1e9 for one in scenarios if one.scenario_id in detected]
    verdicts = Counter(each.verdict for each in answering if each.counts)
    decided = verdicts["right"] + verdicts["false"]
    recall, precision = share(len(detected), len(scenarios)), share(verdicts["right"], decided)
    return {
        "scenarios": len(scenarios),
        "hit": len(detected),
        "recall": recall,
        "recall_low": wilson_low(len(detected), len(scenarios)),
        "alerts": verdicts.total(),
        "right": verdicts["right"],
        "precision": precision,
        "precision_low": wilson_low(verdicts["right"], decided),
        "f1": f1(precision, recall),
        "seconds_to_detect": {"p50": quantile(seconds, 0.5), "p95": quantile(seconds, 0.95)},
    }


def _rule(name: str, judged: Sequence[Judged]) -> dict[str, int]:
    verdicts = Counter(each.verdict for each in judged if each.alert.rule == name and each.counts)
    return {"alerts": verdicts.total(), **{verdict: verdicts[verdict] for verdict in ("right", "cross", "false")}}


def _quiet(pattern: str, judged: Sequence[Judged], labels: Sequence[Label]) -> dict[str, Any]:
    """Count the alerts about quiet scenarios that are about no expected one."""
    scenarios = [label for label in labels if label.expect != EXPECTED and label.pattern == pattern]
    disturbing = [each.alert for each in judged if not each.hit and any(hits(each.alert, label) for label in scenarios)]
    severities = Counter(alert.severity for alert in disturbing)
    return {"scenarios": len(scenarios), "alerts": {name: severities[name] for name in SEVERITIES if severities[name]}}


def _confusion(judged: Sequence[Judged]) -> dict[str, dict[str, int]]:
    table: dict[str, Counter[str]] = {}
    for each in judged:
        for pattern in {label.pattern for label in each.hit}:
            table.setdefault(pattern, Counter())[each.alert.rule] += 1
    return {pattern: dict(sorted(table[pattern].items())) for pattern in sorted(table)}

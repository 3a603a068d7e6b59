"""Tells a declared rule's finding: a sentence a condition, what was observed beside its threshold."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from surveillance.alerts import SEVERITIES
from surveillance.declared.definition import (
    COMPARISONS,
    AlertCondition,
    Condition,
    DeclaredRule,
    FeatureCondition,
)
from surveillance.declared.features import BARS, FEATURES
from surveillance.declared.memory import HeardAlert, Held
from surveillance.events import INTERVALS, SECOND
from surveillance.rules.finding import Finding, Story, amount, duration

INTERVAL_NAMES = {seconds: name for name, seconds in INTERVALS.items()}


class Part(NamedTuple):
    """A condition with its evidence: where a feature held, or the alerts there were."""

    condition: Condition
    held: Held | None
    alerts: list[HeardAlert]


def finding_of(
    rule: DeclaredRule, values: Mapping[str, float], parts: Sequence[Part], alerts: Sequence[HeardAlert], story: Story
) -> Finding:
    """Put the evidence of all conditions together."""
    start = min([part.held.start_ts for part in parts if part.held] + [alert.start_ts for alert in alerts])
    end = max([part.held.ts for part in parts if part.held] + [alert.ts for alert in alerts])
    metrics: dict[str, float] = {}
    thresholds = {"window_s": values["window_s"]}
    baselines: dict[str, float] = {}
    sentences = [
        f"The declared rule “{rule.title}” holds for {story.symbol}: {_all(len(parts), values['window_s'])} at "
        f"{story.at(end)}."
    ]
    for part in parts:
        one = part.condition
        if isinstance(one, FeatureCondition) and part.held is not None:
            name = one.threshold.replace(f"_{one.comparison}", "", 1)
            metrics[name] = part.held.value
            thresholds |= {each: values[each] for each in (one.threshold, one.over, one.before) if each}
            if one.before:
                baselines[f"mean_{name.removesuffix('_multiple')}"] = part.held.baseline
            sentences.append(_feature_sentence(one, part.held, values, story))
        elif isinstance(one, AlertCondition):
            metrics[one.count.replace("_count", "_alerts", 1)] = float(len(part.alerts))
            thresholds[one.count] = values[one.count]
            sentences.append(_alert_sentence(one, part.alerts, values, rule.same_party, story))
    tier = max([rule.tier, *(alert.tier for alert in alerts)])
    candidate = any(alert.candidate for alert in alerts)
    if candidate:
        sentences.append("It rests on a candidate, and so is one itself.")
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=sentences,
        candidate=candidate,
        tier=tier,
        metrics=metrics,
        thresholds=thresholds,
        baselines=baselines,
    )


def _all(count: int, window_s: float) -> str:
    if count == 1:
        return "its condition held"
    return f"its {count} conditions held within {duration(round(window_s * SECOND))} of each other, the last"


def _shown(value: float) -> str:
    return amount(round(value, 2 if abs(value) >= 10 else 4))


def _feature_sentence(one: FeatureCondition, held: Held, values: Mapping[str, float], story: Story) -> str:
    feature = FEATURES[one.feature]
    if feature.over:
        when = f"over the {duration(held.ts - held.start_ts)} to {story.at(held.ts)}"
    elif feature.source == BARS:
        when = f"in the {INTERVAL_NAMES[one.interval_s]} bar that ended at {story.at(held.ts)}"
    elif feature.name == "spread_bp":
        when = f"at the end of the minute, {story.at(held.ts)},"
    else:
        when = f"in the minute that ended at {story.at(held.ts)}"
    limit = f"{COMPARISONS[one.comparison]} {_shown(values[one.threshold])}"
    if one.before:
        unit = "bars" if feature.source == BARS else "minutes"
        return (
            f"The {feature.title} {when} was {_shown(held.value * held.baseline)}: {held.value:.1f} times "
            f"{_shown(held.baseline)}, the mean of the {values[one.before]:g} {unit} before it "
            f"(threshold: {limit} times)."
        )
    unit = "" if feature.unit == "share" else f" {feature.unit.removesuffix(' a minute')}"
    return f"The {feature.title} {when} was {_shown(held.value)}{unit} (threshold: {limit}{unit})."


def _alert_sentence(
    one: AlertCondition, alerts: Sequence[HeardAlert], values: Mapping[str, float], same_party: bool, story: Story
) -> str:
    least = f" of at least {one.min_severity} severity" if one.min_severity != SEVERITIES[0] else ""
    party = f" by {alerts[-1].party}" if same_party else ""
    many = "was 1 alert" if len(alerts) == 1 else f"were {len(alerts)} alerts"
    ids = ", ".join(alert.alert_id for alert in alerts[-3:])
    return (
        f"There {many} of {one.rule}{least}{party}, the last at {story.at(alerts[-1].ts)} "
        f"(needed: {values[one.count]:g}): {ids}."
    )

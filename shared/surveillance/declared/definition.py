"""A declared rule, read from its table `[declared.<id>]`.

`title`; `severity` or `score`; `window_s`; one or more `[[declared.<id>.when]]`, each about a `feature` (with exactly
one of `above`, `at_least`, `below`, `at_most`, and `interval`, `over_s`, `before` where they apply) or about the alerts
of a `rule` (`min_severity`, `count`); optionally `same_party`, `cool_down_s`, `enabled`, `kind`, `answers`, `version`.
Every number becomes a parameter of the rule, so later layers can tune it by asset class and venue as they can any rule.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from surveillance.alerts import SEVERITIES, identifier
from surveillance.declared.features import BARS, FEATURES, Feature
from surveillance.errors import ParameterError
from surveillance.events import INTERVALS
from surveillance.metric_parameters import TABLE as METRICS
from surveillance.metric_parameters import windows_of
from surveillance.parameters import COMMON, Layer, Parameter, Parameters

TABLE: Final = "declared"
COMPARISONS: Final = {"above": "more than", "at_least": "at least", "below": "less than", "at_most": "at most"}
SCORES: Final = {"low": 0.3, "medium": 0.6, "high": 0.8, "critical": 0.95}
"""The score of a rule that names its severity: the middle of that severity's span."""
LONGEST_WINDOW_S: Final = 86_400
MOST_BARS: Final = 2_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_COMMON: Final = tuple(each.name for each in COMMON)
_RULE_KEYS: Final = (
    *("title", "severity", "score", "window_s", "when", "same_party", "kind", "answers", "version"),
    *_COMMON,
)
_FEATURE_KEYS: Final = ("feature", *COMPARISONS, "interval", "over_s", "before")
_ALERT_KEYS: Final = ("rule", "min_severity", "count")


class FeatureCondition(msgspec.Struct, frozen=True, kw_only=True):
    """A figure beyond a threshold; the names are those of the rule's parameters."""

    feature: str
    comparison: str
    interval_s: int
    threshold: str
    over: str | None
    before: str | None

    def holds(self, observed: float, threshold: float) -> bool:
        """Compare; a figure that is not known holds nothing."""
        if self.comparison == "above":
            return observed > threshold
        if self.comparison == "at_least":
            return observed >= threshold
        if self.comparison == "below":
            return observed < threshold
        return observed <= threshold


class AlertCondition(msgspec.Struct, frozen=True, kw_only=True):
    """So many alerts of a rule, of a severity or a higher one."""

    rule: str
    min_severity: str
    count: str


Condition = FeatureCondition | AlertCondition


class DeclaredRule(msgspec.Struct, frozen=True, kw_only=True):
    """A user's rule. `digest` stands for all that is no parameter."""

    id: str
    version: int
    title: str
    kind: str
    answers: tuple[str, ...]
    same_party: bool
    conditions: tuple[Condition, ...]
    parameters: tuple[Parameter, ...]
    common: dict[str, float]
    """What it says of the parameters that every rule has."""
    digest: str

    @property
    def rules(self) -> frozenset[str]:
        """The rules whose alerts it is about."""
        return frozenset(one.rule for one in self.conditions if isinstance(one, AlertCondition))

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features it is about."""
        return tuple(FEATURES[one.feature] for one in self.conditions if isinstance(one, FeatureCondition))

    @property
    def tier(self) -> int:
        """The least data its features need; what its other rules need is theirs."""
        return max((feature.tier for feature in self.features), default=2 if self.same_party else 0)

    @property
    def needs(self) -> tuple[str, ...]:
        """Event types its features are made of."""
        return tuple(dict.fromkeys(need for feature in self.features for need in feature.needs))


class ParametersWithRules(Parameters):
    """Parameters of shipped rules and of those that the layers declare."""

    def __init__(
        self,
        shipped: Mapping[str, Sequence[Parameter]],
        layers: Iterable[Layer] = (),
        heard: Collection[str] | None = None,
    ) -> None:
        """`heard` are the rules whose alerts conditions can be about, those on the stream; None: all shipped."""
        every = tuple(layers)
        self.average_windows_min = windows_of(every)
        self.declared_rules = rules_of(every, tuple(shipped), tuple(shipped) if heard is None else heard)
        own = {rule.id: rule.parameters for rule in self.declared_rules}
        apart = (TABLE, METRICS)
        tuning: list[Layer] = [{name: table for name, table in layer.items() if name not in apart} for layer in every]
        common = {rule.id: rule.common for rule in self.declared_rules}
        super().__init__({**shipped, **own}, [common, *tuning])


def rules_of(layers: Iterable[Layer], shipped: Collection[str], heard: Collection[str]) -> tuple[DeclaredRule, ...]:
    """Read the rules that layers declare, in their order; a later one may declare a rule anew.

    Raises `ParameterError`.
    """
    found: dict[str, DeclaredRule] = {}
    for layer in layers:
        tables = layer.get(TABLE, {})
        if not isinstance(tables, Mapping):
            raise ParameterError(f"Write each rule as [{TABLE}.<its id>].")
        for name, table in tables.items():
            found[name] = _rule(name, table, shipped, heard)
    return tuple(found.values())


def _rule(name: str, table: Any, shipped: Collection[str], heard: Collection[str]) -> DeclaredRule:
    title = f"[{TABLE}.{name}]"
    if not isinstance(table, Mapping):
        raise ParameterError(f"{title} must be a table.")
    if not _NAME.fullmatch(name):
        raise ParameterError(f"{title} needs an id of small letters, digits and underscores.")
    if name in shipped:
        raise ParameterError(f"{title} has the name of a rule that is there already.")
    _check_keys(table, _RULE_KEYS, title)
    words = table.get("title")
    if not isinstance(words, str) or not words.strip():
        raise ParameterError(f"{title} needs a title, as text.")
    whens = table.get("when")
    if not isinstance(whens, list) or not whens or not all(isinstance(one, Mapping) for one in whens):
        raise ParameterError(f"{title} needs conditions, each as [[{TABLE}.{name}.when]].")
    parameters = [
        Parameter("score", _score(table, title), "probability of being right", 0, 1, "of its alerts"),
        _number(table, "window_s", "s", 0.001, LONGEST_WINDOW_S, title, meaning="within which all conditions hold"),
    ]
    conditions: list[Condition] = []
    for place, one in enumerate(whens, start=1):
        conditions.append(_condition(one, heard, parameters, f"[[{TABLE}.{name}.when]] number {place}"))
    same_party = _typed(table, "same_party", bool, False, title)
    if same_party and not any(isinstance(one, AlertCondition) for one in conditions):
        raise ParameterError(f"{title} same_party needs a condition about a rule's alerts: features know no party.")
    kind = _typed(table, "kind", str, "condition", title)
    if kind not in ("condition", "pattern"):
        raise ParameterError(f"{title} kind must be condition or pattern, not {kind!r}.")
    answers = _typed(table, "answers", list, [name], title)
    if not all(isinstance(one, str) for one in answers):
        raise ParameterError(f"{title} answers must be a list of patterns.")
    version = _typed(table, "version", int, 1, title)
    told = (kind, answers, same_party, [msgspec.to_builtins(one) for one in conditions])
    return DeclaredRule(
        id=name,
        version=version,
        title=words.strip(),
        kind=kind,
        answers=tuple(answers),
        same_party=same_party,
        conditions=tuple(conditions),
        parameters=tuple(parameters),
        common={key: table[key] for key in _COMMON if key in table},
        digest=identifier(msgspec.json.encode(told, order="deterministic").decode())[:12],
    )


def _score(table: Mapping[str, Any], title: str) -> float:
    if ("severity" in table) == ("score" in table):
        raise ParameterError(f"{title} needs either severity ({', '.join(SEVERITIES)}) or score (0 to 1).")
    if "score" in table:
        return _number(table, "score", "probability", 0, 1, title).default
    severity = table["severity"]
    if severity not in SEVERITIES:
        raise ParameterError(f"{title} severity must be one of {', '.join(SEVERITIES)}, not {severity!r}.")
    return SCORES[severity]


def _condition(
    table: Mapping[str, Any], shipped: Collection[str], parameters: list[Parameter], title: str
) -> Condition:
    """Read a condition; its numbers join the rule's parameters."""
    if ("feature" in table) == ("rule" in table):
        raise ParameterError(f"{title} needs either a feature or a rule.")
    return (
        _about_alerts(table, shipped, parameters, title)
        if "rule" in table
        else _about_feature(table, parameters, title)
    )


def _about_alerts(
    table: Mapping[str, Any], shipped: Collection[str], parameters: list[Parameter], title: str
) -> AlertCondition:
    _check_keys(table, _ALERT_KEYS, title)
    rule, severity = table["rule"], table.get("min_severity", SEVERITIES[0])
    if rule not in shipped:
        raise ParameterError(f"{title}: {rule!r} is no rule of the stream{_hint(rule, shipped)}.")
    if severity not in SEVERITIES:
        raise ParameterError(f"{title} min_severity must be one of {', '.join(SEVERITIES)}, not {severity!r}.")
    count = _named(parameters, f"{rule}_count")
    parameters.append(_number({count: 1} | _renamed(table, count=count), count, "alerts", 1, 1000, title))
    return AlertCondition(rule=rule, min_severity=severity, count=count)


def _about_feature(table: Mapping[str, Any], parameters: list[Parameter], title: str) -> FeatureCondition:
    _check_keys(table, _FEATURE_KEYS, title)
    feature = FEATURES.get(table["feature"]) if isinstance(table["feature"], str) else None
    if feature is None:
        raise ParameterError(f"{title}: {table['feature']!r} is no feature{_hint(table['feature'], FEATURES)}.")
    compared = [word for word in COMPARISONS if word in table]
    if len(compared) != 1:
        raise ParameterError(f"{title} needs exactly one of {', '.join(COMPARISONS)}.")
    interval = table.get("interval", "1m")
    if interval not in INTERVALS:
        raise ParameterError(f"{title} interval must be one of {', '.join(INTERVALS)}, not {interval!r}.")
    if "interval" in table and feature.source != BARS:
        raise ParameterError(f"{title}: {feature.name} is told by the minute and takes no interval.")
    seconds = INTERVALS[interval]
    threshold = _named(parameters, f"{feature.name}_{compared[0]}")
    renamed = _renamed(table, **{compared[0]: threshold})
    parameters.append(
        _number(renamed, threshold, feature.unit, feature.minimum, feature.maximum, title, feature.meaning)
    )
    over = before = None
    if feature.over:
        over = _named(parameters, f"{feature.name}_over_s")
        values = {over: seconds} | _renamed(table, over_s=over)
        parameters.append(_number(values, over, "s", seconds, seconds * MOST_BARS, title))
    elif "over_s" in table:
        raise ParameterError(f"{title}: {feature.name} takes no over_s.")
    if feature.before:
        before = _named(parameters, f"{feature.name}_before")
        values = {before: 20} | _renamed(table, before=before)
        parameters.append(_number(values, before, "bars" if feature.source == BARS else "minutes", 1, 1000, title))
    elif "before" in table:
        raise ParameterError(f"{title}: {feature.name} takes no before.")
    return FeatureCondition(
        feature=feature.name,
        comparison=compared[0],
        interval_s=seconds,
        threshold=threshold,
        over=over,
        before=before,
    )


def _renamed(table: Mapping[str, Any], **names: str) -> dict[str, Any]:
    return {new: table[old] for old, new in names.items() if old in table}


def _named(parameters: Sequence[Parameter], name: str) -> str:
    """Give a parameter's name, numbered where a condition before has it."""
    taken = {each.name for each in parameters}
    return next(each for each in (name, *(f"{name}_{n}" for n in range(2, 100))) if each not in taken)


def _number(
    table: Mapping[str, Any], name: str, unit: str, minimum: float, maximum: float, title: str, meaning: str = ""
) -> Parameter:
    value = table.get(name)
    if value is None:
        raise ParameterError(f"{title} needs {name}.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParameterError(f"{title} {name} must be a number, not {value!r}.")
    if not minimum <= value <= maximum:
        raise ParameterError(f"{title} {name} = {value} lies outside {minimum:g} to {maximum:g} {unit}.")
    return Parameter(name, value, unit, minimum, maximum, meaning)


def _typed(table: Mapping[str, Any], key: str, kind: type, default: Any, title: str) -> Any:
    value = table.get(key, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        words = {bool: "true or false", str: "text", int: "a whole number", list: "a list"}
        raise ParameterError(f"{title} {key} must be {words[kind]}, not {value!r}.")
    return value


def _check_keys(table: Mapping[str, Any], known: Sequence[str], title: str) -> None:
    for key in table:
        if key not in known:
            raise ParameterError(f"{title} has no key {key}{_hint(key, known)}.")


def _hint(word: Any, known: Collection[str]) -> str:
    close = get_close_matches(str(word), list(known), 1)
    return f" (did you mean {close[0]}?)" if close else ""

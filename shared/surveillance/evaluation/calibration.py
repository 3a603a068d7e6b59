"""Calibration: one rule under a grid of parameters over the same sessions, and which point of the grid to take.

With labels the best point has the highest F1; of several such, the one with the fewest alerts above `low`, then the
present values. Without labels nothing tells right alerts from false ones: the point with the most alerts of which
those above `low` stay within what analysts can work is the most watchful that is affordable.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final

import msgspec

from surveillance.alerts import SEVERITIES, Alert
from surveillance.errors import ParameterError
from surveillance.evaluation.scorecard import Rule, scorecard
from surveillance.evaluation.statistics import f1, share, wilson_low
from surveillance.parameters import Parameter
from surveillance.simulation.labels import Label

MOST_POINTS: Final = 1000
Values = Mapping[str, float]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one point of the grid brought. `per_hour` counts alerts an instrument hour, by severity, where known.

    `scenarios` to `f1` are None without labels; `present` marks the values in force.
    """

    values: dict[str, float]
    present: bool
    parameters_hash: str
    alerts: int
    severities: dict[str, int]
    per_hour: dict[str, float] | None
    scenarios: int | None = None
    hit: int | None = None
    recall: float | None = None
    recall_low: float | None = None
    right: int | None = None
    false: int | None = None
    precision: float | None = None
    precision_low: float | None = None
    f1: float | None = None

    @property
    def loud(self) -> int:
        """Alerts above `low`."""
        return self.alerts - self.severities.get(SEVERITIES[0], 0)


def grid(axes: Mapping[str, Sequence[float]], present: Values) -> list[dict[str, float]]:
    """Give every combination of the values to try, first of all the present ones; `ParameterError` for too many."""
    points = [{name: present[name] for name in axes}]
    for values in product(*axes.values()):
        point = dict(zip(axes, values, strict=True))
        if point not in points:
            points.append(point)
        if len(points) > MOST_POINTS:
            raise ParameterError(f"The grid has more than {MOST_POINTS} points; try fewer values")
    return points


def axis(text: str, declared: Sequence[Parameter]) -> tuple[str, tuple[float, ...]]:
    """Read `name=1,2,5` or `name=FROM:TO:STEP`; `ParameterError` for another shape or a value out of bounds."""
    name, _, listed = text.partition("=")
    known = {each.name: each for each in declared}
    parameter = known.get(name.strip())
    if parameter is None:
        raise ParameterError(f"{name.strip() or 'Nothing'} is no parameter of this rule; there are {', '.join(known)}")
    try:
        values = tuple(_listed(listed))
    except ValueError as error:
        raise ParameterError(f"{text} is no name=VALUE,... or name=FROM:TO:STEP") from error
    for value in values:
        if not parameter.minimum <= value <= parameter.maximum:
            bounds = f"{parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}"
            raise ParameterError(f"{parameter.name} = {value:g} lies outside {bounds}")
    return parameter.name, values


def _listed(text: str) -> Iterator[float]:
    for part in text.split(","):
        if ":" not in part:
            yield float(part)
            continue
        first, last, step = (float(each) for each in part.split(":"))
        count = int((last - first) / step + 1e-9) + 1 if step > 0 and last >= first else 0
        if not 0 < count <= MOST_POINTS:
            raise ValueError
        yield from (round(first + place * step, 12) for place in range(count))


def measured(
    values: Values,
    present: bool,
    parameters_hash: str,
    alerts: Sequence[Alert],
    labels: Sequence[Label] | None,
    rule: tuple[str, Rule],
    instrument_hours: float,
) -> Measured:
    """Count the alerts of one point, and judge them where labels are: recall of the pattern of the rule's own name.

    Where that was not played, of all the patterns it answers.
    """
    severities = Counter(alert.severity for alert in alerts)
    counts = {name: severities[name] for name in SEVERITIES if severities[name]}
    plain = Measured(
        values=dict(values),
        present=present,
        parameters_hash=parameters_hash,
        alerts=len(alerts),
        severities=counts,
        per_hour={name: severities[name] / instrument_hours for name in SEVERITIES} if instrument_hours else None,
    )
    if labels is None:
        return plain
    name, judged = rule
    card = scorecard(alerts, labels, {name: judged})
    own = [name] if name in card["patterns"] else judged.answers
    answered = [row for pattern, row in card["patterns"].items() if pattern in own]
    scenarios, hit = sum(row["scenarios"] for row in answered), sum(row["hit"] for row in answered)
    right, false = card["rules"][name]["right"], card["rules"][name]["false"]
    recall, precision = share(hit, scenarios), share(right, right + false)
    return msgspec.structs.replace(
        plain,
        scenarios=scenarios,
        hit=hit,
        recall=recall,
        recall_low=wilson_low(hit, scenarios),
        right=right,
        false=false,
        precision=precision,
        precision_low=wilson_low(right, right + false),
        f1=f1(precision, recall),
    )


def best(points: Sequence[Measured], most_per_hour: float) -> Measured:
    """Choose the point to propose; `most_per_hour` alerts above `low` an instrument hour count where labels are not."""
    if any(point.scenarios for point in points):
        return max(points, key=lambda point: (point.f1 or 0.0, -point.loud, point.present))
    affordable = [point for point in points if _loud_per_hour(point) <= most_per_hour]
    if affordable:
        return max(affordable, key=lambda point: (point.alerts, -point.loud, point.present))
    return min(points, key=lambda point: (point.loud, not point.present))


def reason(chosen: Measured, most_per_hour: float) -> str:
    """Say why a point was chosen, in one sentence."""
    if chosen.scenarios:
        return "It has the highest F1 of the points tried."
    if _loud_per_hour(chosen) <= most_per_hour:
        return (
            f"There are no labels: of the points with at most {most_per_hour:g} alerts above low an instrument hour it "
            "has the most alerts. Nothing here says how many of them are right."
        )
    return (
        f"No point stays within {most_per_hour:g} alerts above low an instrument hour; this one has the fewest. "
        "There are no labels: nothing here says how many alerts are right."
    )


def _loud_per_hour(point: Measured) -> float:
    per_hour = point.per_hour or {}
    return sum(per_hour.get(name, 0.0) for name in SEVERITIES[1:])


def proposal(
    rule: str,
    version: int,
    origin: str,
    events: int,
    instrument_hours: float,
    points: Sequence[Measured],
    chosen: Measured,
    why: str,
) -> str:
    """Write a parameter file with the chosen values, the evidence for them as comments."""
    lines = [
        f"Proposal of `surveillance calibrate {rule}`; rule version {version}, parameters_hash "
        f"{chosen.parameters_hash}.",
        f"Evidence: {origin}; {events:,} events, {instrument_hours:,.2f} instrument hours.",
        f"{why}{' These are the values in force already.' if chosen.present else ''}",
        "",
        *table(points, chosen),
    ]
    comments = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    keys = "".join(f"{name} = {_toml(value)}\n" for name, value in chosen.values.items())
    return f"{comments}\n[{rule}]\n{keys}"


def _toml(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def table(points: Sequence[Measured], chosen: Measured) -> Iterator[str]:
    """Give the rows of the grid as a Markdown table: `*` marks the values in force, `>` the proposed ones."""
    names = list(points[0].values)
    judged = any(point.scenarios for point in points)
    titles = ["", *names, "alerts", *(f"{name}/h" for name in SEVERITIES)]
    titles += ["recall", "precision", "F1"] if judged else []
    yield f"| {' | '.join(titles)} |"
    yield f"|{'|'.join(['---', *['--:'] * (len(titles) - 1)])}|"
    for point in points:
        mark = f"{'>' if point is chosen else ''}{'*' if point.present else ''}"
        per_hour = point.per_hour or {}
        cells = [mark, *(f"{value:g}" for value in point.values.values()), str(point.alerts)]
        cells += [shown(per_hour.get(name)) for name in SEVERITIES]
        if judged:
            cells += [f"{shown(point.recall)} ({shown(point.recall_low)}, {point.hit} of {point.scenarios})"]
            cells += [f"{shown(point.precision)} ({shown(point.precision_low)}, {point.false} false)"]
            cells += [shown(point.f1)]
        yield f"| {' | '.join(cells)} |"


def shown(value: float | None) -> str:
    """Write a share or a rate; a dash where it is undefined."""
    return "-" if value is None else f"{value:.2f}"

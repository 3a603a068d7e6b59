"""Two runs over the same events, episode by episode: what one found and the other did not, and what it tells else."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from surveillance.alerts import Alert, last_revisions

COMPARED: Final = (
    "severity",
    "score",
    "candidate",
    "data_tier",
    "accounts",
    "start_ts",
    "end_ts",
    "detected_ts",
    "revision",
    "order_count",
    "trade_count",
)
"""What an analyst sees of an alert; thresholds and wording differ with every parameter and version."""


class Change(msgspec.Struct, frozen=True):
    """An episode that both found but do not tell alike: fields of `COMPARED`, as before and as after."""

    before: Alert
    after: Alert
    fields: dict[str, tuple[Any, Any]]


class Comparison(msgspec.Struct, frozen=True):
    """Episodes by fate, each in order of detection; `kept` are those that tell the same."""

    gained: list[Alert]
    lost: list[Alert]
    kept: list[Alert]
    changed: list[Change]

    def by_rule(self) -> dict[str, dict[str, int]]:
        """Count fates by rule."""
        fates: dict[str, Iterable[Alert]] = {
            "gained": self.gained,
            "lost": self.lost,
            "kept": self.kept,
            "changed": [each.after for each in self.changed],
        }
        counts = {fate: Counter(alert.rule for alert in alerts) for fate, alerts in fates.items()}
        rules = sorted({rule for counted in counts.values() for rule in counted})
        return {rule: {fate: counts[fate][rule] for fate in fates} for rule in rules}

    def by_severity(self) -> dict[str, dict[str, int]]:
        """Count the severities of what was gained and lost, and the steps of what was changed."""
        steps = Counter(
            f"{each.before.severity} to {each.after.severity}" for each in self.changed if "severity" in each.fields
        )
        return {
            "gained": dict(Counter(alert.severity for alert in self.gained)),
            "lost": dict(Counter(alert.severity for alert in self.lost)),
            "changed": dict(steps),
        }


def compared(before: Sequence[Alert], after: Sequence[Alert]) -> Comparison:
    """Pair the alerts of two runs by `episode_key`, which knows neither version nor parameters."""
    old = {alert.episode_key: alert for alert in last_revisions(before)}
    new = {alert.episode_key: alert for alert in last_revisions(after)}
    changes = [Change(old[key], alert, _differences(old[key], alert)) for key, alert in new.items() if key in old]
    return Comparison(
        gained=[alert for key, alert in new.items() if key not in old],
        lost=[alert for key, alert in old.items() if key not in new],
        kept=[each.after for each in changes if not each.fields],
        changed=[each for each in changes if each.fields],
    )


def _differences(before: Alert, after: Alert) -> dict[str, tuple[Any, Any]]:
    both = {name: (getattr(before, name), getattr(after, name)) for name in COMPARED}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}

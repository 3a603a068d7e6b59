"""Surveys: alerts of recorded days by rule and severity, per hour that an instrument traded; none is known to be right.

An instrument's hours are those of its schedule's sessions with events, else the time from the first to the last event
of each UTC day.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from surveillance.alerts import SEVERITIES, Alert
from surveillance.events import DAY, EVERYTHING
from surveillance.reference import Reference
from surveillance.wire import Decoded

HOUR: Final = 3600 * 1_000_000_000


class Hours:
    """The days on which each symbol had events, and when; `watch` passes batches through."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], tuple[int, int]] = {}

    def watch(self, batches: Iterable[Decoded]) -> Iterator[Decoded]:
        """Pass batches through and note when each symbol had events."""
        for batch in batches:
            self._note(batch.table)
            yield batch

    def total(self, reference: Reference) -> float:
        """Give the instrument hours of what was seen."""
        listed = {instrument.symbol: instrument for instrument in reference.instruments}
        total_ns = 0
        sessions: dict[tuple[object, int], dict[int, tuple[int, int]]] = {}
        for (symbol, day), (first, last) in self._seen.items():
            schedule = listed.get(symbol, reference.unknown).schedule() or reference.unknown.schedule()
            if schedule is None:
                total_ns += last - first
                continue
            year = day // 366
            if (schedule, year) not in sessions:
                near = schedule.sessions(year * 366 * DAY, (year + 1) * 366 * DAY)
                sessions[schedule, year] = {close // DAY: (start, close) for start, close in near}
            opens, closes = sessions[schedule, year].get(day, (last + 1, last + 1))
            if first <= closes and last >= opens:
                total_ns += closes - opens
        return total_ns / HOUR

    def _note(self, table: pa.Table) -> None:
        if not table.num_rows:
            return
        days = pc.divide(pc.subtract(table["ts"], 1), DAY)
        grouped = pa.table({"symbol": table["symbol"], "day": days, "ts": table["ts"]}).group_by(["symbol", "day"])
        for row in grouped.aggregate([("ts", "min"), ("ts", "max")]).to_pylist():
            if row["symbol"] in (None, EVERYTHING):
                continue
            key = row["symbol"], row["day"]
            first, last = self._seen.get(key, (row["ts_min"], row["ts_max"]))
            self._seen[key] = min(first, row["ts_min"]), max(last, row["ts_max"])


def table(alerts: Sequence[Alert], hours: float) -> Iterator[str]:
    """Give a Markdown table: a rule a line, alerts by severity, and how many an hour are high or above."""
    counts = Counter((alert.rule, alert.severity) for alert in alerts)
    candidates = Counter(alert.rule for alert in alerts if alert.candidate)
    yield f"| rule | {' | '.join(SEVERITIES)} | candidates | an hour | high and above an hour |"
    yield f"|---|{'--:|' * (len(SEVERITIES) + 3)}"
    for rule in sorted({alert.rule for alert in alerts}):
        by_severity = [counts[rule, severity] for severity in SEVERITIES]
        cells = [*(str(count or "") for count in by_severity), str(candidates[rule] or "")]
        cells += [_rate(sum(by_severity), hours), _rate(sum(by_severity[2:]), hours)]
        yield f"| {rule} | {' | '.join(cells)} |"
    loud = sum(alert.severity in SEVERITIES[2:] for alert in alerts)
    yield f"| all |{' |' * (len(SEVERITIES) + 1)} {_rate(len(alerts), hours)} | {_rate(loud, hours)} |"


def sample(alerts: Sequence[Alert], each: int) -> Iterator[Alert]:
    """Give so many alerts of each rule, evenly over time, those of higher severity first."""
    for rule in sorted({alert.rule for alert in alerts}):
        of_rule = [alert for alert in alerts if alert.rule == rule]
        worst = max(SEVERITIES.index(alert.severity) for alert in of_rule)
        loud = [alert for alert in of_rule if alert.severity == SEVERITIES[worst]]
        yield from loud[:: max(1, len(loud) // max(each, 1))][:each]


def _rate(count: int, hours: float) -> str:
    return f"{count / hours:.3g}" if hours and count else ""

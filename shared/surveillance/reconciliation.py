"""Reconciliation: what was sent, carried, processed and landed in a day must be equal, or explained.

Three witnesses that do not ask each other count the same lines: the ingester, the checkpoints of the rules, the lake.
Every equation between them that fails is one alert about `*`. Regulators have fined firms whose surveillance silently
missed a feed, so that no difference is too small to be told; its severity rises with its share of the lines.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from surveillance.alerts import Alert, Completeness, identifier
from surveillance.engine.episodes import Episodes, Trigger
from surveillance.events import EVERYTHING
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding

ID, VERSION, TITLE = "reconciliation", 1, "Reconciliation"
PARAMETERS: Final = (
    Parameter("min_missing", 1, "lines", 1, 1e12, "smaller differences are left alone"),
    Parameter("high_share", 0.0001, "share of the lines", 0, 1, "from here on severity is high"),
)


class Equation(msgspec.Struct, frozen=True):
    """Two sums that law 3 says are equal."""

    title: str
    left: dict[str, int]
    right: dict[str, int]

    @property
    def difference(self) -> int:
        """The left sum less the right one."""
        return sum(self.left.values()) - sum(self.right.values())

    @property
    def holds(self) -> bool:
        """Whether the sums are equal."""
        return self.difference == 0

    def sentence(self) -> str:
        """Give the equation with every term, and by how much it fails if it does."""
        verdict = "holds" if self.holds else f"FAILS by {self.difference:+,}"
        return f"{self.title}: {_sum(self.left)} = {_sum(self.right)}  [{verdict}]"


class DayCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What the witnesses counted of a day, in lines; None where one was not heard.

    `received` to `pending` are the ingester's, `lines` to `quarantined` the checkpoints' sums, the rest the lake's.
    """

    received: int | None = None
    repeated: int = 0
    turned_away: int = 0
    put: int = 0
    copies: int = 0
    pending: int = 0
    lines: int | None = None
    duplicates: int = 0
    processed: int = 0
    stale_producer: int = 0
    late: int = 0
    rejected: int = 0
    quarantined: int = 0
    lake_rows: int | None = None
    lake_errors: int = 0

    def equations(self) -> list[Equation]:
        """Give the law's equations between the witnesses that were heard."""
        found = []
        if self.received is not None:
            parts = {"repeated": self.repeated, "quarantined": self.turned_away, "put": self.put}
            found.append(
                Equation("Received by the ingester", {"received": self.received}, parts | {"pending": self.pending})
            )
        if self.lines is not None:
            distinct = self.lines - self.duplicates
            if self.received is not None:
                put = {"put": self.put, "copies for every lane": self.copies}
                found.append(Equation("Put into Kinesis", put, {"distinct in Kinesis": distinct}))
            found.append(
                Equation(
                    "Read from Kinesis",
                    {"distinct": distinct},
                    {
                        "processed": self.processed,
                        "stale producer": self.stale_producer,
                        "late": self.late,
                        "rejected": self.rejected,
                        "quarantined": self.quarantined,
                    },
                )
            )
            if self.lake_rows is not None:
                landed = {"distinct rows": self.lake_rows, "in the error prefix": self.lake_errors}
                found.append(Equation("Landed in the lake", {"distinct in Kinesis": distinct}, landed))
        return found


def reconciliation_alerts(
    equations: Iterable[Equation], start_ts: int, end_ts: int, values: dict[str, float] | None = None
) -> list[Alert]:
    """Give an alert for each equation that fails, about the time from `start_ts` to `end_ts` (ns)."""
    values = values or {each.name: float(each.default) for each in PARAMETERS}
    alerts = []
    for equation in equations:
        missing = abs(equation.difference)
        if missing < values["min_missing"]:
            continue
        whole = max(sum(equation.left.values()), sum(equation.right.values()))
        share = missing / whole
        trigger = Trigger(
            rule=ID,
            rule_version=VERSION,
            parameters_hash=identifier(*sorted(values.items()))[:12],
            symbol=EVERYTHING,
            venue=None,
            party="-",
            session=start_ts,
            ts=end_ts,
            score=0.75 if share >= values["high_share"] else 0.6,
            cool_down_ns=0,
            finding=_finding(equation, missing, share, start_ts, end_ts, values),
            order_ids=[],
            trade_ids=[],
            accounts=[],
            completeness=Completeness(0, 0, 0),
        )
        alert = Episodes().take(trigger)
        if alert is not None:
            alerts.append(alert)
    return alerts


def _finding(
    equation: Equation, missing: int, share: float, start_ts: int, end_ts: int, values: dict[str, float]
) -> Finding:
    more = "fewer" if equation.difference > 0 else "more"
    return Finding(
        start_ts=start_ts,
        end_ts=end_ts,
        sentences=[
            f"{equation.title}: {_sum(equation.left)}, but {_sum(equation.right)}: {missing:,} lines {more} than were "
            f"to be found (threshold {values['min_missing']:g}), {share:.4%} of them.",
            "Until this is explained, the alerts and figures of this time rest on a record that may not be whole.",
        ],
        first_evidence=f"{equation.title}@{start_ts}",
        metrics={"missing": float(missing), "share": share},
        thresholds={name: values[name] for name in ("min_missing", "high_share")},
    )


def _sum(terms: dict[str, int]) -> str:
    return " + ".join(f"{value:,} {name}" for name, value in terms.items())

"""Promise: counts of a day that do not add up are told, each equation once; those that do raise nothing."""

import msgspec
import pytest
from surveillance.reconciliation import DayCounts, Equation, reconciliation_alerts

from tests.rules.market import START, seconds

WHOLE = DayCounts(
    received=100_000,
    repeated=10,
    turned_away=3,
    put=99_987,
    copies=15,
    lines=100_010,
    duplicates=8,
    processed=99_990,
    late=5,
    rejected=7,
    lake_rows=99_999,
    lake_errors=3,
)


def alerts(counts: DayCounts) -> list[tuple[str, float]]:
    found = reconciliation_alerts(counts.equations(), START, START + seconds(86_400))
    return [(alert.severity, alert.metrics["missing"]) for alert in found]


def test_counts_that_add_up_raise_nothing() -> None:
    assert len(WHOLE.equations()) == 4
    assert alerts(WHOLE) == []


@pytest.mark.parametrize(("rows", "severity"), [(99_998, "medium"), (99_990, "medium"), (99_988, "high")])
def test_lines_that_never_landed_are_told_with_their_share(rows: int, severity: str) -> None:
    (found,) = alerts(msgspec.structs.replace(WHOLE, lake_rows=rows))
    assert found == (severity, 99_999 - rows)


def test_alert_tells_every_term() -> None:
    equation = Equation(
        "Landed in the lake", {"distinct in Kinesis": 10}, {"distinct rows": 7, "in the error prefix": 1}
    )
    (alert,) = reconciliation_alerts([equation], START, START + 1)
    assert (alert.rule, alert.symbol, alert.start_ts, alert.end_ts) == ("reconciliation", "*", START, START + 1)
    assert "10 distinct in Kinesis, but 7 distinct rows + 1 in the error prefix: 2 lines fewer" in alert.explanation
    assert alert.alert_id == reconciliation_alerts([equation], START, START + 1)[0].alert_id


def test_witness_that_was_not_heard_is_in_no_equation() -> None:
    silent = msgspec.structs.replace(WHOLE, received=None, lake_rows=None)
    assert [equation.title for equation in silent.equations()] == ["Read from Kinesis"]


def test_equation_that_fails_says_by_how_much() -> None:
    assert Equation("A", {"a": 3}, {"b": 1}).sentence() == "A: 3 a = 1 b  [FAILS by +2]"
    assert Equation("A", {"a": 3}, {"b": 3}).holds

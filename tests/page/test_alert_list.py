"""The list of alerts: the newest change first, each alert once, counts of what nobody has closed."""

from hypothesis import given
from hypothesis import strategies as st
from surveillance.alerts import SEVERITIES, STATUSES

from local.page import alert_list
from local.page.alert_list import AlertList, Wanted
from tests.page.standing import alert


def filled(*numbers: int) -> AlertList:
    made = AlertList()
    for number in numbers:
        made.take(alert(number))
    return made


def test_a_change_moves_an_alert_to_the_top() -> None:
    alerts = filled(1, 2, 3)
    alerts.take(alert(1, revision=2))
    assert [entry.alert_id for entry in alerts.since(0, 9)] == [alert(number).alert_id for number in (1, 3, 2)]
    assert len(alerts) == 3


def test_an_older_revision_changes_nothing() -> None:
    alerts = filled(1)
    alerts.take(alert(1, revision=3, severity="critical"))
    change = alerts.change
    alerts.take(alert(1, revision=2))
    assert alerts.change == change
    assert alerts.since(0, 9)[0].severity == "critical"


def test_an_alert_that_looks_the_same_is_no_change() -> None:
    alerts = filled(1, 2)
    change = alerts.change
    alerts.take(alert(1))
    assert alerts.change == change
    assert [entry.alert_id for entry in alerts.since(0, 9)] == [alert(2).alert_id, alert(1).alert_id]


def test_only_what_changed_since_is_given() -> None:
    alerts = filled(1, 2)
    change = alerts.change
    assert alerts.since(change, 9) == []
    alerts.take(alert(3))
    assert [entry.alert_id for entry in alerts.since(change, 9)] == [alert(3).alert_id]


def test_the_oldest_leave_the_list_but_stay_in_the_counts(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(alert_list, "KEPT", 2)
    alerts = filled(1, 2, 3)
    assert len(alerts.since(0, 9)) == 2
    assert alerts.open()["high"] == 3
    alerts.take(alert(1, status="closed_false"))
    assert alerts.open()["high"] == 2


def test_a_list_is_narrowed_by_each_field() -> None:
    alerts = AlertList()
    alerts.take(alert(1, severity="low", symbol="ABC", rule="pinging"))
    alerts.take(alert(2, severity="critical", symbol="abd", status="closed_true"))

    def found(**wanted: str) -> int:
        return len(alerts.since(0, 9, Wanted(**wanted)))

    assert found() == 2
    assert (found(severity="low"), found(severity="high")) == (2, 1)
    assert (found(symbol="ab"), found(symbol="ABC"), found(symbol="x")) == (2, 1, 0)
    assert (found(rule="pinging"), found(status="open"), found(status="unfinished")) == (1, 1, 1)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(SEVERITIES), st.sampled_from(STATUSES)), max_size=40))
def test_counts_are_of_what_stands_in_the_list(changes: list[tuple[int, str, str]]) -> None:
    alerts = AlertList()
    for revision, (number, severity, status) in enumerate(changes, start=1):
        alerts.take(alert(number, severity=severity, status=status, revision=revision, symbol=f"S{number % 2}"))
    left = alerts.since(0, 99, Wanted(status="unfinished"))
    assert alerts.open() == {one: sum(entry.severity == one for entry in left) for one in reversed(SEVERITIES)}
    for symbol in ("S0", "S1"):
        counted = sum(alerts.open_of(symbol).values())
        assert counted == sum(entry.symbol == symbol for entry in left)

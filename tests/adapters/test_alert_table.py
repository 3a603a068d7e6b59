"""Engine, analysts and announcer write one item and none undoes what another wrote."""

from typing import Any

import pytest
from surveillance import alerts
from surveillance.adapters.alert_review import AlertReview, StatusChange
from surveillance.adapters.alert_table import AlertTable

from tests.adapters.aws_tables import alert, make_tables


@pytest.fixture
def dynamodb(aws: None) -> Any:
    return make_tables()


@pytest.fixture
def table(dynamodb: Any) -> AlertTable:
    return AlertTable(dynamodb, "alerts")


def test_an_alert_is_read_as_it_was_written(table: AlertTable) -> None:
    written = alert(evidence_uri="s3://lanes/log", status_reason="because")
    table.write(written)
    (stored,) = table.read([written.alert_id, "unknown"])
    assert stored.alert == written
    assert stored.wanted
    assert stored.announced_revision is None


def test_a_lower_or_equal_revision_changes_nothing(table: AlertTable) -> None:
    table.write(alert(revision=3))
    for revision in (1, 2, 3):
        table.write(alert(revision=revision, severity="critical"))
    (stored,) = table.read([alert().alert_id])
    assert (stored.alert.revision, stored.alert.severity) == (3, "medium")


def test_a_higher_revision_replaces_the_engines_attributes(table: AlertTable) -> None:
    table.write(alert(evidence_uri="s3://one"))
    later = alert(revision=2, score=0.5, metrics={"other": 1.5}, venue=None)
    table.write(later)
    (stored,) = table.read([later.alert_id])
    assert alerts.content(stored.alert) == alerts.content(later)


def test_the_analysts_attributes_survive_a_revision(table: AlertTable, dynamodb: Any) -> None:
    table.write(alert())
    key = {"alert_id": {"S": alert().alert_id}}
    dynamodb.update_item(
        TableName="alerts",
        Key=key,
        UpdateExpression="SET #s = :s, assignee = :a, notes = :n",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "in_review"}, ":a": {"S": "Ada"}, ":n": {"L": [{"S": "looks odd"}]}},
    )
    table.write(alert(revision=2))
    item = dynamodb.get_item(TableName="alerts", Key=key)["Item"]
    assert item["status"] == {"S": "in_review"}
    assert item["assignee"] == {"S": "Ada"}
    assert item["notes"] == {"L": [{"S": "looks odd"}]}


def test_an_announced_alert_wants_no_more_until_its_severity_rises(table: AlertTable) -> None:
    table.write(alert())
    table.announced(alert())
    assert table.unannounced(10) == []
    table.write(alert(revision=2))
    assert table.unannounced(10) == []
    (stored,) = table.read([alert().alert_id])
    assert stored.announced_revision == 1
    table.write(alert(revision=3, severity="high"))
    assert table.unannounced(10) == [alert().alert_id]


def test_a_mark_set_late_leaves_a_risen_severity_wanting(table: AlertTable) -> None:
    table.write(alert())
    table.write(alert(revision=2, severity="critical"))
    table.announced(alert())
    assert table.unannounced(10) == [alert().alert_id]
    table.announced(alert(revision=2, severity="critical"))
    assert table.unannounced(10) == []


def test_an_older_mark_set_last_does_not_lower_what_was_announced(table: AlertTable) -> None:
    table.write(alert(severity="high"))
    table.announced(alert(severity="high"))
    table.announced(alert(severity="low"))
    table.write(alert(revision=2, severity="low"))
    table.write(alert(revision=3, severity="high"))
    assert table.unannounced(10) == []


def test_a_first_write_of_a_later_revision_wants_announcement(table: AlertTable) -> None:
    table.write(alert(revision=4))
    assert table.unannounced(10) == [alert().alert_id]


def test_a_suppressed_alert_is_stored_and_not_announced(table: AlertTable) -> None:
    quiet = alert(status="suppressed", status_reason="market maker")
    table.write(quiet)
    assert table.unannounced(10) == []
    assert table.read([quiet.alert_id])[0].alert == quiet


def test_the_oldest_unannounced_come_first_over_pages(table: AlertTable) -> None:
    for number in range(7):
        table.write(alert(str(number), detected_ts=100 - number))
    found = table.unannounced(5)
    assert found == [alert(str(number)).alert_id for number in (6, 5, 4, 3, 2)]


def test_an_alert_deleted_before_it_was_marked_stays_deleted_and_can_come_again(
    table: AlertTable, dynamodb: Any
) -> None:
    table.write(alert())
    dynamodb.delete_item(TableName="alerts", Key={"alert_id": {"S": alert().alert_id}})
    table.announced(alert())
    assert dynamodb.scan(TableName="alerts")["Items"] == []
    table.write(alert(revision=2))
    assert [stored.alert.revision for stored in table.read([alert().alert_id])] == [2]


def suppressed(revision: int = 1) -> alerts.Alert:
    return alert(revision=revision, status="suppressed", status_reason="allowed")


def test_a_revision_that_is_no_longer_allowed_opens_and_announces_the_alert(table: AlertTable) -> None:
    table.write(suppressed())
    table.write(alert(revision=2, accounts=["A-1", "A-2"]))
    (stored,) = table.read([alert().alert_id])
    assert (stored.alert.revision, stored.alert.status, stored.alert.status_reason) == (2, "open", None)
    assert table.unannounced(10) == [alert().alert_id]


def test_what_an_analyst_suppressed_stays_so(table: AlertTable, dynamodb: Any) -> None:
    table.write(suppressed())
    change = StatusChange("suppressed", "agreed", "Ada", 1)
    AlertReview(dynamodb, "alerts").set_status(alert().alert_id, change)
    table.write(alert(revision=2, severity="high"))
    (stored,) = table.read([alert().alert_id])
    assert (stored.alert.revision, stored.alert.status, stored.alert.status_reason) == (2, "suppressed", "agreed")


def test_an_allow_list_does_not_overrule_an_analyst(table: AlertTable, dynamodb: Any) -> None:
    table.write(alert())
    AlertReview(dynamodb, "alerts").set_status(alert().alert_id, StatusChange("escalated", "serious", "Ada", 1))
    table.write(suppressed(revision=2))
    assert table.read([alert().alert_id])[0].alert.status == "escalated"


def test_a_suppressed_alert_that_goes_on_is_never_announced(table: AlertTable) -> None:
    table.write(suppressed())
    table.write(suppressed(revision=2))
    assert table.unannounced(10) == []
    assert table.read([alert().alert_id])[0].alert.revision == 2

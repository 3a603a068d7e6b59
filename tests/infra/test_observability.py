"""What must not happen unseen raises an alarm: each alarm's metric exists, and each failure has its alarm."""

import ast
import json
from typing import Any

import pytest

from infra.constructs.source_package import REPOSITORY
from tests.infra.assembly import Assembly


def alarms(assembly: Assembly) -> dict[str, dict[str, Any]]:
    found = assembly.resources("AWS::CloudWatch::Alarm")
    return {name.partition("/Alarms")[2]: resource["Properties"] for name, resource in found.items()}


def alarm(assembly: Assembly, name: str) -> dict[str, Any]:
    (found,) = (properties for key, properties in alarms(assembly).items() if key.startswith(name))
    return found


@pytest.mark.parametrize(
    ("name", "namespace", "metric"),
    [
        ("DetectEventsBehind", "AWS/Lambda", "IteratorAge"),
        ("NotifyAlertBehind", "AWS/Lambda", "IteratorAge"),
        ("LandAlertsBehind", "AWS/Lambda", "IteratorAge"),
        ("DetectEventsFailing", "AWS/Lambda", "Errors"),
        ("CheckFeedsFailing", "AWS/Lambda", "Errors"),
        ("ReviewDayFailing", "AWS/Lambda", "Errors"),
        ("Unreviewed", "AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("Unstarted", "AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("HistoryDailyFailed", "AWS/States", "ExecutionsFailed"),
        ("HistoryBackFillTimedOut", "AWS/States", "ExecutionsTimedOut"),
        ("Quarantined", "AWS/S3", "PutRequests"),
        ("GivenUp", "AWS/S3", "PutRequests"),
        ("Undelivered", "AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("Uninvoked", "AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("IngesterDown", "ECS/ContainerInsights", "RunningTaskCount"),
        ("FeedStale", "Surveillance", "HeartbeatAge"),
        ("AnnouncementBacklog", "Surveillance", "AnnouncementBacklog"),
        ("EventsUnconverted", "AWS/Firehose", "FailedConversion.Records"),
        ("AlertsUnconverted", "AWS/Firehose", "FailedConversion.Records"),
        ("StreamThrottles", "AWS/Kinesis", "WriteProvisionedThroughputExceeded"),
    ],
)
def test_what_matters_raises_an_alarm(production: Assembly, name: str, namespace: str, metric: str) -> None:
    found = alarm(production, name)
    assert (found["Namespace"], found["MetricName"]) == (namespace, metric)


@pytest.mark.parametrize("name", ["IngesterDown", "CheckFeedsIdle"])
def test_silence_is_a_bad_sign_where_something_must_happen(production: Assembly, name: str) -> None:
    found = alarm(production, name)
    assert found["TreatMissingData"] == "breaching"
    assert found["ComparisonOperator"] == "LessThanThreshold"


def test_our_own_metrics_are_written_by_the_service_they_are_read_from(production: Assembly) -> None:
    for found in alarms(production).values():
        if found["Namespace"] == "Surveillance":
            (dimension,) = found["Dimensions"]
            handler = (REPOSITORY / "lambdas" / dimension["Value"] / "handler.py").read_text()
            texts = {node.value for node in ast.walk(ast.parse(handler)) if isinstance(node, ast.Constant)}
            assert dimension["Name"] == "service"
            assert found["MetricName"] in texts


def test_counted_prefixes_are_counted_by_their_bucket(production: Assembly) -> None:
    counted = {
        metrics["Id"]: metrics["Prefix"]
        for bucket in production.resources("AWS::S3::Bucket").values()
        for metrics in bucket["Properties"].get("MetricsConfigurations", [])
    }
    watched = {
        dimension["Value"]
        for found in alarms(production).values()
        for dimension in found["Dimensions"]
        if dimension["Name"] == "FilterId"
    }
    assert watched <= set(counted)
    assert counted["quarantine"] == "quarantine/"
    assert counted["given-up"] == "aws/lambda/"


def test_the_dashboard_shows_every_alarm(production: Assembly) -> None:
    body = json.dumps(production.one("AWS::CloudWatch::Dashboard")["DashboardBody"])
    names = [name.partition("/")[2] for name in production.resources("AWS::CloudWatch::Alarm")]
    assert names
    assert [name for name in names if name not in body] == []

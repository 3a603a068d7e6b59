"""The handlers, each as Lambda would call it, on tables, bucket and topic of a private AWS."""

import importlib.util
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from surveillance.adapters.alert_table import AlertTable

from tests.adapters.aws_tables import BUCKET, alert, make_bucket, make_tables

FUNCTIONS = Path(__file__).parents[2] / "lambdas"
REGION = "eu-west-1"
CONTEXT = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:f",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 60_000,
)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    names = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_METRICS_NAMESPACE": "Surveillance",
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "LANES": "16",
        "LANE_BUCKET": BUCKET,
        "CHECKPOINT_TABLE": "checkpoints",
        "ALERT_TABLE": "alerts",
        "LEASE_TABLE": "leases",
        "ALERT_DELIVERY_STREAM": "alerts",
        "METRIC_TABLE": "metrics",
        "METRIC_DELIVERY_STREAM": "alerts",
        "FEEDS": json.dumps([{"name": "venue"}]),
    }
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        make_bucket()
        dynamodb = make_tables()
        topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
        monkeypatch.setenv("ALERT_TOPIC_ARN", topic)
        boto3.client("firehose").create_delivery_stream(
            DeliveryStreamName="alerts",
            ExtendedS3DestinationConfiguration={
                "RoleARN": "arn:aws:iam::1:role/firehose",
                "BucketARN": f"arn:aws:s3:::{BUCKET}",
                "Prefix": "lake/",
            },
        )
        queue = boto3.client("sqs").create_queue(QueueName="mail")["QueueUrl"]
        boto3.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:mail"
        )
        yield SimpleNamespace(dynamodb=dynamodb, queue=queue)


def handler(function: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"handler_of_{function}", FUNCTIONS / function / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def received(queue: str) -> list[str]:
    answer = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(message["Body"])["Subject"] for message in answer.get("Messages", [])]


def table_change(dynamodb: Any, name: str = "one") -> dict[str, Any]:
    image = dynamodb.get_item(TableName="alerts", Key={"alert_id": {"S": alert(name).alert_id}})["Item"]
    return {"dynamodb": {"NewImage": image, "SequenceNumber": f"number-{name}"}}


def test_notify_alert_tells_what_the_stream_brings_and_the_sweep_the_rest(environment: Any) -> None:
    table = AlertTable(environment.dynamodb, "alerts")
    table.write(alert("one"))
    table.write(alert("two"))
    event = {"Records": [table_change(environment.dynamodb)]}
    notify = handler("notify_alert")
    assert notify.handle(event, CONTEXT) == {"published": 1, "announced": 1}
    assert notify.handle(event, CONTEXT) == {"published": 0, "announced": 0}
    assert notify.handle({"sweep": True}, CONTEXT) == {"published": 1, "announced": 1}
    assert received(environment.queue) == ["MEDIUM quote stuffing in AAPL"] * 2


def test_land_alerts_delivers_revisions_and_no_marks(environment: Any) -> None:
    AlertTable(environment.dynamodb, "alerts").write(alert("one"))
    first = table_change(environment.dynamodb)
    mark = {"dynamodb": {**first["dynamodb"], "OldImage": first["dynamodb"]["NewImage"]}}
    assert handler("land_alerts").handle({"Records": [first, mark]}, CONTEXT) == {"batchItemFailures": []}
    objects = boto3.client("s3")
    landed = [entry["Key"] for entry in objects.list_objects_v2(Bucket=BUCKET, Prefix="lake/")["Contents"]]
    (body,) = [objects.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in landed]
    assert [json.loads(line)["alert_id"] for line in body.splitlines()] == [alert("one").alert_id]


def test_check_feeds_tells_once_of_a_feed_that_never_lived(environment: Any) -> None:
    check = handler("check_feeds")
    for _ in range(2):
        assert check.handle({}, CONTEXT)["venue"] > 60
    assert received(environment.queue) == ["CRITICAL Feed venue is down"]


def test_detect_events_consumes_a_batch_and_says_nothing_failed(environment: Any) -> None:
    line = json.dumps(
        {"type": "trade", "symbol": "AAPL", "ts": 10**18, "price": 1.0, "size": 1.0, "producer": "p", "number": 1}
    )
    record = {
        "eventSourceARN": "arn:stream",
        "kinesis": {
            "partitionKey": "3",
            "sequenceNumber": "7",
            "data": b64encode(line.encode() + b"\n").decode(),
            "approximateArrivalTimestamp": 1700000000.0,
        },
    }
    detect = handler("detect_events")
    for _ in range(2):
        assert detect.handle({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
    item = environment.dynamodb.get_item(TableName="checkpoints", Key={"lane": {"N": "3"}})["Item"]
    assert (item["position"], item["sequence_number"]) == ({"N": "1"}, {"S": "7"})
    assert item["counts"]["M"]["events"] == {"N": "1"}


def test_review_day_tells_of_a_day_without_events(environment: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_BUCKET", BUCKET)
    report = handler("review_day").handle({"day": "2026-03-02"}, CONTEXT)
    assert report["day"] == "2026-03-02"
    assert (report["alerts"], report["holds"]) == ({}, True)


@pytest.mark.parametrize("function", ["notify_alert", "land_alerts", "check_feeds"])
def test_a_small_zip_imports_nothing_heavy(environment: Any, function: str) -> None:
    source = "import sys, handler; print(*{name.partition('.')[0] for name in sys.modules})"
    path = os.pathsep.join([str(FUNCTIONS / function), str(FUNCTIONS.parent / "shared")])
    loaded = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"numba", "numpy", "pyarrow", "pandas"} & set(loaded.stdout.split())


@pytest.mark.parametrize(
    "function",
    [
        "detect_events",
        "notify_alert",
        "land_alerts",
        "check_feeds",
        "review_day",
        "collect_dataset",
        "reconcile_indicators",
    ],
)
def test_a_handler_is_thin(function: str) -> None:
    source = (FUNCTIONS / function / "handler.py").read_text()
    assert "boto3" not in source
    assert "try:" not in source

"""The templates say what checkers can't know: starting positions, buffers, order of deployment, names and types."""

import json
from typing import Any

import pytest
from surveillance.alerts import Alert
from surveillance.events import SCHEMA
from surveillance.metric_rows import SCHEMA as METRIC_SCHEMA

from infra.constructs.glue_types import arrow_columns, struct_columns
from tests.infra.assembly import Assembly

PHYSICAL_NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::ECS::Service": "ServiceName",
    "AWS::Glue::Job": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}


def test_no_stack_needs_a_custom_resource(production: Assembly) -> None:
    text = json.dumps(production.templates)
    assert "Custom::" not in text
    assert "AWS::CloudFormation::CustomResource" not in text


@pytest.mark.parametrize(("kind", "key"), PHYSICAL_NAMES.items())
def test_cloudformation_chooses_the_names(production: Assembly, kind: str, key: str) -> None:
    found = production.resources(kind)
    assert found
    assert not [name for name, resource in found.items() if key in resource["Properties"]]


def test_detection_reads_the_stream_from_the_beginning_and_gives_nothing_up(production: Assembly) -> None:
    mapping = production.one("AWS::Lambda::EventSourceMapping", "detection/")
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["ParallelizationFactor"] == 1
    assert mapping["MaximumRetryAttempts"] == -1
    assert mapping["MaximumRecordAgeInSeconds"] == -1
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("function", ["NotifyAlert", "LandAlerts"])
def test_followers_of_the_alert_table_begin_at_the_beginning(production: Assembly, function: str) -> None:
    mapping = production.one("AWS::Lambda::EventSourceMapping", function)
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["MaximumRetryAttempts"] > 0


def test_every_mapping_keeps_what_it_gives_up_in_s3(production: Assembly) -> None:
    mappings = production.resources("AWS::Lambda::EventSourceMapping")
    assert len(mappings) == 3
    for mapping in mappings.values():
        destination = json.dumps(mapping["Properties"]["DestinationConfig"]["OnFailure"]["Destination"])
        assert "storage:ExportsOutputFnGetAttLanes" in destination


def test_enhanced_fan_out_gives_detection_a_consumer_of_its_own(laptop: Assembly, production: Assembly) -> None:
    assert laptop.one("AWS::Kinesis::StreamConsumer", "detection/")
    assert "ConsumerARN" in json.dumps(laptop.one("AWS::Lambda::EventSourceMapping", "detection/")["EventSourceArn"])
    assert not production.resources("AWS::Kinesis::StreamConsumer")


@pytest.mark.parametrize("delivery", ["Events", "Alerts"])
def test_deliveries_convert_to_parquet_with_a_large_buffer(production: Assembly, delivery: str) -> None:
    properties = production.one("AWS::KinesisFirehose::DeliveryStream", f"/{delivery}")
    target = properties["ExtendedS3DestinationConfiguration"]
    conversion = target["DataFormatConversionConfiguration"]
    prefix = delivery.lower()
    assert target["BufferingHints"]["SizeInMBs"] >= 64
    assert conversion["Enabled"] is True
    assert set(conversion["OutputFormatConfiguration"]["Serializer"]) == {"ParquetSerDe"}
    assert target["CompressionFormat"] == "UNCOMPRESSED"
    hour = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"
    assert target["Prefix"] == f"{prefix}/{hour}"
    assert target["ErrorOutputPrefix"] == f"{prefix}-errors/!{{firehose:error-output-type}}/{hour}"


def test_events_are_delivered_from_the_stream_and_alerts_put_directly(production: Assembly) -> None:
    kinds = {
        name.partition("/")[2][:6]: delivery["Properties"]["DeliveryStreamType"]
        for name, delivery in production.resources("AWS::KinesisFirehose::DeliveryStream").items()
    }
    assert kinds == {"Events": "KinesisStreamAsSource", "Alerts": "DirectPut", "Metric": "DirectPut"}


def columns_of(table: dict[str, Any]) -> list[tuple[str, str]]:
    return [(column["Name"], column["Type"]) for column in table["TableInput"]["StorageDescriptor"]["Columns"]]


def test_raw_tables_have_the_columns_of_our_schemas(production: Assembly) -> None:
    events, alerts = production.one("AWS::Glue::Table", "RawEvents"), production.one("AWS::Glue::Table", "RawAlerts")
    metrics = production.one("AWS::Glue::Table", "RawMetrics")
    assert columns_of(events) == list(arrow_columns(SCHEMA))
    assert columns_of(metrics) == list(arrow_columns(METRIC_SCHEMA))
    assert ("ema", "map<string,double>") in columns_of(metrics)
    assert columns_of(alerts) == list(struct_columns(Alert))
    assert ("conditions", "array<string>") in columns_of(events)
    assert ("ts", "bigint") in columns_of(events)
    assert ("metrics", "map<string,double>") in columns_of(alerts)
    assert ("completeness", "struct<gaps:bigint,late:bigint,quarantined:bigint>") in columns_of(alerts)


def test_raw_tables_are_projected_by_the_hour_of_arrival(production: Assembly) -> None:
    for name in ("RawEvents", "RawAlerts", "RawMetrics"):
        table = {"Properties": production.one("AWS::Glue::Table", name)}
        parameters = table["Properties"]["TableInput"]["Parameters"]
        keys = [key["Name"] for key in table["Properties"]["TableInput"]["PartitionKeys"]]
        assert keys == ["year", "month", "day", "hour"]
        assert parameters["projection.enabled"] == "true"
        assert parameters["projection.hour.digits"] == "2"


def test_a_deployment_stops_the_ingester_before_it_starts_another(production: Assembly) -> None:
    service = production.one("AWS::ECS::Service")
    assert service["DesiredCount"] == 1
    assert service["DeploymentConfiguration"]["MinimumHealthyPercent"] == 0
    assert service["DeploymentConfiguration"]["MaximumPercent"] == 100
    assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"


def test_the_ingester_is_checked_and_has_time_to_flush(production: Assembly) -> None:
    (container,) = production.one("AWS::ECS::TaskDefinition", "ingestion/")["ContainerDefinitions"]
    variables = {variable["Name"]: variable["Value"] for variable in container["Environment"]}
    assert container["StopTimeout"] > int(variables["GRACE_SECONDS"])
    assert container["HealthCheck"]["Command"][0] == "CMD"


def test_nothing_may_come_in_from_outside(production: Assembly) -> None:
    for group in production.resources("AWS::EC2::SecurityGroup").values():
        for rule in group["Properties"].get("SecurityGroupIngress", []):
            assert rule["CidrIp"] == "10.0.0.0/16"
    assert not production.resources("AWS::EC2::SecurityGroupIngress")


def test_schedules_run_each_minute_and_the_review_each_night(production: Assembly) -> None:
    schedules = [each["Properties"] for each in production.resources("AWS::Scheduler::Schedule").values()]
    assert sorted((each["ScheduleExpression"], each["Target"]["Input"]) for each in schedules) == [
        ("cron(0 2 * * ? *)", '{"scheduled": "<aws.scheduler.scheduled-time>"}'),
        ("cron(15 3 * * ? *)", '{"scheduled": "<aws.scheduler.scheduled-time>"}'),
        ("rate(1 minute)", '{"sweep": true}'),
        ("rate(1 minute)", "{}"),
    ]
    (nightly,) = (each for each in schedules if each["ScheduleExpression"] == "cron(0 2 * * ? *)")
    assert nightly["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 21600, "MaximumRetryAttempts": 3}


def test_alert_table_has_its_stream_and_sparse_index(production: Assembly) -> None:
    table = production.one("AWS::DynamoDB::Table", "/Alerts")
    (index,) = table["GlobalSecondaryIndexes"]
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert index["IndexName"] == "by_announcement"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["announcement", "detected_ts"]


def test_leases_never_expire(production: Assembly) -> None:
    assert "TimeToLiveSpecification" not in production.one("AWS::DynamoDB::Table", "/Leases")


def test_snapshots_never_expire(production: Assembly) -> None:
    rules = production.one("AWS::S3::Bucket", "/Lanes")["LifecycleConfiguration"]["Rules"]
    expiring = [rule.get("Prefix") for rule in rules if "ExpirationInDays" in rule]
    assert expiring == ["log/"]

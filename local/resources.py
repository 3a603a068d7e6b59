"""What was deployed, read back as settings for the processes that play it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from local.clients import client
from local.lander.delivery import DeliverySettings
from local.outbox import Mailbox, protocol_of_queue
from local.poller.mapping import MappingSettings
from local.poller.schedules import Schedule
from local.poller.workers import Function
from local.templates import ADDRESS_TAG, ASSET_TAG, SOURCE_TAG, Asset

CODECS = {"SNAPPY": "snappy", "GZIP": "gzip", "UNCOMPRESSED": "none"}


class Service(msgspec.Struct, frozen=True):
    """One container of an ECS service: what to run and with which environment. `secrets` maps variables to ARNs."""

    name: str
    container: str
    code: str
    command: tuple[str, ...]
    environment: dict[str, str]
    secrets: dict[str, str]
    stop_seconds: float


class Resources(msgspec.Struct, frozen=True):
    """Everything the local runtime plays, and `names`: the resources as the functions and services are told them."""

    functions: tuple[Function, ...]
    mappings: tuple[MappingSettings, ...]
    deliveries: tuple[DeliverySettings, ...]
    schedules: tuple[Schedule, ...]
    mailboxes: tuple[Mailbox, ...]
    services: tuple[Service, ...]
    names: dict[str, str]


def read_back(endpoint: str, assets: Mapping[str, Asset]) -> Resources:
    """Read all of it; `assets` are those of the deployed assembly, by hash."""
    functions = tuple(_functions(client("lambda", endpoint), assets))
    services = tuple(_services(client("ecs", endpoint), assets))
    deliveries = tuple(_deliveries(client("firehose", endpoint), client("glue", endpoint)))
    return Resources(
        functions=functions,
        mappings=tuple(_mappings(client("lambda", endpoint))),
        deliveries=deliveries,
        schedules=tuple(_schedules(client("scheduler", endpoint))),
        mailboxes=tuple(_mailboxes(client("sns", endpoint), client("sqs", endpoint))),
        services=services,
        names=_names([*(f.environment for f in functions), *(s.environment for s in services)], deliveries),
    )


def _functions(lambdas: Any, assets: Mapping[str, Asset]) -> Iterator[Function]:
    for page in lambdas.get_paginator("list_functions").paginate():
        for found in page["Functions"]:
            asset = lambdas.list_tags(Resource=found["FunctionArn"])["Tags"].get(ASSET_TAG)
            if asset is None:
                continue
            yield Function(
                name=found["FunctionName"],
                arn=found["FunctionArn"],
                handler=found["Handler"],
                code=assets[asset].folder,
                timeout_seconds=float(found["Timeout"]),
                memory_megabytes=int(found["MemorySize"]),
                environment=dict(found.get("Environment", {}).get("Variables", {})),
            )


def _mappings(lambdas: Any) -> Iterator[MappingSettings]:
    for page in lambdas.get_paginator("list_event_source_mappings").paginate():
        for found in page["EventSourceMappings"]:
            destination = found.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
            filters = found.get("FilterCriteria", {}).get("Filters", [])
            yield MappingSettings(
                identifier=found["UUID"],
                function_name=found["FunctionArn"].split(":function:")[1].split(":")[0],
                source_arn=found["EventSourceArn"].split("/consumer/")[0],
                batch_size=int(found.get("BatchSize", 100)),
                window_seconds=float(found.get("MaximumBatchingWindowInSeconds", 0)),
                starting_position=found.get("StartingPosition", "LATEST"),
                partial_failures="ReportBatchItemFailures" in found.get("FunctionResponseTypes", []),
                bisect=bool(found.get("BisectBatchOnFunctionError", False)),
                maximum_retries=int(found.get("MaximumRetryAttempts", -1)),
                maximum_age_seconds=float(found.get("MaximumRecordAgeInSeconds", -1)),
                failure_destination=destination,
                filters=tuple(entry["Pattern"] for entry in filters),
                parallelization_factor=int(found.get("ParallelizationFactor", 1)),
            )


def _deliveries(firehose: Any, glue: Any) -> Iterator[DeliverySettings]:
    for name in firehose.list_delivery_streams(Limit=100)["DeliveryStreamNames"]:
        described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        tags = {
            t["Key"]: t.get("Value", "")
            for t in firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"]
        }
        destination = described["Destinations"][0]["ExtendedS3DestinationDescription"]
        conversion = destination.get("DataFormatConversionConfiguration") or {}
        schema = conversion.get("SchemaConfiguration", {}) if conversion.get("Enabled", bool(conversion)) else {}
        columns: tuple[tuple[str, str], ...] = ()
        if schema:
            table = glue.get_table(DatabaseName=schema["DatabaseName"], Name=schema["TableName"])["Table"]
            columns = tuple((c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"])
        serializer = conversion.get("OutputFormatConfiguration", {}).get("Serializer", {}).get("ParquetSerDe", {})
        yield DeliverySettings(
            name=name,
            bucket=destination["BucketARN"].rpartition(":")[2],
            prefix=destination.get("Prefix", ""),
            error_prefix=destination.get("ErrorOutputPrefix", ""),
            source_arn=tags.get(SOURCE_TAG),
            columns=columns,
            table=schema.get("TableName", ""),
            parquet_codec=CODECS[serializer.get("Compression", "SNAPPY")],
            compression=destination.get("CompressionFormat", "UNCOMPRESSED"),
            extension=destination.get("FileExtension", ""),
        )


def _schedules(scheduler: Any) -> Iterator[Schedule]:
    for listed in scheduler.list_schedules()["Schedules"]:
        found = scheduler.get_schedule(Name=listed["Name"], GroupName=listed.get("GroupName", "default"))
        target = found["Target"]["Arn"]
        if ":function:" in target:
            yield Schedule(
                name=found["Name"],
                function_name=target.split(":function:")[1].split(":")[0],
                expression=found["ScheduleExpression"],
                payload=found["Target"].get("Input") or "{}",
            )


def _mailboxes(sns: Any, sqs: Any) -> Iterator[Mailbox]:
    for page in sns.get_paginator("list_subscriptions").paginate():
        for found in page["Subscriptions"]:
            name = found["Endpoint"].rpartition(":")[2]
            protocol = protocol_of_queue(name) if found["Protocol"] == "sqs" else None
            if protocol is not None:
                url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
                address = sqs.list_queue_tags(QueueUrl=url).get("Tags", {}).get(ADDRESS_TAG, "")
                yield Mailbox(protocol, address, url)


def _services(ecs: Any, assets: Mapping[str, Asset]) -> Iterator[Service]:
    for cluster in ecs.list_clusters()["clusterArns"]:
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        for service in ecs.describe_services(cluster=cluster, services=arns)["services"] if arns else []:
            definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
            for container in definition["containerDefinitions"]:
                asset = assets[container["image"].rpartition(":")[2]]
                yield Service(
                    name=service["serviceName"],
                    container=container["name"],
                    code=asset.folder,
                    command=(
                        *(container.get("entryPoint") or asset.entrypoint),
                        *(container.get("command") or asset.command),
                    ),
                    environment={entry["name"]: entry["value"] for entry in container.get("environment", [])},
                    secrets={entry["name"]: entry["valueFrom"] for entry in container.get("secrets", [])},
                    stop_seconds=float(container.get("stopTimeout") or 30),
                )


def _names(environments: list[dict[str, str]], deliveries: tuple[DeliverySettings, ...]) -> dict[str, str]:
    """Merge the variables; the lake's bucket is told to nobody but Firehose."""
    names: dict[str, str] = {}
    for environment in environments:
        names |= environment
    for delivery in deliveries:
        names["LAKE_BUCKET"] = delivery.bucket
    return {name: names[name] for name in sorted(names)}


def as_json(resources: Resources) -> str:
    """Give the settings as text, for the state folder."""
    return json.dumps(msgspec.to_builtins(resources), indent=1)

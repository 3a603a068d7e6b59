"""Detection: market events in, alerts, metrics and lane logs out."""

from aws_cdk import Stack
from constructs import Construct

from infra.configuration import Configuration
from infra.constructs.event_function import EventFunction
from infra.constructs.source_package import SourcePackages
from infra.constructs.stream_mapping import WITHOUT_END, StreamMapping
from infra.stacks.storage import Storage
from infra.stacks.streaming import Streaming

LANE_PREFIXES = ("log/", "snapshots/", "quarantine/")


class Detection(Stack):
    """The exactly-once consumer of the stream."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        packages: SourcePackages,
        storage: Storage,
        streaming: Streaming,
    ) -> None:
        super().__init__(scope, name, stack_name=configuration.stack_name(name))
        self.detect_events = EventFunction(
            self,
            "DetectEvents",
            source="detect_events",
            packages=packages,
            defaults=storage.defaults,
            image=True,
            memory_mb=1769,  # one whole processor
            timeout_seconds=60,
            environment={
                "LANES": storage.lane_count,
                "LANE_BUCKET": storage.lane_bucket.bucket_name,
                "CHECKPOINT_TABLE": storage.checkpoints.table_name,
                "ALERT_TABLE": storage.alerts.table_name,
                "METRIC_TABLE": storage.latest_metrics.table_name,
                "METRIC_DELIVERY_STREAM": streaming.metric_delivery.name,
            },
        )
        role = self.detect_events.role
        why = "The consumer names the objects of lane logs, snapshots and quarantine."
        storage.lane_bucket.allow(role, ["s3:GetObject", "s3:PutObject"], LANE_PREFIXES, why)
        storage.lane_bucket.allow(
            role, ["s3:GetObject"], ["reference/"], "Reference files are optional and the users' own."
        )
        storage.lane_bucket.allow_listing(role, [*LANE_PREFIXES, "reference/"])
        storage.checkpoints.allow(role, ["BatchGetItem", "PutItem"])
        storage.alerts.allow(role, ["BatchGetItem", "UpdateItem"])
        storage.latest_metrics.allow(role, ["PutItem"])
        streaming.metric_delivery.allow_putting(role)
        streaming.stream.allow_reading(role)
        StreamMapping(
            self,
            "MarketEvents",
            function=self.detect_events.function,
            role=role,
            source_arn=streaming.stream.reader_arn(role, fan_out=configuration.fan_out),
            batch_size=100,
            retries=WITHOUT_END,  # a batch left out would leave a hole in a lane
            failures=storage.lane_bucket,
        )

"""What is measured, and from when on it is an alarm; one place, so that the dashboard and the alarms agree."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch, aws_kinesis, aws_s3, aws_sqs
from surveillance.quality.vendor_comparison import LEAST_AGREEMENT

from infra.constructs.alarm_list import AlarmList, metric
from infra.constructs.event_function import METRICS_NAMESPACE, EventFunction
from infra.constructs.flow import Flow
from infra.constructs.ingester_service import IngesterService
from infra.constructs.parquet_delivery import ParquetDelivery

ITERATOR_AGE_LIMIT_MS = 60_000
FRESHNESS_LIMIT_S = 1800
AGREEMENT_LIMIT_PERCENT = 100 * LEAST_AGREEMENT


@dataclass(frozen=True)
class Measures:
    """Metrics of one deployment."""

    lane_bucket: aws_s3.IBucket
    lake_bucket: aws_s3.IBucket
    stream: aws_kinesis.IStream
    event_delivery: ParquetDelivery
    alert_delivery: ParquetDelivery
    metric_delivery: ParquetDelivery
    ingester: IngesterService
    detect_events: EventFunction
    notify_alert: EventFunction
    land_alerts: EventFunction
    check_feeds: EventFunction
    review_day: EventFunction
    dead_letters: tuple[aws_sqs.IQueue, ...]
    flows: Mapping[str, Flow]

    @property
    def functions(self) -> dict[str, EventFunction]:
        """Give the functions by name."""
        return {
            "DetectEvents": self.detect_events,
            "NotifyAlert": self.notify_alert,
            "LandAlerts": self.land_alerts,
            "CheckFeeds": self.check_feeds,
            "ReviewDay": self.review_day,
        }

    @property
    def deliveries(self) -> dict[str, ParquetDelivery]:
        """Give the ways into the lake by name."""
        return {"Events": self.event_delivery, "Alerts": self.alert_delivery, "Metrics": self.metric_delivery}

    @property
    def followers(self) -> dict[str, EventFunction]:
        """Give the functions that follow a stream."""
        return {name: function for name, function in self.functions.items() if name not in ("CheckFeeds", "ReviewDay")}

    @staticmethod
    def own(service: str, name: str, statistic: str) -> aws_cloudwatch.Metric:
        """Name a metric that our own code writes."""
        return metric(METRICS_NAMESPACE, name, statistic, {"service": service})

    @staticmethod
    def function(function: EventFunction, name: str, statistic: str) -> aws_cloudwatch.Metric:
        """Name a metric of a function."""
        return metric("AWS/Lambda", name, statistic, {"FunctionName": function.function.function_name})

    @staticmethod
    def puts(bucket: aws_s3.IBucket, counted: str) -> aws_cloudwatch.Metric:
        """Count objects put below a prefix that the bucket counts, whoever put them."""
        return metric("AWS/S3", "PutRequests", "Sum", {"BucketName": bucket.bucket_name, "FilterId": counted})

    @staticmethod
    def delivery(delivery: ParquetDelivery, name: str, statistic: str) -> aws_cloudwatch.Metric:
        """Name a metric of a delivery stream."""
        return metric("AWS/Firehose", name, statistic, {"DeliveryStreamName": delivery.name})

    @property
    def running_tasks(self) -> aws_cloudwatch.Metric:
        """Count running ingester tasks."""
        names = {
            "ClusterName": self.ingester.cluster.cluster_name,
            "ServiceName": self.ingester.service.service_name,
        }
        return metric("ECS/ContainerInsights", "RunningTaskCount", "Minimum", names)

    def of_stream(self, name: str, statistic: str) -> aws_cloudwatch.Metric:
        """Name a metric of the event stream."""
        return metric("AWS/Kinesis", name, statistic, {"StreamName": self.stream.stream_name})

    @property
    def feed_age(self) -> aws_cloudwatch.Metric:
        """Give the age of the oldest heartbeat over all feeds, in seconds."""
        return self.own("check_feeds", "HeartbeatAge", "Maximum")

    @property
    def backlog(self) -> aws_cloudwatch.Metric:
        """Count alerts that wait for their announcement."""
        return self.own("notify_alert", "AnnouncementBacklog", "Maximum")

    def alarm(self, alarms: AlarmList) -> None:
        """Add the alarms that matter."""
        for name, follower in self.followers.items():
            age = self.function(follower, "IteratorAge", "Maximum")
            alarms.above(
                f"{name}Behind",
                age,
                ITERATOR_AGE_LIMIT_MS,
                "Read the function's log: is a batch failing, or are shards too few?",
                minutes=5,
            )
        for name, function in self.functions.items():
            errors = self.function(function, "Errors", "Sum")
            alarms.above(
                f"{name}Failing",
                errors,
                0,
                "Read the function's log; a stream mapping tries the batch again.",
                minutes=3,
            )
        alarms.above(
            "Quarantined",
            self.puts(self.lane_bucket, "quarantine"),
            0,
            "Read the reasons below quarantine/ in the lane bucket.",
        )
        alarms.above(
            "GivenUp",
            self.puts(self.lane_bucket, "given-up"),
            0,
            "Lambda gave a batch up: its records are below aws/lambda/ in the lane bucket.",
        )
        for queue in self.dead_letters:
            name = queue.node.id
            visible = metric(
                "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", {"QueueName": queue.queue_name}
            )
            alarms.above(name, visible, 0, "Read the messages: each names its receiver or schedule and the error.")
        for name, flow in self.flows.items():
            for ending in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"):
                alarms.above(
                    f"History{name}{ending.removeprefix('Executions')}",
                    metric("AWS/States", ending, "Sum", {"StateMachineArn": flow.attr_arn}),
                    0,
                    "Read the execution's last state; once its cause is mended, redrive it.",
                )
        if self.flows:
            alarms.under_by_day(
                "IndicatorsDisagree",
                self.own("reconcile_indicators", "IndicatorAgreement", "Minimum"),
                AGREEMENT_LIMIT_PERCENT,
                "Read the rows with below = true in indicator_reconciliation: one symbol (a split?) or one indicator?",
            )
        alarms.below(
            "IngesterDown", self.running_tasks, 1, "Read the service's events and the ingester's log.", minutes=3
        )
        alarms.below(
            "CheckFeedsIdle",
            self.function(self.check_feeds, "Invocations", "Sum"),
            1,
            "The schedule does not run: nobody watches the feeds.",
            minutes=5,
        )
        alarms.above(
            "FeedStale", self.feed_age, 60, "The ingester of a feed shows no sign of life: read its log.", minutes=2
        )
        alarms.above(
            "AnnouncementBacklog",
            self.backlog,
            0,
            "Alerts wait for their announcement: read the log of notify_alert.",
            minutes=10,
        )
        for name, delivery in self.deliveries.items():
            unconverted = self.delivery(delivery, "FailedConversion.Records", "Sum")
            alarms.above(
                f"{name}Unconverted", unconverted, 0, "Read the error prefix of the lake: which column does not fit?"
            )
            freshness = self.delivery(delivery, "DeliveryToS3.DataFreshness", "Maximum")
            alarms.above(
                f"{name}LandLate",
                freshness,
                FRESHNESS_LIMIT_S,
                "Read the delivery stream's log: permissions, key, table?",
                minutes=5,
            )
        throttled = self.of_stream("WriteProvisionedThroughputExceeded", "Sum")
        alarms.above(
            "StreamThrottles", throttled, 0, "The ingester spills to disk: add shards, up to the lane count.", minutes=5
        )

"""The stream of events and the raw landing: Firehose into Parquet, by Glue tables over the lake."""

from aws_cdk import Aws, Stack, aws_glue
from constructs import Construct
from surveillance.alerts import Alert
from surveillance.events import SCHEMA
from surveillance.metric_rows import SCHEMA as METRIC_SCHEMA

from infra.configuration import Configuration
from infra.constructs.event_stream import EventStream
from infra.constructs.glue_types import arrow_columns, struct_columns
from infra.constructs.parquet_delivery import ParquetDelivery
from infra.constructs.raw_table import RawTable
from infra.stacks.storage import Storage


class Streaming(Stack):
    """One stream, and three ways into the lake."""

    def __init__(self, scope: Construct, name: str, configuration: Configuration, storage: Storage) -> None:
        super().__init__(scope, name, stack_name=configuration.stack_name(name))
        defaults, lake = storage.defaults, storage.lake_bucket
        self.stream = EventStream(
            self,
            "MarketEvents",
            defaults=defaults,
            shards=configuration.shards,
            hours=configuration.retention.stream_hours,
        )
        self.database_name = f"surveillance_{configuration.environment.replace('-', '_')}"
        self.database = database = aws_glue.CfnDatabase(
            self,
            "Lake",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=aws_glue.CfnDatabase.DatabaseInputProperty(name=self.database_name),
        )
        raw_events = RawTable(
            self,
            "RawEvents",
            database=database,
            table_name="raw_events",
            bucket=lake,
            prefix="events/",
            columns=arrow_columns(SCHEMA),
        )
        raw_alerts = RawTable(
            self,
            "RawAlerts",
            database=database,
            table_name="raw_alerts",
            bucket=lake,
            prefix="alerts/",
            columns=struct_columns(Alert),
        )
        raw_metrics = RawTable(
            self,
            "RawMetrics",
            database=database,
            table_name="raw_metrics",
            bucket=lake,
            prefix="metrics/",
            columns=arrow_columns(METRIC_SCHEMA),
        )
        self.event_delivery = ParquetDelivery(
            self,
            "Events",
            defaults=defaults,
            lake=lake,
            prefix="events/",
            table=raw_events,
            buffer_mb=128,
            buffer_seconds=300,
            source=self.stream,
        )
        self.alert_delivery = ParquetDelivery(
            self,
            "Alerts",
            defaults=defaults,
            lake=lake,
            prefix="alerts/",
            table=raw_alerts,
            buffer_mb=64,
            buffer_seconds=60,
        )
        self.metric_delivery = ParquetDelivery(
            self,
            "Metrics",
            defaults=defaults,
            lake=lake,
            prefix="metrics/",
            table=raw_metrics,
            buffer_mb=64,
            buffer_seconds=300,
        )

"""Review: each night batch rules and reconciliation over the day before."""

from aws_cdk import Stack
from constructs import Construct

from infra.configuration import Configuration
from infra.constructs.dead_letters import DeadLetters
from infra.constructs.event_function import EventFunction
from infra.constructs.schedule import SCHEDULED_TIME, Schedule
from infra.constructs.source_package import SourcePackages
from infra.stacks.storage import Storage

AT = "cron(0 2 * * ? *)"
"""Two hours after the UTC day: what Firehose held at midnight has landed."""
HISTORY_DAYS = 30


class Review(Stack):
    """One function, once a day; it writes to the same alert table as detection does."""

    def __init__(
        self, scope: Construct, name: str, configuration: Configuration, packages: SourcePackages, storage: Storage
    ) -> None:
        super().__init__(scope, name, stack_name=configuration.stack_name(name))
        self.unreviewed = DeadLetters(self, "Unreviewed", defaults=storage.defaults)
        self.review_day = EventFunction(
            self,
            "ReviewDay",
            source="review_day",
            packages=packages,
            defaults=storage.defaults,
            image=True,
            memory_mb=10_240,  # a day's events are held in memory
            timeout_seconds=900,
            environment={
                "LANES": storage.lane_count,
                "LANE_BUCKET": storage.lane_bucket.bucket_name,
                "LAKE_BUCKET": storage.lake_bucket.bucket_name,
                "CHECKPOINT_TABLE": storage.checkpoints.table_name,
                "ALERT_TABLE": storage.alerts.table_name,
                "HISTORY_DAYS": str(HISTORY_DAYS),
            },
        )
        role = self.review_day.role
        lake, lanes = ("events/", "events-errors/"), ("log/", "reference/")
        storage.lake_bucket.allow(role, ["s3:GetObject"], lake, "Firehose names its objects itself.")
        storage.lake_bucket.allow_listing(role, lake)
        storage.lane_bucket.allow(role, ["s3:GetObject"], lanes, "Lane logs and optional reference files.")
        storage.lane_bucket.allow_listing(role, lanes)
        storage.checkpoints.allow(role, ["BatchGetItem"])
        storage.alerts.allow(role, ["UpdateItem"])
        Schedule(
            self,
            "Nightly",
            function=self.review_day.function,
            event={"scheduled": SCHEDULED_TIME},
            defaults=storage.defaults,
            dead_letters=self.unreviewed,
            expression=AT,
            patience_s=6 * 3600,
            retries=3,
        )

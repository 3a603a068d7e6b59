"""Alerting: alerts out of the table to people, to machines and to the lake; and the watch over the ingester."""

from aws_cdk import Stack
from constructs import Construct

from infra.configuration import Configuration
from infra.constructs.announcement_topic import AnnouncementTopic
from infra.constructs.dead_letters import DeadLetters
from infra.constructs.dependency_guard import DependencyGuard
from infra.constructs.event_function import EventFunction
from infra.constructs.schedule import Schedule
from infra.constructs.source_package import SourcePackages
from infra.constructs.stream_mapping import StreamMapping
from infra.stacks.ingestion import Ingestion
from infra.stacks.storage import Storage
from infra.stacks.streaming import Streaming

ANNOUNCING_RETRIES = 3  # the sweep announces what is left
LANDING_RETRIES = 100


class Alerting(Stack):
    """One topic and three small functions."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        packages: SourcePackages,
        storage: Storage,
        streaming: Streaming,
        ingestion: Ingestion,
    ) -> None:
        super().__init__(scope, name, stack_name=configuration.stack_name(name))
        if not configuration.bundle:
            DependencyGuard(self, "Zips")
        defaults, alerts = storage.defaults, storage.alerts
        self.undelivered = DeadLetters(self, "Undelivered", defaults=defaults)
        self.uninvoked = DeadLetters(self, "Uninvoked", defaults=defaults)
        self.topic = AnnouncementTopic(self, "Alerts", defaults=defaults, display_name="Surveillance alerts")
        self.topic.subscribe(configuration.subscriptions, self.undelivered)
        topic = {"ALERT_TOPIC_ARN": self.topic.topic_arn, "LEASE_TABLE": storage.leases.table_name}
        link = {"ALERT_LINK": configuration.alert_link} if configuration.alert_link else {}
        self.notify_alert = self._function(
            "notify_alert", packages, storage, {"ALERT_TABLE": alerts.table_name, **topic, **link}, timeout_seconds=120
        )
        self.land_alerts = self._function(
            "land_alerts", packages, storage, {"ALERT_DELIVERY_STREAM": streaming.alert_delivery.name}
        )
        self.check_feeds = self._function(
            "check_feeds",
            packages,
            storage,
            {"FEEDS": ingestion.feeds_json, **topic},
        )
        alerts.allow(self.notify_alert.role, ["BatchGetItem", "UpdateItem"])
        alerts.allow(self.notify_alert.role, ["Query"], index="by_announcement")
        storage.leases.allow(self.check_feeds.role, ["GetItem"])
        storage.leases.allow(self.check_feeds.role, ["PutItem", "DeleteItem"], keys="watch/*")
        streaming.alert_delivery.allow_putting(self.land_alerts.role)
        for announcer in (self.notify_alert, self.check_feeds):
            self.topic.allow_publishing(announcer.role)
            storage.leases.allow(announcer.role, ["UpdateItem"], keys="topic/*")
        for follower, retries in ((self.notify_alert, ANNOUNCING_RETRIES), (self.land_alerts, LANDING_RETRIES)):
            StreamMapping(
                follower,
                "AlertRevisions",
                function=follower.function,
                role=follower.role,
                source_arn=alerts.follow(follower.role),
                batch_size=100,
                retries=retries,
                failures=storage.lane_bucket,
            )
        for name_, function, event in (
            ("Sweep", self.notify_alert, {"sweep": True}),
            ("Check", self.check_feeds, {}),
        ):
            Schedule(
                self, name_, function=function.function, event=event, defaults=defaults, dead_letters=self.uninvoked
            )

    def _function(
        self,
        source: str,
        packages: SourcePackages,
        storage: Storage,
        environment: dict[str, str],
        timeout_seconds: int = 30,
    ) -> EventFunction:
        return EventFunction(
            self,
            source.title().replace("_", ""),
            source=source,
            packages=packages,
            defaults=storage.defaults,
            environment=environment,
            memory_mb=256,
            timeout_seconds=timeout_seconds,
        )
